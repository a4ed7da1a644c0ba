select
    record ->> 'login' as consultant_id,
    record ->> 'name' as name
from src_office.consultants
