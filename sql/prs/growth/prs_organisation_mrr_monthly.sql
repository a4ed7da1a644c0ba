with

terms as (
    select * from dmn.dmn_subscription_terms
),

months as (
    select * from dmn.dmn_use_case_months
    where use_case = 'growth'
),

month_ends as (
    select
        months.month,
        terms.organisation_id,
        round(coalesce(sum(terms.mrr_eur), 0), 4) as mrr_eur
    from months
    inner join terms on months.month_end_at <@ terms.term_during
    group by months.month, terms.organisation_id
),

customers as (
    select
        organisation_id,
        min(month) as first_month
    from month_ends
    where mrr_eur > 0
    group by organisation_id
),

-- also the months after it left
customer_months as (
    select
        months.month,
        months.month_key,
        customers.organisation_id,
        months.is_complete_month,
        month_ends.month is not null as is_active,
        months.month = customers.first_month as is_first_month,
        coalesce(month_ends.mrr_eur, 0) as mrr_eur,
        lag(coalesce(month_ends.mrr_eur, 0), 1, 0) over (
            partition by customers.organisation_id
            order by months.month
        ) as opening_mrr_eur
    from customers
    inner join months on customers.first_month <= months.month
    left join month_ends
        on
            customers.organisation_id = month_ends.organisation_id
            and months.month = month_ends.month
),

movements as (
    select
        *,
        case
            when mrr_eur = opening_mrr_eur then 'none'
            when is_first_month then 'new'
            when opening_mrr_eur = 0 then 'reactivation'
            -- before contraction, of which it would be the largest
            when mrr_eur = 0 then 'churn'
            when mrr_eur > opening_mrr_eur then 'expansion'
            else 'contraction'
        end as movement,
        abs(mrr_eur - opening_mrr_eur) as moved_eur
    from customer_months
)

select
    -- keys
    month,
    month_key,
    organisation_id,

    -- flags
    is_complete_month,
    mrr_eur > 0 as is_paying,
    is_active,

    -- quantities
    mrr_eur,
    opening_mrr_eur,
    case movement when 'new' then moved_eur else 0 end as new_mrr_eur,
    case movement when 'reactivation' then moved_eur else 0 end as reactivation_mrr_eur,
    case movement when 'expansion' then moved_eur else 0 end as expansion_mrr_eur,
    case movement when 'contraction' then moved_eur else 0 end as contraction_mrr_eur,
    case movement when 'churn' then moved_eur else 0 end as churned_mrr_eur
from movements
