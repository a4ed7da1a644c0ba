select
    record ->> 'id' as organization_id,
    record ->> 'external_id' as external_id,
    record ->> 'name' as name,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at
from src_zendesk.organizations
