select
    record ->> 'id' as campaign_id,
    record #>> '{properties,hs_name}' as name,
    record #>> '{properties,hs_start_date}' as starts_on,
    record #>> '{properties,hs_end_date}' as ends_on,
    record #>> '{properties,hs_currency_code}' as currency,
    record ->> 'createdAt' as created_at,
    record ->> 'updatedAt' as updated_at
from src_hubspot.campaigns
