select
    client_id,
    name,
    country,
    signed_on
from stg_office.stg_office_clients
where not is_deleted
