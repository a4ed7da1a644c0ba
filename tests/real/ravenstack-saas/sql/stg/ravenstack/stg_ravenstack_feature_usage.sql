select
    record ->> 'usage_id' as usage_id,
    record ->> 'subscription_id' as subscription_id,
    record ->> 'feature_name' as feature,
    record ->> 'usage_count' as uses,
    record ->> 'usage_duration_secs' as duration_s,
    record ->> 'error_count' as errors,
    record ->> 'is_beta_feature' as is_beta_feature,
    record ->> 'usage_date' as used_on
from src_ravenstack.feature_usage
