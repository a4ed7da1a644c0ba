select
    record ->> 'id' as id,
    record ->> 'email' as email,
    record ->> 'full_name' as full_name,
    record ->> 'country' as country,
    record ->> 'signed_up_at' as signed_up_at,
    record ->> 'email_verified_at' as email_verified_at,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at,
    record ->> 'deleted_at' as deleted_at
from src_backend.users
