select
    record ->> 'RunType' as run_type,
    record ->> 'RunId' as run_id,
    record ->> 'URN' as urn,
    -- who keeps this writes the word NULL for nothing
    nullif(record ->> 'OverallPhase', 'NULL') as phase,
    nullif(record ->> 'KS4ProgressBanding', 'NULL') as ks4_banding,
    nullif(record ->> 'TotalInternalFloorArea', 'NULL') as floor_area_m2,
    nullif(record ->> 'TotalPupils', 'NULL') as pupils,
    nullif(record ->> 'TeachersFTE', 'NULL') as teachers_fte,
    nullif(record ->> 'PercentFreeSchoolMeals', 'NULL') as free_school_meals_percent,
    nullif(record ->> 'PercentWithOTH', 'NULL') as other_needs_percent,
    nullif(record ->> 'KS2Progress', 'NULL') as ks2_progress,
    nullif(record ->> 'HeadTeacherHeadcount', 'NULL') as headteachers
from src_dfe.non_financial
