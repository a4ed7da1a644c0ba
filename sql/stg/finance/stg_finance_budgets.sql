select
    record ->> 'month' as month,
    record ->> 'metric' as metric,
    record ->> 'amount' as amount
from src_finance.budgets
