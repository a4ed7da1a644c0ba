with

budgets as (
    select * from stg_finance.stg_finance_budgets
    -- a line that finance has taken out is planned no more
    where not is_deleted
)

select
    -- keys
    budgets.month,
    budgets.metric,

    -- quantities
    budgets.amount
from budgets
