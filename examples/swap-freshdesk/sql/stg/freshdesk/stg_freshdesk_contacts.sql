select
    record ->> 'id' as contact_id,
    record ->> 'unique_external_id' as external_id,
    record ->> 'email' as email,
    record ->> 'deleted' as was_deleted,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at
from src_freshdesk.contacts
