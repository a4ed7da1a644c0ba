select
    record ->> 'id' as id,
    record ->> 'subscription_id' as subscription_id,
    record ->> 'seat_type' as seat_type,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at
from src_backend.seats
