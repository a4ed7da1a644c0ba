select
    record ->> 'messageId' as message_id,
    record ->> 'anonymousId' as anonymous_id,
    record ->> 'userId' as user_id,
    record ->> 'type' as type,
    record ->> 'event' as event,
    record #>> '{properties,device-orientation}' as device_orientation,
    record ->> 'originalTimestamp' as original_at,
    record ->> 'sentAt' as sent_at,
    record ->> 'receivedAt' as received_at
from src_edx.segment
