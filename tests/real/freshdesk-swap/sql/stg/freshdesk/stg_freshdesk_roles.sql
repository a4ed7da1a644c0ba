select
    record ->> 'id' as role_id,
    record ->> 'name' as name,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at
from src_freshdesk.roles
