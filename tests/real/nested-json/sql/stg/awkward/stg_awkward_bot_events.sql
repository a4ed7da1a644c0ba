select
    record ->> 'sender_id' as sender_id,
    record ->> 'timestamp' as happened_at,
    record ->> 'event' as event,
    record ->> 'text' as text,
    record ->> 'metadata' as metadata
from src_awkward.bot_events
