select
    record ->> 'churn_event_id' as churn_event_id,
    record ->> 'account_id' as account_id,
    record ->> 'reason_code' as reason_code,
    record ->> 'feedback_text' as feedback,
    record ->> 'refund_amount_usd' as refund_usd,
    record ->> 'preceding_upgrade_flag' as follows_upgrade,
    record ->> 'preceding_downgrade_flag' as follows_downgrade,
    record ->> 'is_reactivation' as is_reactivation,
    record ->> 'churn_date' as churned_on
from src_ravenstack.churn_events
