-- one sort of the terms by subscription and beginning, for what follows and for what is due
with

months as materialized (
    select * from dmn.dmn_use_case_months where use_case = 'growth'
),

known as materialized (
    select data_as_of, time_zone from dmn.dmn_use_cases where use_case = 'growth'
),

terms as (
    select
        subscription_id,
        renewal_due_on,
        lower(term_during) as began_at,
        (lower(term_during) at time zone known.time_zone)::date as began_on,
        began_by,
        case
            when not is_trial then round(seats_purchased * price_per_seat_month_eur, 4) else 0
        end as mrr
    from dmn.dmn_subscription_terms
    cross join known
    where lower(term_during) <= known.data_as_of
),

ordered as (
    select
        *,
        case when lead(began_by) over following = 'renewal'
            then lead(began_on) over following end as renewed_on,
        case when lead(began_by) over following = 'renewal'
            then lead(mrr) over following end as renewal_mrr
    from terms
    window following as (partition by subscription_id order by began_at)
),

-- the newest term comes last in each array
renewals as (
    select
        renewal_due_on,
        (array_agg(renewed_on order by began_at desc))[1] as renewed_on,
        coalesce((array_agg(renewal_mrr order by began_at desc))[1], 0) as renewal_mrr,
        coalesce((array_agg(mrr order by began_at desc)
            filter (where began_on < renewal_due_on))[1], 0) as due_mrr
    from ordered
    where renewal_due_on is not null
    group by subscription_id, renewal_due_on
),

outcomes as (
    select
        date_trunc('month', renewal_due_on::timestamp)::date as month,
        due_mrr,
        renewal_mrr,
        coalesce(renewed_on <= renewal_due_on + 30, false) as is_renewed,
        not coalesce(renewed_on <= renewal_due_on + 30, false)
        and (renewal_due_on + 31)::timestamp at time zone known.time_zone > known.data_as_of
            as is_pending
    from renewals
    cross join known
),

totals as (
    select
        month,
        count(*) as due,
        count(*) filter (where is_renewed) as renewed,
        count(*) filter (where is_pending) as pending,
        sum(due_mrr) as due_mrr,
        sum(renewal_mrr) filter (where is_renewed) as renewed_mrr,
        sum(due_mrr) filter (where not is_pending) as decided_due_mrr,
        sum(least(renewal_mrr, due_mrr)) filter (where is_renewed) as decided_renewed_mrr
    from outcomes
    group by month
)

select
    months.month,
    months.month_key,
    months.is_complete_month,
    months.ends_at + interval '744 hours' <= (select data_as_of from known) as is_settled,
    coalesce(due, 0) as due_count,
    coalesce(renewed, 0) as renewed_count,
    coalesce(pending, 0) as pending_count,
    coalesce(due - renewed - pending, 0) as lapsed_count,
    coalesce(due - pending, 0) as decided_count,
    coalesce(due_mrr, 0) as due_mrr_eur,
    coalesce(renewed_mrr, 0) as renewed_mrr_eur,
    coalesce(decided_due_mrr, 0) as decided_due_mrr_eur,
    coalesce(decided_renewed_mrr, 0) as decided_renewed_mrr_eur,
    renewed::numeric / nullif(due - pending, 0) as renewal_rate,
    coalesce(decided_renewed_mrr, 0) / nullif(decided_due_mrr, 0) as renewal_rate_by_value
from months
left join totals using (month)
