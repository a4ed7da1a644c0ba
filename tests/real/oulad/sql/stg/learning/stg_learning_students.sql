select
    record ->> 'code_module' as module,
    record ->> 'code_presentation' as presentation,
    record ->> 'id_student' as student_id,
    record ->> 'gender' as gender,
    record ->> 'region' as region,
    record ->> 'highest_education' as highest_education,
    record ->> 'imd_band' as imd_band,
    record ->> 'age_band' as age_band,
    record ->> 'num_of_prev_attempts' as previous_attempts,
    record ->> 'studied_credits' as studied_credits,
    record ->> 'disability' as disability,
    record ->> 'final_result' as final_result
from src_learning.students
