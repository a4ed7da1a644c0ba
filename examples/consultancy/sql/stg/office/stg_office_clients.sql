select
    record ->> 'client' as client_id,
    record ->> 'name' as name,
    record ->> 'country' as country,
    record ->> 'signed' as signed_on
from src_office.clients
