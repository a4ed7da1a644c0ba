select
    record ->> 'URN' as urn,
    record ->> 'TrustCompanyNumber' as trust_company_number,
    record ->> 'FederationLeadURN' as federation_lead_urn,
    record ->> 'LACode' as local_authority_code,
    record ->> 'SchoolName' as name,
    record ->> 'OverallPhase' as phase,
    record ->> 'SchoolType' as school_type,
    record ->> 'FinanceType' as finance_type,
    record ->> 'OfstedDescription' as ofsted,
    record ->> 'Website' as website,
    record ->> 'AddressTown' as town,
    record ->> 'AddressPostcode' as postcode,
    record ->> 'HasSixthForm' as has_sixth_form,
    record ->> 'HasNursery' as has_nursery,
    record ->> 'IsPFISchool' as is_pfi,
    record ->> 'OfstedDate' as inspected_on
from src_dfe.schools
