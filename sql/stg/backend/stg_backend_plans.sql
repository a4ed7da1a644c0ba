select
    record ->> 'id' as id,
    record ->> 'name' as name,
    record ->> 'billing_period' as billing_period,
    record ->> 'price_per_seat' as price_per_seat,
    record ->> 'currency' as currency,
    record ->> 'is_free' as is_free,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at
from src_backend.plans
