select
    -- a log has no ids: the same line is the same event
    md5(record::text) as event_id,
    record ->> 'username' as username,
    record #>> '{context,user_id}' as user_id,
    record #>> '{context,course_id}' as course_id,
    record ->> 'event_type' as event_type,
    record ->> 'event_source' as event_source,
    record ->> 'event' as event,
    record ->> 'ip' as ip,
    record ->> 'time' as happened_at
from src_edx.student_forum
