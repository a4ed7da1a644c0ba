select
    record ->> 'id_assessment' as assessment_id,
    record ->> 'code_module' as module,
    record ->> 'code_presentation' as presentation,
    record ->> 'assessment_type' as assessment_type,
    record ->> 'date' as due_on_day,
    record ->> 'weight' as weight_percent
from src_learning.assessments
