select
    record ->> 'number' as sprint_id,
    record ->> 'client' as client_id,
    record ->> 'lead' as consultant_id,
    record ->> 'days' as worked_days,
    record ->> 'fee' as fee_eur,
    record ->> 'starts' as started_on,
    record ->> 'ends' as ended_on
from src_office.sprints
