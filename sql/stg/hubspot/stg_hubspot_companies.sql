select
    record ->> 'id' as company_id,
    record #>> '{properties,name}' as name,
    record #>> '{properties,domain}' as domain,
    record #>> '{properties,country}' as country,
    record ->> 'archived' as is_archived,
    record ->> 'archivedAt' as archived_at,
    record #>> '{properties,createdate}' as created_at,
    record #>> '{properties,hs_lastmodifieddate}' as modified_at
from src_hubspot.companies
