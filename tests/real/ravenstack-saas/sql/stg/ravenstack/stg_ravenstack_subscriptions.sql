select
    record ->> 'subscription_id' as subscription_id,
    record ->> 'account_id' as account_id,
    record ->> 'plan_tier' as plan_tier,
    record ->> 'billing_frequency' as billing_frequency,
    record ->> 'seats' as seats,
    record ->> 'mrr_amount' as mrr_usd,
    record ->> 'arr_amount' as arr_usd,
    record ->> 'is_trial' as is_trial,
    record ->> 'upgrade_flag' as is_upgrade,
    record ->> 'downgrade_flag' as is_downgrade,
    record ->> 'churn_flag' as has_churned,
    record ->> 'auto_renew_flag' as renews_itself,
    record ->> 'start_date' as started_on,
    record ->> 'end_date' as ended_on
from src_ravenstack.subscriptions
