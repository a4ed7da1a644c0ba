with

engagement_events as (
    select web_user_id from dmn.dmn_web_engagement_events
    where web_user_id is not null
),

identifies as (
    select event_id, anonymous_id, user_id, coalesce(event_at, received_at) as identified_at
    from stg_rudderstack.stg_rudderstack_identifies
    where anonymous_id is not null and user_id is not null
),

web_users as (
    select web_user_id from engagement_events
    union
    -- one without any event is held: it never visited
    select anonymous_id as web_user_id from identifies
),

first_identifies as (
    -- a shared browser belongs to the account it identified as first
    select distinct on (anonymous_id) anonymous_id, user_id, identified_at
    from identifies
    order by anonymous_id, identified_at, event_id
)

select
    -- keys
    web_users.web_user_id,
    first_identifies.user_id as account_user_id,

    -- times
    first_identifies.identified_at
from web_users
left join first_identifies on web_users.web_user_id = first_identifies.anonymous_id
