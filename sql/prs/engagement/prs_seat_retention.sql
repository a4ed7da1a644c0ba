with

events as (
    select account_user_id, occurred_at from dmn.dmn_product_events
    where is_qualifying
),

known as (
    select data_as_of, time_zone from dmn.dmn_use_cases
    where use_case = 'engagement'
),

begun as (
    select periods.*
    from dmn.dmn_calendar_periods as periods
    inner join known on periods.starts_at <= known.data_as_of
),

-- from one start to the next, of whatever unit, everything is in the same periods
calendar as (
    select array_agg(distinct starts_at order by starts_at) as starts_at from begun
),

-- a bit for each of these pieces of time; the first stands for what was before
blank as (
    select repeat('0', cardinality(starts_at) + 1)::varbit as pieces from calendar
),

periods as (
    select
        begun.period_unit,
        begun.period_start,
        begun.starts_at,
        begun.ends_at,
        begun.ends_at <= known.data_as_of as is_complete_period,
        -- in one line for all units, of which each has a part
        row_number() over (order by begun.period_unit, begun.period_start) as place
    from begun
    cross join known
),

units as (
    select distinct period_unit from periods
),

licences as (
    select
        licences.teacher_id,
        lower(licences.held_during) as began_at,
        -- as far as it is known
        least(upper(licences.held_during) - interval '1 microsecond', known.data_as_of)
            as last_held_at
    from dmn.dmn_licences as licences
    inner join known on known.data_as_of >= lower(licences.held_during)
),

teachers as (
    select
        teacher_id,
        min(began_at) as began_at
    from licences
    group by teacher_id
),

members as (
    select
        periods.period_unit,
        periods.place as cohort_place,
        teachers.teacher_id
    from teachers
    cross join known
    cross join units
    inner join periods
        on
            units.period_unit = periods.period_unit
            and periods.period_start
            = date_trunc(units.period_unit, teachers.began_at at time zone known.time_zone)::date
),

cohorts as (
    select
        period_unit,
        cohort_place,
        count(*) as cohort_size
    from members
    group by period_unit, cohort_place
),

-- the periods of a licence, without those of the teacher's earlier ones
spans as (
    select
        members.teacher_id,
        members.period_unit,
        members.cohort_place,
        ended.place as last_place,
        greatest(
            began.place,
            1 + max(ended.place) over (
                partition by members.teacher_id, members.period_unit
                order by licences.began_at
                rows between unbounded preceding and 1 preceding
            )
        ) as first_place
    from licences
    cross join known
    inner join members on licences.teacher_id = members.teacher_id
    inner join periods as began
        on
            members.period_unit = began.period_unit
            and began.period_start
            = date_trunc(members.period_unit, licences.began_at at time zone known.time_zone)::date
    inner join periods as ended
        on
            members.period_unit = ended.period_unit
            and ended.period_start = date_trunc(
                members.period_unit, licences.last_held_at at time zone known.time_zone
            )::date
),

-- a row for each person with a bit for each piece in which they were active: so few rows that
-- workers can count. Pieces are looked up, as to ask for the time in a zone takes much longer
activity as (
    select
        account_user_id as teacher_id,
        bit_or(
            set_bit(
                (select blank.pieces from blank),
                width_bucket(occurred_at, (select calendar.starts_at from calendar)),
                1
            )
        ) as pieces
    from events
    where occurred_at <= (select known.data_as_of from known)
    group by account_user_id
),

period_pieces as (
    select
        periods.period_unit,
        periods.place,
        bit_or(
            set_bit(blank.pieces, width_bucket(begun.starts_at, calendar.starts_at), 1)
        ) as pieces
    from periods
    cross join calendar
    cross join blank
    inner join begun
        on periods.starts_at <= begun.starts_at and periods.ends_at > begun.starts_at
    group by periods.period_unit, periods.place
),

-- materialized, or Postgres would sort by cohorts before it has looked at the bits
seated as materialized (
    select
        spans.cohort_place,
        period_pieces.place,
        bit_count(activity.pieces & period_pieces.pieces) > 0 as is_active
    from spans
    left join activity on spans.teacher_id = activity.teacher_id
    inner join period_pieces
        on
            spans.period_unit = period_pieces.period_unit
            and period_pieces.place between spans.first_place and spans.last_place
),

retained as (
    select
        cohort_place,
        place,
        count(*) as retained_seats,
        count(*) filter (where is_active) as retained_active
    from seated
    group by cohort_place, place
)

select
    -- keys
    cohorts.period_unit,
    began.period_start as cohort_start,
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
inner join periods as began on cohorts.cohort_place = began.place
inner join periods
    on cohorts.period_unit = periods.period_unit and cohorts.cohort_place <= periods.place
left join retained
    on cohorts.cohort_place = retained.cohort_place and periods.place = retained.place
