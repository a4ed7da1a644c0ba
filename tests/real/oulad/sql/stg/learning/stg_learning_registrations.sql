select
    record ->> 'code_module' as module,
    record ->> 'code_presentation' as presentation,
    record ->> 'id_student' as student_id,
    record ->> 'date_registration' as registered_on_day,
    record ->> 'date_unregistration' as unregistered_on_day
from src_learning.registrations
