select
    record ->> 'id' as id,
    record ->> 'name' as name,
    record ->> 'kind' as kind,
    record ->> 'country' as country,
    record ->> 'hubspot_company_id' as hubspot_company_id,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at,
    record ->> 'deleted_at' as deleted_at
from src_backend.organisations
