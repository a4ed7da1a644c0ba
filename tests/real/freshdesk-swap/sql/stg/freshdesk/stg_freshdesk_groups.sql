select
    record ->> 'id' as group_id,
    record ->> 'name' as name,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at
from src_freshdesk.groups
