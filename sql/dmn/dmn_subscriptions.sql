with

subscriptions as (
    select * from stg_backend.stg_backend_subscriptions
    where not is_deleted
)

select
    -- keys
    subscriptions.id::text as subscription_id,
    subscriptions.organisation_id::text as organisation_id,

    -- times
    subscriptions.started_at,
    subscriptions.cancel_requested_at,
    subscriptions.ended_at
from subscriptions
