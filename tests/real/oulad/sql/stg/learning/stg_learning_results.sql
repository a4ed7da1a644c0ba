select
    record ->> 'id_assessment' as assessment_id,
    record ->> 'id_student' as student_id,
    record ->> 'date_submitted' as submitted_on_day,
    record ->> 'is_banked' as is_banked,
    record ->> 'score' as score
from src_learning.results
