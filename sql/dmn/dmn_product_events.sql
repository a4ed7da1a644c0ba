with

tracks as (
    -- an event that names no user is a visitor's, not an account user's
    select * from stg_rudderstack.stg_rudderstack_tracks
    where user_id is not null
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
