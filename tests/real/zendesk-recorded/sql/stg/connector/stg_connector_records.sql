select
    record ->> 'stream' as stream,
    record #>> '{record,id}' as record_id,
    record #>> '{record,created_at}' as created_at
from src_connector.records
