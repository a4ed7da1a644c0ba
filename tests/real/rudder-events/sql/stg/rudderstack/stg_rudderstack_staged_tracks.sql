select
    record #>> '{data,id}' as id,
    -- four rows of the pack have one id
    md5(record::text) as record_hash,
    record #>> '{data,event}' as event,
    record #>> '{data,event_text}' as event_text,
    record #>> '{data,user_id}' as user_id,
    record #>> '{data,original_timestamp}' as original_at,
    record #>> '{data,received_at}' as received_at
from src_rudderstack.staged_rows
where record #>> '{metadata,table}' = 'tracks'
