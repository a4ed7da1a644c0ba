select
    record ->> 'id' as id,
    record ->> 'seat_id' as seat_id,
    record ->> 'user_id' as user_id,
    record ->> 'assigned_at' as assigned_at,
    record ->> 'released_at' as released_at,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at
from src_backend.seat_assignments
