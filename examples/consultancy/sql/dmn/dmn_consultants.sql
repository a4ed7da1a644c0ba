select
    consultant_id,
    name
from stg_office.stg_office_consultants
where not is_deleted
