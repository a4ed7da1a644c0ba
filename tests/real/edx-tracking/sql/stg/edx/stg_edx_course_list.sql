select
    record ->> 'course_id' as course_id,
    record ->> 'name' as name,
    record ->> 'org' as organisation,
    record ->> 'start' as starts_at
from src_edx.course_list
