with

terms as (
    select * from dmn.dmn_subscription_terms
),

licences as (
    select * from dmn.dmn_licences
),

memberships as (
    select * from dmn.dmn_school_memberships
),

events as (
    select account_user_id, occurred_at from dmn.dmn_product_events
    where is_qualifying
),

months as (
    select * from dmn.dmn_use_case_months
    where use_case = 'growth'
),

zone as (
    select distinct time_zone from months
),

first_terms as (
    select
        organisation_id,
        min(lower(term_during)) as began_at
    from terms
    group by organisation_id
),

active as (
    select distinct
        months.month,
        events.account_user_id as teacher_id
    from events
    cross join zone
    inner join months
        on
            months.month = date_trunc('month', events.occurred_at at time zone zone.time_zone)::date
            and events.occurred_at <= months.month_end_at
),

month_terms as (
    select
        months.month,
        months.month_end_at,
        terms.organisation_id,
        terms.subscription_id,
        terms.seats_purchased
    from months
    inner join terms on months.month_end_at <@ terms.term_during
),

purchased as (
    select
        month,
        organisation_id,
        sum(seats_purchased)::bigint as seats_purchased
    from month_terms
    group by month, organisation_id
),

held as (
    select
        month_terms.month,
        month_terms.organisation_id,
        count(distinct licences.seat_id) as seats_assigned,
        count(distinct licences.seat_id) filter (where active.teacher_id is not null)
            as seats_active,
        count(distinct licences.teacher_id) as teachers,
        count(distinct memberships.school_id) as schools
    from month_terms
    inner join licences
        on
            month_terms.subscription_id = licences.subscription_id
            and month_terms.month_end_at <@ licences.held_during
    left join memberships
        on
            licences.teacher_id = memberships.teacher_id
            and month_terms.month_end_at <@ memberships.member_during
    left join active
        on licences.teacher_id = active.teacher_id and month_terms.month = active.month
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
