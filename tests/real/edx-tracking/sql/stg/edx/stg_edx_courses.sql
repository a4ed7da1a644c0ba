select
    record ->> 'key' as course_id,
    record ->> 'title' as title
from src_edx.courses
