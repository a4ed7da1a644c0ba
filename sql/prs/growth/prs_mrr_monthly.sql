with

organisation_months as (
    select * from prs_growth.prs_organisation_mrr_monthly
),

months as (
    select * from dmn.dmn_use_case_months
    where use_case = 'growth'
),

budgets as (
    select month, amount from dmn.dmn_budgets
    where metric = 'mrr_eur'
),

totals as (
    select
        month,
        sum(mrr_eur) as mrr_eur,
        sum(opening_mrr_eur) as opening_mrr_eur,
        sum(new_mrr_eur) as new_mrr_eur,
        sum(reactivation_mrr_eur) as reactivation_mrr_eur,
        sum(expansion_mrr_eur) as expansion_mrr_eur,
        sum(contraction_mrr_eur) as contraction_mrr_eur,
        sum(churned_mrr_eur) as churned_mrr_eur,
        count(*) filter (where is_paying) as paying_organisations,
        count(*) filter (where opening_mrr_eur > 0) as opening_paying_organisations,
        count(*) filter (where new_mrr_eur > 0) as new_organisations,
        count(*) filter (where reactivation_mrr_eur > 0) as reactivated_organisations,
        count(*) filter (where churned_mrr_eur > 0) as churned_organisations
    from organisation_months
    group by month
)

select
    -- keys
    months.month,
    months.month_key,

    -- flags
    months.is_complete_month,

    -- quantities
    coalesce(totals.mrr_eur, 0) as mrr_eur,
    12 * coalesce(totals.mrr_eur, 0) as arr_eur,
    coalesce(totals.opening_mrr_eur, 0) as opening_mrr_eur,
    coalesce(totals.new_mrr_eur, 0) as new_mrr_eur,
    coalesce(totals.reactivation_mrr_eur, 0) as reactivation_mrr_eur,
    coalesce(totals.expansion_mrr_eur, 0) as expansion_mrr_eur,
    coalesce(totals.contraction_mrr_eur, 0) as contraction_mrr_eur,
    coalesce(totals.churned_mrr_eur, 0) as churned_mrr_eur,
    coalesce(totals.paying_organisations, 0) as paying_organisations,
    coalesce(totals.opening_paying_organisations, 0) as opening_paying_organisations,
    coalesce(totals.new_organisations, 0) as new_organisations,
    coalesce(totals.reactivated_organisations, 0) as reactivated_organisations,
    coalesce(totals.churned_organisations, 0) as churned_organisations,
    (
        totals.opening_mrr_eur + totals.expansion_mrr_eur
        - totals.contraction_mrr_eur - totals.churned_mrr_eur
    ) / nullif(totals.opening_mrr_eur, 0) as net_revenue_retention,
    (totals.opening_mrr_eur - totals.contraction_mrr_eur - totals.churned_mrr_eur)
    / nullif(totals.opening_mrr_eur, 0) as gross_revenue_retention,
    totals.churned_organisations::numeric
    / nullif(totals.opening_paying_organisations, 0) as logo_churn_rate,
    budgets.amount as budgeted_mrr_eur,
    coalesce(totals.mrr_eur, 0) / nullif(budgets.amount, 0) as budget_attainment
from months
left join totals on months.month = totals.month
left join budgets on months.month = budgets.month
