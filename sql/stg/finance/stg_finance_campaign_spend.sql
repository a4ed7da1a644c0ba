select
    record ->> 'month' as month,
    record ->> 'campaign_id' as campaign_id,
    record ->> 'spend_eur' as spend_eur
from src_finance.campaign_spend
