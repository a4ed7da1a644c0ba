with

events as (
    select account_user_id, occurred_at from dmn.dmn_product_events
    where is_qualifying
),

months as (
    select * from dmn.dmn_use_case_months
    where use_case = 'engagement'
),

active as (
    select
        months.month,
        count(distinct events.account_user_id) as active_users
    from months
    inner join events
        on months.starts_at <= events.occurred_at and months.ends_at > events.occurred_at
    where events.occurred_at <= months.data_as_of
    group by months.month
),

rolling as (
    select
        months.month,
        count(distinct events.account_user_id) as rolling_30_day_active_users
    from months
    -- the 720 hours that end with the last instant before a month's end, or with data_as_of
    inner join events
        on
            least(months.ends_at, months.data_as_of) - interval '720 hours' <= events.occurred_at
            and months.ends_at > events.occurred_at
            and months.data_as_of >= events.occurred_at
    group by months.month
)

select
    -- keys
    months.month,
    months.month_key,
    'all' as seat_type,

    -- flags
    months.is_complete_month,

    -- quantities
    coalesce(active.active_users, 0) as active_users,
    coalesce(rolling.rolling_30_day_active_users, 0) as rolling_30_day_active_users
from months
left join active on months.month = active.month
left join rolling on months.month = rolling.month
