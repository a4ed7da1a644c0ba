select
    record ->> 'Code' as code,
    record ->> 'Name' as name
from src_dfe.local_authorities
