with

pages as (
    select anonymous_id from stg_rudderstack.stg_rudderstack_pages
    where anonymous_id is not null
),

visitor_tracks as (
    select anonymous_id from stg_rudderstack.stg_rudderstack_tracks
    where anonymous_id is not null and user_id is null
),

identifies as (
    select event_id, anonymous_id, user_id, coalesce(event_at, received_at) as identified_at
    from stg_rudderstack.stg_rudderstack_identifies
    where anonymous_id is not null and user_id is not null
),

web_users as (
    select anonymous_id from pages
    union
    select anonymous_id from visitor_tracks
    union
    -- one without any event is held: it never visited
    select anonymous_id from identifies
),

first_identifies as (
    -- a shared browser belongs to the account it identified as first
    select distinct on (anonymous_id) anonymous_id, user_id, identified_at
    from identifies
    order by anonymous_id, identified_at, event_id
)

select
    -- keys
    web_users.anonymous_id as web_user_id,
    first_identifies.user_id as account_user_id,

    -- times
    first_identifies.identified_at
from web_users
left join first_identifies on web_users.anonymous_id = first_identifies.anonymous_id
