select
    record ->> 'id' as company_id,
    record ->> 'name' as name,
    record ->> 'domains' as domains,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at
from src_freshdesk.companies
