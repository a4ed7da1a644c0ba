select
    -- two records are the same event when all agrees but the times of its travel
    md5((record - '{sentAt,receivedAt,timestamp,request_ip}'::text[])::text) as event_id,
    record ->> 'messageId' as message_id,
    record ->> 'anonymousId' as anonymous_id,
    record ->> 'userId' as user_id,
    record #>> '{traits,email}' as email,
    record ->> 'timestamp' as event_at,
    record ->> 'originalTimestamp' as original_at,
    record ->> 'sentAt' as sent_at,
    record ->> 'receivedAt' as received_at
from src_rudderstack.events
where record ->> 'type' = 'identify'
