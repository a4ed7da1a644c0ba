with

tracks as (
    select * from stg_rudderstack.stg_rudderstack_tracks
    where user_id is not null
),

website_events as (
    select event_id from dmn.dmn_web_engagement_events
)

select
    -- keys
    tracks.event_id,
    tracks.user_id as account_user_id,

    -- text
    tracks.event as event_type,

    -- flags: the list of activity that counts
    tracks.event in (
        'lesson_started', 'lesson_completed', 'quiz_created', 'quiz_assigned', 'report_viewed'
    ) as is_qualifying,

    -- times
    coalesce(tracks.event_at, tracks.received_at) as occurred_at,
    tracks.received_at
from tracks
-- what somebody did on the website is no use of the product
left join website_events on tracks.event_id = website_events.event_id
where website_events.event_id is null
