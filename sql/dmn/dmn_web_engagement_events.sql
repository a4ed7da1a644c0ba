with

pages as (
    select * from stg_rudderstack.stg_rudderstack_pages
),

website_tracks as (
    -- of somebody who has signed in, only what there is on the website alone
    select * from stg_rudderstack.stg_rudderstack_tracks
    where user_id is null or event in ('cta_clicked', 'demo_requested')
),

campaigns as (
    -- of two with one name, the one that still runs, then the older
    select distinct on (campaign_name)
        campaign_name,
        campaign_id
    from dmn.dmn_marketing_campaigns
    order by campaign_name, is_deleted, created_at, campaign_id
),

events as (
    select
        event_id,
        anonymous_id,
        'page' as event_type,
        page_path,
        translate(lower(btrim(campaign_name)), ' _+', '---') as campaign_name,
        event_at,
        received_at
    from pages
    union all
    select
        event_id,
        anonymous_id,
        event as event_type,
        null as page_path,
        translate(lower(btrim(campaign_name)), ' _+', '---') as campaign_name,
        event_at,
        received_at
    from website_tracks
)

select
    -- keys
    events.event_id,
    events.anonymous_id as web_user_id,
    campaigns.campaign_id,

    -- text
    events.event_type,
    events.page_path,
    events.campaign_name,

    -- times
    coalesce(events.event_at, events.received_at) as occurred_at,
    events.received_at
from events
-- a name that marketing does not know is direct traffic
left join campaigns on events.campaign_name = campaigns.campaign_name
