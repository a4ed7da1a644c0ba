with

settings as (
    select time_zone, first_instant from stg_layers.stg_layers_settings
),

happened as (
    select min(lower(term_during)) as at from dmn.dmn_subscription_terms
    -- a term may be older than what is known of events; one that is held is in no number
    where
        currency = 'EUR'
        and seats_purchased >= 0
        and price_per_seat_month_eur >= 0
        and coalesce(renewal_due_on > commitment_began_on, true)
    union all
    select min(occurred_at) as at from dmn.dmn_product_events
    where occurred_at >= (select settings.first_instant from settings)
    union all
    select min(occurred_at) as at from dmn.dmn_web_engagement_events
    where occurred_at >= (select settings.first_instant from settings)
    union all
    select min(opened_at) as at from dmn.dmn_support_tickets
    -- one that nobody took is in no number
    where agent_id is not null
),

span as (
    select
        settings.time_zone,
        (select min(happened.at) from happened) at time zone settings.time_zone as first_local,
        (select max(watermarks.loaded_until) from dmn.dmn_source_watermarks as watermarks)
        at time zone settings.time_zone as last_local
    from settings
),

units as (
    select *
    from (
        values
        ('week', interval '1 week'),
        ('month', interval '1 month'),
        ('quarter', interval '3 months'),
        ('year', interval '1 year')
    ) as units (period_unit, step)
),

periods as (
    select
        units.period_unit,
        units.step,
        span.time_zone,
        generate_series(
            date_trunc(units.period_unit, span.first_local),
            date_trunc(units.period_unit, span.last_local),
            units.step
        ) as local_start
    from units
    cross join span
)

select
    -- keys
    periods.period_unit,
    periods.local_start::date as period_start,

    -- times
    periods.local_start at time zone periods.time_zone as starts_at,
    (periods.local_start + periods.step) at time zone periods.time_zone as ends_at
from periods
