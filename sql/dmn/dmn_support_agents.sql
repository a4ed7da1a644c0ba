with

users as (
    select user_id, name, is_deleted from stg_zendesk.stg_zendesk_users
    where role in ('agent', 'admin')
)

select
    -- keys
    users.user_id as agent_id,

    -- text
    users.name,

    -- flags
    not users.is_deleted as is_active
from users
