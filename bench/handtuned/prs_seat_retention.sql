-- quarters and years are made of months, so weeks and months cut time into some hundred pieces:
-- events are grouped once, by workers, into one row for each person with a bit for each of these,
-- of which there is room for 511
with

known as materialized (
    select data_as_of from dmn.dmn_use_cases where use_case = 'engagement'
),

periods as materialized (
    select
        array_position(array['week', 'month', 'quarter', 'year'], period_unit) as unit,
        period_unit,
        period_start,
        starts_at,
        ends_at,
        row_number() over (partition by period_unit order by starts_at)::int as place
    from dmn.dmn_calendar_periods
    where starts_at <= (select data_as_of from known)
),

edges as materialized (
    select array_agg(distinct starts_at order by starts_at) as at from periods
),

units as materialized (
    select
        unit,
        period_unit,
        array_agg(starts_at order by starts_at) as starts
    from periods
    group by unit, period_unit
),

licences as materialized (
    select
        teacher_id,
        lower(held_during) as began_at,
        least(upper(held_during) - interval '1 microsecond', (select data_as_of from known))
            as held_until
    from dmn.dmn_licences
    where lower(held_during) <= (select data_as_of from known)
),

-- one number for a teacher, and not a text, in what is large
members as materialized (
    select
        row_number() over ()::int as member,
        teacher_id,
        min(began_at) as began_at
    from licences
    group by teacher_id
),

activity as materialized (
    select
        account_user_id,
        bit_or(b'1'::bit(512) >> width_bucket(occurred_at, (select at from edges))) as pieces
    from dmn.dmn_product_events
    where is_qualifying and occurred_at <= (select data_as_of from known)
    group by account_user_id
),

-- the pieces that a period is made of
masks as materialized (
    select
        units.unit,
        width_bucket(edge.starts_at, units.starts) as place,
        bit_or(b'1'::bit(512) >> edge.piece::int) as pieces
    from edges
    cross join lateral unnest(edges.at) with ordinality as edge (starts_at, piece)
    cross join units
    group by units.unit, place
),

-- where licences of one teacher share a period, the first of them has it
spans as (
    select
        members.member,
        units.unit,
        width_bucket(members.began_at, units.starts) as cohort,
        activity.pieces,
        greatest(
            width_bucket(licences.began_at, units.starts),
            1 + max(width_bucket(licences.held_until, units.starts)) over (
                partition by members.member, units.unit
                order by licences.began_at
                rows between unbounded preceding and 1 preceding
            )
        ) as first,
        width_bucket(licences.held_until, units.starts) as last
    from licences
    inner join members using (teacher_id)
    left join activity on activity.account_user_id = licences.teacher_id
    cross join units
),

retained as (
    select
        spans.unit,
        spans.cohort,
        masks.place,
        count(*) as seats,
        count(*) filter (where (spans.pieces & masks.pieces) <> b'0'::bit(512)) as active
    from spans
    inner join masks on masks.unit = spans.unit and masks.place between spans.first and spans.last
    group by spans.unit, spans.cohort, masks.place
),

sizes as (
    select units.unit, width_bucket(members.began_at, units.starts) as cohort, count(*) as size
    from members
    cross join units
    group by units.unit, cohort
)

select
    began.period_unit,
    began.period_start as cohort_start,
    (periods.place - began.place)::bigint as period_number,
    periods.ends_at <= (select data_as_of from known) as is_complete_period,
    sizes.size as cohort_size,
    sizes.size as eligible_size,
    coalesce(retained.seats, 0) as retained_seats,
    coalesce(retained.active, 0) as retained_active,
    coalesce(retained.seats, 0)::numeric / sizes.size as seat_retention_rate,
    coalesce(retained.active, 0)::numeric / sizes.size as active_retention_rate
from sizes
inner join periods as began on began.unit = sizes.unit and began.place = sizes.cohort
inner join periods on periods.unit = sizes.unit and periods.place >= sizes.cohort
left join retained
    on retained.unit = sizes.unit
    and retained.cohort = sizes.cohort
    and retained.place = periods.place
