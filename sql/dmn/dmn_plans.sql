with

plans as (
    -- one that is off the list still has its terms
    select * from stg_backend.stg_backend_plans
)

select
    -- keys
    plans.id::text as plan_id,

    -- text
    plans.name,
    lower(plans.billing_period) as billing_period,
    upper(plans.currency) as currency,

    -- quantities
    plans.price_per_seat as list_price_per_seat,

    -- flags
    plans.is_free,

    -- times
    plans.created_at
from plans
