with

campaign_spend as (
    select * from stg_finance.stg_finance_campaign_spend
    -- a line that finance has taken out was not spent
    where not is_deleted
)

select
    -- keys
    campaign_spend.month,
    campaign_spend.campaign_id,

    -- quantities
    campaign_spend.spend_eur
from campaign_spend
