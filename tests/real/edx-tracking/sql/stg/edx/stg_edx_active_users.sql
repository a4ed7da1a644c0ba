select
    -- a log has no ids: the same line is the same event
    md5(record::text) as event_id,
    record ->> 'username' as username,
    record ->> 'time' as happened_at
from src_edx.active_users
