with

periods as (
    select * from dmn.dmn_calendar_periods
    where period_unit = 'month'
)

select
    -- keys
    periods.period_start as month,
    to_char(periods.period_start, 'YYYY-MM') as month_key,

    -- times
    periods.starts_at,
    periods.ends_at
from periods
