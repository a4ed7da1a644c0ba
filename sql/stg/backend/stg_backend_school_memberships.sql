select
    record ->> 'id' as id,
    record ->> 'user_id' as user_id,
    record ->> 'school_id' as school_id,
    record ->> 'role' as role,
    record ->> 'started_at' as started_at,
    record ->> 'ended_at' as ended_at,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at
from src_backend.school_memberships
