select
    record ->> 'idx' as idx,
    record ->> 'str' as str
from src_awkward.weird_rows
