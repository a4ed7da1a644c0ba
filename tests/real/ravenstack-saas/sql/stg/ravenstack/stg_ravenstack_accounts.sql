select
    record ->> 'account_id' as account_id,
    record ->> 'account_name' as name,
    record ->> 'industry' as industry,
    record ->> 'country' as country,
    record ->> 'plan_tier' as plan_tier,
    record ->> 'referral_source' as referral_source,
    record ->> 'seats' as seats,
    record ->> 'is_trial' as is_trial,
    record ->> 'churn_flag' as has_churned,
    record ->> 'signup_date' as signed_up_on
from src_ravenstack.accounts
