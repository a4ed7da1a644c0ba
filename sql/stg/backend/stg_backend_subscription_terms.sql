select
    record ->> 'id' as id,
    record ->> 'subscription_id' as subscription_id,
    record ->> 'plan_id' as plan_id,
    record ->> 'seats' as seats,
    record ->> 'price_per_seat' as price_per_seat,
    record ->> 'discount_percent' as discount_percent,
    record ->> 'starts_at' as starts_at,
    record ->> 'ends_at' as ends_at,
    record ->> 'began_by' as began_by,
    record ->> 'renewal_due_on' as renewal_due_on,
    record ->> 'is_trial' as is_trial,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at
from src_backend.subscription_terms
