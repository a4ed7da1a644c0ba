select
    record ->> 'id' as id,
    record ->> 'organisation_id' as organisation_id,
    record ->> 'name' as name,
    record ->> 'urn' as urn,
    record ->> 'postcode' as postcode,
    record ->> 'phase' as phase,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at,
    record ->> 'deleted_at' as deleted_at
from src_backend.schools
