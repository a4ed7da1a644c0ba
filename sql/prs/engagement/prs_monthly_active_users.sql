with

events as (
    select account_user_id, occurred_at from dmn.dmn_product_events
    where is_qualifying
),

licences as (
    select teacher_id, held_during, seat_type from dmn.dmn_licences
),

-- read where it is used: what is kept for several is out of workers' reach
months as not materialized (
    select * from dmn.dmn_use_case_months
    where use_case = 'engagement'
),

budgets as (
    select month, amount from dmn.dmn_budgets
    where metric = 'active_users'
),

calendar as (
    select array_agg(starts_at order by starts_at) as starts_at from months
),

seat_types as (
    select *
    from (values ('admin'), ('full'), ('viewer'), ('none'), ('all')) as seat_types (seat_type)
),

-- months are looked up, as to ask for the time in a zone takes much longer; and joined, so that
-- Postgres knows how few they are, and lets workers group; others may be missing between them
last_events as (
    select
        months.month,
        events.account_user_id,
        max(events.occurred_at) filter (where events.occurred_at <= months.month_end_at)
            as occurred_at
    from events
    inner join months
        on
            (select starts_at from calendar)[
                width_bucket(events.occurred_at, (select starts_at from calendar))
            ]
            = months.starts_at
    group by months.month, months.month_end_at, events.account_user_id
    having min(events.occurred_at) <= months.month_end_at
),

typed_events as (
    select
        last_events.*,
        coalesce(licences.seat_type, 'none') as seat_type
    from last_events
    left join licences
        on
            last_events.account_user_id = licences.teacher_id
            and last_events.occurred_at <@ licences.held_during
),

active as (
    select
        typed_events.month,
        grouped.seat_type,
        count(*) as active_users
    from typed_events
    cross join lateral (values (typed_events.seat_type), ('all')) as grouped (seat_type)
    group by typed_events.month, grouped.seat_type
),

-- the last event of a span that ends with a month is the last one of some month
rolling_users as (
    select distinct on (months.month, typed_events.account_user_id)
        months.month,
        typed_events.seat_type
    from months
    inner join typed_events
        on
            months.known_until - interval '720 hours' <= typed_events.occurred_at
            and months.month_end_at >= typed_events.occurred_at
    order by months.month asc, typed_events.account_user_id asc, typed_events.occurred_at desc
),

rolling as (
    select
        rolling_users.month,
        grouped.seat_type,
        count(*) as rolling_30_day_active_users
    from rolling_users
    cross join lateral (values (rolling_users.seat_type), ('all')) as grouped (seat_type)
    group by rolling_users.month, grouped.seat_type
),

holders as (
    select
        months.month,
        grouped.seat_type,
        count(*) as seat_holders,
        count(last_events.account_user_id) as active_seat_holders
    from months
    inner join licences on months.month_end_at <@ licences.held_during
    left join last_events
        on months.month = last_events.month and licences.teacher_id = last_events.account_user_id
    cross join lateral (values (licences.seat_type), ('all')) as grouped (seat_type)
    group by months.month, grouped.seat_type
)

select
    -- keys
    months.month,
    months.month_key,
    seat_types.seat_type,

    -- flags
    months.is_complete_month,

    -- quantities
    coalesce(active.active_users, 0) as active_users,
    coalesce(holders.seat_holders, 0) as seat_holders,
    coalesce(holders.active_seat_holders, 0) as active_seat_holders,
    holders.active_seat_holders::numeric / nullif(holders.seat_holders, 0) as active_rate,
    coalesce(rolling.rolling_30_day_active_users, 0) as rolling_30_day_active_users,
    budgets.amount as budgeted_active_users,
    case
        when seat_types.seat_type = 'all'
            then coalesce(active.active_users, 0) / nullif(budgets.amount, 0)
    end as budget_attainment
from months
cross join seat_types
left join active
    on months.month = active.month and seat_types.seat_type = active.seat_type
left join rolling
    on months.month = rolling.month and seat_types.seat_type = rolling.seat_type
left join holders
    on months.month = holders.month and seat_types.seat_type = holders.seat_type
left join budgets on months.month = budgets.month and seat_types.seat_type = 'all'
