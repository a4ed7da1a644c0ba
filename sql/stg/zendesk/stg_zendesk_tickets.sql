select
    record ->> 'id' as ticket_id,
    record ->> 'requester_id' as requester_id,
    record ->> 'assignee_id' as assignee_id,
    record ->> 'status' as status,
    record #>> '{metric_set,reply_time_in_minutes,calendar}' as first_reply_minutes,
    record #>> '{metric_set,reopens}' as reopens,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at,
    record #>> '{metric_set,solved_at}' as solved_at,
    record ->> 'generated_timestamp' as generated_timestamp
from src_zendesk.tickets
