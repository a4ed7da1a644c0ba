with

use_cases as (
    select * from dmn.dmn_use_cases
),

months as (
    select * from dmn.dmn_calendar_months
)

select
    -- keys
    use_cases.use_case,
    months.month,

    -- text
    months.month_key,
    use_cases.time_zone,

    -- flags
    months.ends_at <= use_cases.data_as_of as is_complete_month,

    -- times
    months.starts_at,
    months.ends_at,
    least(months.ends_at, use_cases.data_as_of) as known_until,
    -- the smallest step of Postgres's clock before it
    least(months.ends_at - interval '1 microsecond', use_cases.data_as_of) as month_end_at
from use_cases
inner join months on use_cases.data_as_of >= months.starts_at
