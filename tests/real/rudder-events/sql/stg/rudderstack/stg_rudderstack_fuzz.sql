select
    record ->> 'i' as payload_id,
    record ->> 'payload_text' as payload
from src_rudderstack.fuzz
