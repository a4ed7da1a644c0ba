with

campaigns as (
    select * from stg_hubspot.stg_hubspot_campaigns
)

select
    -- keys
    campaigns.campaign_id,

    -- text; links are typed by hand: the same rule stands in dmn_web_engagement_events
    translate(lower(btrim(campaigns.name)), ' _+', '---') as campaign_name,
    campaigns.name,

    -- flags
    campaigns.is_deleted,

    -- times
    campaigns.starts_on,
    campaigns.ends_on,
    campaigns.created_at
from campaigns
