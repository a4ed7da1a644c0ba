with

settings as (
    select time_zone from stg_layers.stg_layers_settings
),

subscriptions as (
    select * from dmn.dmn_subscriptions
),

plans as (
    select * from dmn.dmn_plans
),

terms as (
    select
        *,
        id::text as term_id,
        subscription_id::text as in_subscription_id,
        plan_id::text as of_plan_id,
        case when not is_trial then renewal_due_on end as due_on,
        -- a change goes on with the commitment before it
        count(*) filter (where began_by <> 'change') over (
            partition by subscription_id
            order by starts_at, id
        ) as agreement
    from stg_backend.stg_backend_subscription_terms
    where not is_deleted
),

commitments as (
    select
        terms.*,
        min(terms.starts_at) over (
            partition by terms.subscription_id, terms.agreement, terms.due_on
        ) as began_at
    from terms
),

priced as (
    select
        commitments.*,
        subscriptions.organisation_id,
        plans.currency,
        -- divided once, so rounded once
        round(
            commitments.price_per_seat * (100 - coalesce(commitments.discount_percent, 0)) / (
                100 * case plans.billing_period when 'month' then 1 when 'year' then 12 end
            ),
            8
        ) as price_per_seat_month_eur
    from commitments
    left join subscriptions on commitments.in_subscription_id = subscriptions.subscription_id
    left join plans on commitments.of_plan_id = plans.plan_id
)

select
    -- keys
    priced.in_subscription_id as subscription_id,
    case
        when priced.ends_at is null or priced.ends_at >= priced.starts_at
            then tstzrange(priced.starts_at, priced.ends_at)
        else 'empty'
    end as term_during,
    priced.term_id,
    priced.organisation_id,
    priced.of_plan_id as plan_id,

    -- text
    priced.began_by,
    priced.currency,

    -- quantities
    priced.seats as seats_purchased,
    priced.price_per_seat_month_eur,
    case
        when priced.is_trial then 0
        else priced.seats * priced.price_per_seat_month_eur
    end as mrr_eur,

    -- flags
    priced.is_trial,

    -- times
    case
        when priced.due_on is not null
            then (priced.began_at at time zone settings.time_zone)::date
    end as commitment_began_on,
    priced.due_on as renewal_due_on
from priced
cross join settings
