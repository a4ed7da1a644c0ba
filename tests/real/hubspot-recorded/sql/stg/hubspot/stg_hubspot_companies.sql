select
    record ->> 'id' as company_id,
    record #>> '{properties,name}' as name,
    record #>> '{properties,domain}' as domain,
    record #>> '{properties,website}' as website,
    record #>> '{properties,twitterhandle}' as twitter,
    record #>> '{properties,facebookfans}' as facebook_fans,
    record ->> 'archived' as is_archived,
    record #>> '{properties,createdate}' as created_at,
    record #>> '{properties,hs_lastmodifieddate}' as modified_at
from src_hubspot.companies
