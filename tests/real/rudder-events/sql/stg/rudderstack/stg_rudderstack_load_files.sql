select
    record ->> 'id' as id,
    record ->> 'test_string' as test_string,
    record ->> 'test_int' as test_int,
    record ->> 'test_float' as test_float,
    record ->> 'test_bool' as test_bool,
    record ->> 'test_datetime' as test_datetime,
    record ->> 'received_at' as received_at
from src_rudderstack.load_files
