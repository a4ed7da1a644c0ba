select
    record ->> 'id' as id,
    record ->> 'organisation_id' as organisation_id,
    record ->> 'started_at' as started_at,
    record ->> 'cancel_requested_at' as cancel_requested_at,
    record ->> 'ended_at' as ended_at,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at
from src_backend.subscriptions
