select
    record ->> 'id_site' as site_id,
    record ->> 'code_module' as module,
    record ->> 'code_presentation' as presentation,
    record ->> 'activity_type' as activity_type,
    record ->> 'week_from' as week_from,
    record ->> 'week_to' as week_to
from src_learning.learning_sites
