with

months as (
    select * from dmn.dmn_use_case_months
    where use_case = 'growth'
),

known as (
    select data_as_of, time_zone from dmn.dmn_use_cases
    where use_case = 'growth'
),

-- one that has not begun says nothing yet, not even of the term before it
terms as (
    select
        terms.subscription_id,
        terms.renewal_due_on,
        terms.began_by,
        lower(terms.term_during) as began_at,
        (lower(terms.term_during) at time zone known.time_zone)::date as began_on,
        round(terms.mrr_eur, 4) as mrr_eur
    from dmn.dmn_subscription_terms as terms
    inner join known on known.data_as_of >= lower(terms.term_during)
),

in_order as (
    select
        subscription_id,
        renewal_due_on,
        began_at,
        began_on,
        mrr_eur,
        lead(began_by) over following as next_began_by,
        lead(began_on) over following as next_began_on,
        lead(mrr_eur) over following as next_mrr_eur
    from terms
    window following as (partition by subscription_id order by began_at)
),

-- what follows the last term with a date, whenever that one began
last_terms as (
    select distinct on (subscription_id, renewal_due_on)
        subscription_id,
        renewal_due_on,
        case when next_began_by = 'renewal' then next_began_on end as renewal_began_on,
        case when next_began_by = 'renewal' then next_mrr_eur end as renewal_mrr_eur
    from in_order
    where renewal_due_on is not null
    order by subscription_id asc, renewal_due_on asc, began_at desc
),

-- what was paid before the date
before_due as (
    select distinct on (subscription_id, renewal_due_on)
        subscription_id,
        renewal_due_on,
        mrr_eur
    from in_order
    where began_on < renewal_due_on
    order by subscription_id asc, renewal_due_on asc, began_at desc
),

renewals as (
    select
        date_trunc('month', last_terms.renewal_due_on)::date as month,
        coalesce(before_due.mrr_eur, 0) as due_mrr_eur,
        coalesce(last_terms.renewal_mrr_eur, 0) as renewal_mrr_eur,
        case
            when last_terms.renewal_began_on <= last_terms.renewal_due_on + 30 then 'renewed'
            when
                (last_terms.renewal_due_on + 31)::timestamp at time zone known.time_zone
                > known.data_as_of
                then 'pending'
            else 'lapsed'
        end as outcome
    from last_terms
    cross join known
    left join before_due
        on
            last_terms.subscription_id = before_due.subscription_id
            and last_terms.renewal_due_on = before_due.renewal_due_on
),

totals as (
    select
        month,
        count(*) as due_count,
        count(*) filter (where outcome = 'renewed') as renewed_count,
        count(*) filter (where outcome = 'pending') as pending_count,
        count(*) filter (where outcome = 'lapsed') as lapsed_count,
        sum(due_mrr_eur) as due_mrr_eur,
        sum(renewal_mrr_eur) filter (where outcome = 'renewed') as renewed_mrr_eur,
        sum(due_mrr_eur) filter (where outcome <> 'pending') as decided_due_mrr_eur,
        sum(least(renewal_mrr_eur, due_mrr_eur))
        filter (where outcome = 'renewed') as decided_renewed_mrr_eur
    from renewals
    group by month
)

select
    -- keys
    months.month,
    months.month_key,

    -- flags
    months.is_complete_month,
    months.ends_at + interval '744 hours' <= known.data_as_of as is_settled,

    -- quantities
    coalesce(totals.due_count, 0) as due_count,
    coalesce(totals.renewed_count, 0) as renewed_count,
    coalesce(totals.pending_count, 0) as pending_count,
    coalesce(totals.lapsed_count, 0) as lapsed_count,
    coalesce(totals.renewed_count + totals.lapsed_count, 0) as decided_count,
    coalesce(totals.due_mrr_eur, 0) as due_mrr_eur,
    coalesce(totals.renewed_mrr_eur, 0) as renewed_mrr_eur,
    coalesce(totals.decided_due_mrr_eur, 0) as decided_due_mrr_eur,
    coalesce(totals.decided_renewed_mrr_eur, 0) as decided_renewed_mrr_eur,
    totals.renewed_count::numeric
    / nullif(totals.renewed_count + totals.lapsed_count, 0) as renewal_rate,
    coalesce(totals.decided_renewed_mrr_eur, 0)
    / nullif(totals.decided_due_mrr_eur, 0) as renewal_rate_by_value
from months
cross join known
left join totals on months.month = totals.month
