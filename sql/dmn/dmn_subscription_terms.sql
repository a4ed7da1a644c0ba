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
)

select
    -- keys
    commitments.in_subscription_id as subscription_id,
    case
        when commitments.ends_at is null or commitments.ends_at >= commitments.starts_at
            then tstzrange(commitments.starts_at, commitments.ends_at)
        else 'empty'
    end as term_during,
    commitments.term_id,
    subscriptions.organisation_id,
    commitments.of_plan_id as plan_id,

    -- text
    commitments.began_by,
    plans.currency,

    -- quantities
    commitments.seats as seats_purchased,
    -- divided once, so rounded once
    commitments.price_per_seat * (100 - coalesce(commitments.discount_percent, 0)) / (
        100 * case plans.billing_period when 'month' then 1 when 'year' then 12 end
    ) as price_per_seat_month_eur,

    -- flags
    commitments.is_trial,

    -- times
    case
        when commitments.due_on is not null
            then (commitments.began_at at time zone settings.time_zone)::date
    end as commitment_began_on,
    commitments.due_on as renewal_due_on
from commitments
cross join settings
left join subscriptions on commitments.in_subscription_id = subscriptions.subscription_id
left join plans on commitments.of_plan_id = plans.plan_id
