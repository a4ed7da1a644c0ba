-- events are grouped once, by workers, into one row for each person with a bit for each month, which
-- holds for 255 of them; terms and licences are asked once between which month-ends
-- they lie, in place of being compared with each
with

months as materialized (
    select
        *,
        row_number() over (order by month)::int as place
    from dmn.dmn_use_case_months
    where use_case = 'growth'
),

calendar as materialized (
    select
        array_agg(starts_at order by place) as starts,
        array_agg(month_end_at order by place) as ends,
        count(*)::int as places,
        max(known_until) as data_as_of
    from months
),

active as materialized (
    select
        account_user_id,
        bit_or(b'1'::bit(256) >> width_bucket(occurred_at, (select starts from calendar))) as months
    from dmn.dmn_product_events
    where is_qualifying and occurred_at <= (select data_as_of from calendar)
    group by account_user_id
),

term_months as materialized (
    select
        terms.organisation_id,
        terms.subscription_id,
        terms.seats_purchased,
        place
    from dmn.dmn_subscription_terms as terms
    cross join calendar
    cross join lateral generate_series(
        width_bucket(lower(terms.term_during) - interval '1 microsecond', calendar.ends) + 1,
        coalesce(
            width_bucket(upper(terms.term_during) - interval '1 microsecond', calendar.ends),
            calendar.places
        )
    ) as place
),

purchased as (
    select place, organisation_id, sum(seats_purchased)::bigint as seats
    from term_months
    group by place, organisation_id
),

licence_months as (
    select
        licences.subscription_id,
        licences.teacher_id,
        licences.seat_id,
        place,
        calendar.ends[place] as month_end_at
    from dmn.dmn_licences as licences
    cross join calendar
    cross join lateral generate_series(
        width_bucket(lower(licences.held_during) - interval '1 microsecond', calendar.ends) + 1,
        coalesce(
            width_bucket(upper(licences.held_during) - interval '1 microsecond', calendar.ends),
            calendar.places
        )
    ) as place
),

held as (
    select
        term_months.place,
        term_months.organisation_id,
        count(distinct licence_months.seat_id) as assigned,
        count(distinct licence_months.seat_id)
        filter (where get_bit(active.months, licence_months.place) = 1) as active,
        count(distinct licence_months.teacher_id) as teachers,
        count(distinct memberships.school_id) as schools
    from licence_months
    inner join term_months using (subscription_id, place)
    left join dmn.dmn_school_memberships as memberships
        on memberships.teacher_id = licence_months.teacher_id
        and memberships.member_during @> licence_months.month_end_at
    left join active on active.account_user_id = licence_months.teacher_id
    group by term_months.place, term_months.organisation_id
),

first_terms as (
    select
        organisation_id,
        min(lower(term_during)) as began_at
    from dmn.dmn_subscription_terms
    group by organisation_id
)

select
    months.month,
    months.month_key,
    first_terms.organisation_id,
    months.is_complete_month,
    coalesce(purchased.seats, 0) as seats_purchased,
    coalesce(held.assigned, 0) as seats_assigned,
    coalesce(held.active, 0) as seats_active,
    greatest(coalesce(held.assigned, 0) - coalesce(purchased.seats, 0), 0) as seats_overallocated,
    coalesce(held.active, 0)::numeric / nullif(purchased.seats, 0) as seat_utilisation,
    coalesce(held.teachers, 0) as teachers,
    coalesce(held.schools, 0) as schools
from first_terms
cross join calendar
inner join months
    on first_terms.began_at <= calendar.data_as_of
    and months.place >= width_bucket(first_terms.began_at, calendar.starts)
left join purchased
    on purchased.place = months.place and purchased.organisation_id = first_terms.organisation_id
left join held
    on held.place = months.place and held.organisation_id = first_terms.organisation_id
