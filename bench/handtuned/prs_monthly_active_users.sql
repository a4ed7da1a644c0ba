-- events are grouped once, by workers, with months as numbers; all that follows is small
with

months as materialized (
    select
        *,
        row_number() over (order by month)::int as place,
        known_until - interval '720 hours' as rolls_from
    from dmn.dmn_use_case_months
    where use_case = 'engagement'
),

calendar as materialized (
    select
        array_agg(starts_at order by place) as starts,
        max(known_until) as data_as_of
    from months
),

-- the two are looked up before workers begin, as they cannot see what is materialized
last_events as materialized (
    select
        account_user_id,
        width_bucket(occurred_at, (select starts from calendar)) as place,
        max(occurred_at) as occurred_at
    from dmn.dmn_product_events
    where is_qualifying and occurred_at <= (select data_as_of from calendar)
    group by account_user_id, place
),

typed as materialized (
    select
        last_events.account_user_id,
        last_events.place,
        last_events.occurred_at,
        coalesce(licences.seat_type, 'none') as seat_type
    from last_events
    left join dmn.dmn_licences as licences
        on licences.teacher_id = last_events.account_user_id
        and licences.held_during @> last_events.occurred_at
),

active as (
    select place, coalesce(seat_type, 'all') as seat_type, count(*) as users
    from typed
    group by grouping sets ((place, seat_type), (place))
),

-- 30 days reach into two months before at most; the later month is the later event
rolling_users as (
    select distinct on (months.place, typed.account_user_id)
        months.place,
        typed.seat_type
    from typed
    cross join generate_series(0, 2) as later
    inner join months
        on months.place = typed.place + later
        and typed.occurred_at between months.rolls_from and months.month_end_at
    order by months.place, typed.account_user_id, typed.place desc
),

rolling as (
    select place, coalesce(seat_type, 'all') as seat_type, count(*) as users
    from rolling_users
    group by grouping sets ((place, seat_type), (place))
),

holders as (
    select
        months.place,
        coalesce(licences.seat_type, 'all') as seat_type,
        count(*) as users,
        count(last_events.account_user_id) as active
    from dmn.dmn_licences as licences
    inner join months on licences.held_during @> months.month_end_at
    left join last_events
        on last_events.account_user_id = licences.teacher_id
        and last_events.place = months.place
    group by grouping sets ((months.place, licences.seat_type), (months.place))
)

select
    months.month,
    months.month_key,
    seat_types.seat_type,
    months.is_complete_month,
    coalesce(active.users, 0) as active_users,
    coalesce(holders.users, 0) as seat_holders,
    coalesce(holders.active, 0) as active_seat_holders,
    holders.active::numeric / holders.users as active_rate,
    coalesce(rolling.users, 0) as rolling_30_day_active_users,
    budgets.amount as budgeted_active_users,
    case when seat_types.seat_type = 'all'
        then coalesce(active.users, 0) / nullif(budgets.amount, 0) end as budget_attainment
from months
cross join unnest(array['admin', 'full', 'viewer', 'none', 'all']) as seat_types (seat_type)
left join active using (place, seat_type)
left join rolling using (place, seat_type)
left join holders using (place, seat_type)
left join dmn.dmn_budgets as budgets
    on budgets.month = months.month
    and budgets.metric = 'active_users'
    and seat_types.seat_type = 'all'
