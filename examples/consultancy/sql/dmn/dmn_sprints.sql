select
    sprint_id,
    client_id,
    consultant_id,
    worked_days,
    fee_eur,
    started_on,
    ended_on
from stg_office.stg_office_sprints
where not is_deleted
