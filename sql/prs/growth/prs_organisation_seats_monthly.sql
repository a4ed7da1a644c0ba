with

-- spans as two moments: how many ranges hold a moment Postgres cannot guess
terms as (
    select
        organisation_id,
        subscription_id,
        seats_purchased,
        lower(term_during) as began_at,
        coalesce(upper(term_during), 'infinity') as ended_at
    from dmn.dmn_subscription_terms
),

licences as (
    select
        subscription_id,
        seat_id,
        teacher_id,
        lower(held_during) as began_at,
        coalesce(upper(held_during), 'infinity') as ended_at
    from dmn.dmn_licences
),

memberships as (
    select
        teacher_id,
        school_id,
        lower(member_during) as began_at,
        coalesce(upper(member_during), 'infinity') as ended_at
    from dmn.dmn_school_memberships
),

events as (
    select account_user_id, occurred_at from dmn.dmn_product_events
    where is_qualifying
),

-- read where it is used: what is kept for several is out of workers' reach
months as not materialized (
    select * from dmn.dmn_use_case_months
    where use_case = 'growth'
),

calendar as (
    select array_agg(starts_at order by starts_at) as starts_at from months
),

first_terms as (
    select
        organisation_id,
        min(began_at) as began_at
    from terms
    group by organisation_id
),

-- months are looked up, as to ask for the time in a zone takes much longer; and joined, so that
-- Postgres knows how few they are, and lets workers group; others may be missing between them
active as (
    select
        events.account_user_id as teacher_id,
        months.month_end_at
    from events
    inner join months
        on
            (select starts_at from calendar)[
                width_bucket(events.occurred_at, (select starts_at from calendar))
            ]
            = months.starts_at
    group by events.account_user_id, months.month_end_at
    having min(events.occurred_at) <= months.month_end_at
),

month_terms as (
    select
        months.month,
        terms.organisation_id,
        terms.subscription_id,
        terms.seats_purchased
    from months
    inner join terms
        on months.month_end_at >= terms.began_at and months.month_end_at < terms.ended_at
),

purchased as (
    select
        month,
        organisation_id,
        sum(seats_purchased)::bigint as seats_purchased
    from month_terms
    group by month, organisation_id
),

month_licences as (
    select
        months.month,
        months.month_end_at,
        licences.subscription_id,
        licences.seat_id,
        licences.teacher_id
    from months
    inner join licences
        on months.month_end_at >= licences.began_at and months.month_end_at < licences.ended_at
),

held as (
    select
        month_terms.month,
        month_terms.organisation_id,
        count(distinct month_licences.seat_id) as seats_assigned,
        count(distinct month_licences.seat_id) filter (where active.teacher_id is not null)
            as seats_active,
        count(distinct month_licences.teacher_id) as teachers,
        count(distinct memberships.school_id) as schools
    from month_terms
    inner join month_licences
        on
            month_terms.month = month_licences.month
            and month_terms.subscription_id = month_licences.subscription_id
    left join memberships
        on
            month_licences.teacher_id = memberships.teacher_id
            and month_licences.month_end_at >= memberships.began_at
            and month_licences.month_end_at < memberships.ended_at
    left join active
        on
            month_licences.month_end_at = active.month_end_at
            and month_licences.teacher_id = active.teacher_id
    group by month_terms.month, month_terms.organisation_id
)

select
    -- keys
    months.month,
    months.month_key,
    first_terms.organisation_id,

    -- flags
    months.is_complete_month,

    -- quantities
    coalesce(purchased.seats_purchased, 0) as seats_purchased,
    coalesce(held.seats_assigned, 0) as seats_assigned,
    coalesce(held.seats_active, 0) as seats_active,
    greatest(coalesce(held.seats_assigned, 0) - coalesce(purchased.seats_purchased, 0), 0)
        as seats_overallocated,
    coalesce(held.seats_active, 0)::numeric
    / nullif(purchased.seats_purchased, 0) as seat_utilisation,
    coalesce(held.teachers, 0) as teachers,
    coalesce(held.schools, 0) as schools
from months
-- also the months after it left
inner join first_terms on months.month_end_at >= first_terms.began_at
left join purchased
    on months.month = purchased.month and first_terms.organisation_id = purchased.organisation_id
left join held
    on months.month = held.month and first_terms.organisation_id = held.organisation_id
