select
    record ->> 'code_module' as module,
    record ->> 'code_presentation' as presentation,
    record ->> 'module_presentation_length' as length_days
from src_learning.courses
