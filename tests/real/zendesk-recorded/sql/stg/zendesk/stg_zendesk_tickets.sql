select
    record ->> 'id' as ticket_id,
    record ->> 'requester_id' as requester_id,
    record ->> 'assignee_id' as assignee_id,
    record ->> 'subject' as subject,
    record ->> 'status' as status,
    record ->> 'priority' as priority,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at,
    record ->> 'generated_timestamp' as generated_at
from src_zendesk.tickets
