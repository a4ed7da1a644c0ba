select
    record ->> 'CompanyNumber' as company_number,
    record ->> 'UID' as uid,
    record ->> 'TrustName' as name,
    record ->> 'CFOName' as cfo_name,
    record ->> 'CFOEmail' as cfo_email,
    record ->> 'OpenDate' as opened_on
from src_dfe.trusts
