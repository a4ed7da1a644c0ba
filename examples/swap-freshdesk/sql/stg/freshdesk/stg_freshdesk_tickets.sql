select
    record ->> 'id' as ticket_id,
    record ->> 'requester_id' as requester_id,
    record ->> 'responder_id' as responder_id,
    record ->> 'status' as status,
    record ->> 'deleted' as was_deleted,
    record ->> 'spam' as is_spam,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at,
    record #>> '{stats,first_responded_at}' as first_responded_at,
    record #>> '{stats,reopened_at}' as reopened_at,
    record #>> '{stats,resolved_at}' as resolved_at,
    record #>> '{stats,closed_at}' as closed_at
from src_freshdesk.tickets
