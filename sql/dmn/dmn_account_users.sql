with

users as (
    select * from stg_backend.stg_backend_users
)

select
    -- keys
    users.id::text as account_user_id,

    -- text; a deleted person keeps nothing personal
    case when not users.is_deleted then lower(users.email) end as email,
    case when not users.is_deleted then users.full_name end as full_name,
    users.country,

    -- flags
    users.is_deleted,

    -- times
    users.signed_up_at,
    users.email_verified_at
from users
