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
        min(watermarks.loaded_until) as data_as_of
    from needed
    left join watermarks on needed.source = watermarks.source
    group by needed.use_case
    -- nothing can be said while one of the sources is not known at all
    having count(*) = count(watermarks.loaded_until)
)

select
    -- keys
    known.use_case,

    -- text
    settings.time_zone,

    -- times
    known.data_as_of
from known
cross join settings
