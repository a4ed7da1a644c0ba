with

organisations as (
    select * from stg_backend.stg_backend_organisations
),

companies as (
    select * from stg_hubspot.stg_hubspot_companies
    where not is_deleted
)

select
    -- keys
    organisations.id::text as organisation_id,
    companies.company_id as crm_company_id,

    -- text
    organisations.name,
    companies.name as crm_name,
    lower(companies.domain) as domain,
    organisations.kind,
    organisations.country,

    -- flags
    organisations.is_deleted,

    -- times
    organisations.created_at,
    organisations.deleted_at
from organisations
-- the backend says which company it is: names and domains are typed twice
left join companies on organisations.hubspot_company_id = companies.company_id
