select
    record ->> 'id' as contact_id,
    record ->> 'external_id' as external_id,
    record ->> 'name' as name,
    record ->> 'email' as email,
    record ->> 'deleted' as deleted,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at
from src_freshdesk.contacts
