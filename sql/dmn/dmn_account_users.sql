with

users as (
    select
        *,
        -- a deleted person keeps nothing personal
        case when not is_deleted then lower(email) end as address
    from stg_backend.stg_backend_users
),

contacts as (
    -- of one person's contacts that nobody has merged yet, the oldest
    select distinct on (lower(email))
        lower(email) as address,
        contact_id,
        lifecycle_stage
    from stg_hubspot.stg_hubspot_contacts
    where email is not null and not is_deleted
    order by lower(email), created_at, contact_id
)

select
    -- keys
    users.id::text as account_user_id,
    contacts.contact_id as crm_contact_id,

    -- text
    users.address as email,
    case when not users.is_deleted then users.full_name end as full_name,
    users.country,
    contacts.lifecycle_stage,

    -- flags
    users.is_deleted,

    -- times
    users.signed_up_at,
    users.email_verified_at
from users
-- the account's address decides: the CRM has no other key of ours
left join contacts on users.address = contacts.address
