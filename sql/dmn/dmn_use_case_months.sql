with

settings as (
    select time_zone from stg_layers.stg_layers_settings
),

needed as (
    select use_case, source from stg_layers.stg_layers_use_cases
),

watermarks as (
    select source, loaded_until from dmn.dmn_source_watermarks
),

known as (
    select
        needed.use_case,
        -- nothing can be said while one of the sources is not known at all
        case
            when count(*) = count(watermarks.loaded_until) then min(watermarks.loaded_until)
        end as data_as_of
    from needed
    left join watermarks on needed.source = watermarks.source
    group by needed.use_case
),

months as (
    select * from dmn.dmn_calendar_months
)

select
    -- keys
    known.use_case,
    months.month,

    -- text
    months.month_key,
    settings.time_zone,

    -- flags
    months.ends_at <= known.data_as_of as is_complete_month,

    -- times
    months.starts_at,
    months.ends_at,
    -- the smallest step of Postgres's clock before it
    least(months.ends_at - interval '1 microsecond', known.data_as_of) as month_end_at,
    known.data_as_of
from known
cross join settings
inner join months on known.data_as_of >= months.starts_at
