select
    record ->> 'id' as contact_id,
    record #>> '{properties,email}' as email,
    record #>> '{properties,firstname}' as first_name,
    record #>> '{properties,lastname}' as last_name,
    record #>> '{properties,company}' as company_name,
    record #>> '{properties,lifecyclestage}' as lifecycle_stage,
    record #>> '{properties,hs_merged_object_ids}' as merged_contact_ids,
    record ->> 'archived' as is_archived,
    record ->> 'archivedAt' as archived_at,
    record #>> '{properties,createdate}' as created_at,
    record #>> '{properties,lastmodifieddate}' as modified_at
from src_hubspot.contacts
