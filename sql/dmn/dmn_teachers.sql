with

memberships as (
    select user_id from stg_backend.stg_backend_school_memberships
    where not is_deleted
),

assignments as (
    select user_id from stg_backend.stg_backend_seat_assignments
    where not is_deleted
),

known as (
    select loaded_until from dmn.dmn_source_watermarks
    where source = 'backend'
),

licences as (
    select * from dmn.dmn_licences
),

terms as (
    select * from dmn.dmn_subscription_terms
    -- others are held, and so is what is held under them
    where currency = 'EUR'
),

teachers as (
    select user_id::text as teacher_id from memberships
    union
    -- one who never had a school is held until the backend names one
    select user_id::text as teacher_id from assignments
),

seat_holders as (
    select distinct licences.teacher_id
    from known
    inner join licences on known.loaded_until <@ licences.held_during
    inner join terms
        on
            licences.subscription_id = terms.subscription_id
            and known.loaded_until <@ terms.term_during
)

select
    -- keys
    teachers.teacher_id,

    -- flags
    seat_holders.teacher_id is not null as is_seat_holder
from teachers
left join seat_holders on teachers.teacher_id = seat_holders.teacher_id
