select
    record ->> 'job_id' as job_id,
    record ->> 'uuid' as uuid,
    record ->> 'user_id' as user_id,
    record ->> 'expire_at' as expires_at,
    record ->> 'created_at' as created_at
from src_rudderstack.jobs
