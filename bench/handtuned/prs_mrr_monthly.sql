-- one pass over a few thousand rows: there is little to win
with

totals as (
    select
        month,
        sum(mrr_eur) as mrr,
        sum(opening_mrr_eur) as opening,
        sum(new_mrr_eur) as new,
        sum(reactivation_mrr_eur) as reactivation,
        sum(expansion_mrr_eur) as expansion,
        sum(contraction_mrr_eur) as contraction,
        sum(churned_mrr_eur) as churned,
        count(*) filter (where mrr_eur > 0) as paying_organisations,
        count(*) filter (where opening_mrr_eur > 0) as opening_paying_organisations,
        count(*) filter (where new_mrr_eur > 0) as new_organisations,
        count(*) filter (where reactivation_mrr_eur > 0) as reactivated_organisations,
        count(*) filter (where churned_mrr_eur > 0) as churned_organisations
    from prs_growth.prs_organisation_mrr_monthly
    group by month
)

select
    months.month,
    months.month_key,
    months.is_complete_month,
    coalesce(mrr, 0) as mrr_eur,
    coalesce(mrr * 12, 0) as arr_eur,
    coalesce(opening, 0) as opening_mrr_eur,
    coalesce(new, 0) as new_mrr_eur,
    coalesce(reactivation, 0) as reactivation_mrr_eur,
    coalesce(expansion, 0) as expansion_mrr_eur,
    coalesce(contraction, 0) as contraction_mrr_eur,
    coalesce(churned, 0) as churned_mrr_eur,
    coalesce(paying_organisations, 0) as paying_organisations,
    coalesce(opening_paying_organisations, 0) as opening_paying_organisations,
    coalesce(new_organisations, 0) as new_organisations,
    coalesce(reactivated_organisations, 0) as reactivated_organisations,
    coalesce(churned_organisations, 0) as churned_organisations,
    (opening + expansion - contraction - churned) / nullif(opening, 0) as net_revenue_retention,
    (opening - contraction - churned) / nullif(opening, 0) as gross_revenue_retention,
    churned_organisations::numeric / nullif(opening_paying_organisations, 0) as logo_churn_rate,
    budgets.amount as budgeted_mrr_eur,
    coalesce(mrr, 0) / nullif(budgets.amount, 0) as budget_attainment
from dmn.dmn_use_case_months as months
left join totals using (month)
left join dmn.dmn_budgets as budgets on budgets.month = months.month and budgets.metric = 'mrr_eur'
where months.use_case = 'growth'
