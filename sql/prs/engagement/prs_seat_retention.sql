with

events as (
    select account_user_id, occurred_at from dmn.dmn_product_events
    where is_qualifying
),

known as (
    select data_as_of, time_zone from dmn.dmn_use_cases
    where use_case = 'engagement'
),

licences as (
    select
        licences.teacher_id,
        lower(licences.held_during) as began_at,
        coalesce(upper(licences.held_during), 'infinity') as ended_at
    from dmn.dmn_licences as licences
    inner join known on known.data_as_of >= lower(licences.held_during)
),

periods as (
    select
        periods.period_unit,
        periods.period_start,
        periods.starts_at,
        periods.ends_at,
        periods.ends_at <= known.data_as_of as is_complete_period,
        row_number() over (
            partition by periods.period_unit
            order by periods.period_start
        ) as place
    from dmn.dmn_calendar_periods as periods
    inner join known on periods.starts_at <= known.data_as_of
),

first_seats as (
    select
        teacher_id,
        min(began_at) as began_at
    from licences
    group by teacher_id
),

members as (
    select
        periods.period_unit,
        periods.period_start as cohort_start,
        periods.place as cohort_place,
        first_seats.teacher_id
    from periods
    inner join first_seats
        on periods.starts_at <= first_seats.began_at and periods.ends_at > first_seats.began_at
),

cohorts as (
    select
        period_unit,
        cohort_start,
        cohort_place,
        count(*) as cohort_size
    from members
    group by period_unit, cohort_start, cohort_place
),

-- days are in one period of each unit
active_days as (
    select distinct
        events.account_user_id as teacher_id,
        (events.occurred_at at time zone known.time_zone)::date as day
    from events
    inner join known on events.occurred_at <= known.data_as_of
    inner join first_seats on events.account_user_id = first_seats.teacher_id
),

active as (
    select distinct
        units.period_unit,
        date_trunc(units.period_unit, active_days.day::timestamp)::date as period_start,
        active_days.teacher_id
    from active_days
    cross join (select distinct period_unit from periods) as units
),

seated as (
    select distinct
        periods.period_unit,
        periods.period_start,
        periods.place,
        licences.teacher_id
    from periods
    inner join licences
        on periods.ends_at > licences.began_at and periods.starts_at < licences.ended_at
),

retained as (
    select
        members.period_unit,
        members.cohort_start,
        seated.place,
        count(*) as retained_seats,
        count(active.teacher_id) as retained_active
    from members
    inner join seated
        on members.period_unit = seated.period_unit and members.teacher_id = seated.teacher_id
    left join active
        on
            seated.period_unit = active.period_unit
            and seated.period_start = active.period_start
            and seated.teacher_id = active.teacher_id
    group by members.period_unit, members.cohort_start, seated.place
)

select
    -- keys
    cohorts.period_unit,
    cohorts.cohort_start,
    periods.place - cohorts.cohort_place as period_number,

    -- flags
    periods.is_complete_period,

    -- quantities
    cohorts.cohort_size,
    cohorts.cohort_size as eligible_size,
    coalesce(retained.retained_seats, 0) as retained_seats,
    coalesce(retained.retained_active, 0) as retained_active,
    coalesce(retained.retained_seats, 0)::numeric / cohorts.cohort_size as seat_retention_rate,
    coalesce(retained.retained_active, 0)::numeric / cohorts.cohort_size as active_retention_rate
from cohorts
inner join periods
    on cohorts.period_unit = periods.period_unit and cohorts.cohort_place <= periods.place
left join retained
    on
        cohorts.period_unit = retained.period_unit
        and cohorts.cohort_start = retained.cohort_start
        and periods.place = retained.place
