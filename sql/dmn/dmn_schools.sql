with

schools as (
    select * from stg_backend.stg_backend_schools
    -- a row that was removed, not marked as deleted, was typed in error
    where not is_deleted or deleted_at is not null
)

select
    -- keys
    schools.id::text as school_id,
    schools.organisation_id::text as organisation_id,

    -- text
    schools.name,
    schools.urn,
    schools.postcode,
    schools.phase,

    -- flags
    schools.is_deleted,

    -- times
    schools.created_at,
    schools.deleted_at
from schools
