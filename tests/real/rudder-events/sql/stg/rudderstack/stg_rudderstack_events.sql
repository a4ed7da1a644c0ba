select
    -- messageId is the same in 102 events: two are one when all agrees but their travel
    md5(
        ((record -> 'event') - '{sentAt,receivedAt,timestamp,request_ip}'::text[])::text
    ) as event_id,
    record #>> '{event,messageId}' as message_id,
    record #>> '{event,anonymousId}' as anonymous_id,
    record #>> '{event,userId}' as user_id,
    record #>> '{event,type}' as type,
    record #>> '{event,event}' as event,
    record #>> '{event,context,campaign,name}' as campaign_name,
    record #>> '{event,originalTimestamp}' as original_at,
    record #>> '{event,sentAt}' as sent_at,
    record #>> '{event,receivedAt}' as received_at,
    record #>> '{event,timestamp}' as event_at
from src_rudderstack.canonical
