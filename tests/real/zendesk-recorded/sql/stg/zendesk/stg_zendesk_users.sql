select
    record ->> 'id' as user_id,
    record ->> 'external_id' as external_id,
    record ->> 'email' as email,
    record ->> 'name' as name,
    record ->> 'role' as role,
    record ->> 'active' as active,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at
from src_zendesk.users
