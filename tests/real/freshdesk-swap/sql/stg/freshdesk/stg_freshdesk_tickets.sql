select
    record ->> 'id' as ticket_id,
    record ->> 'requester_id' as requester_id,
    record ->> 'responder_id' as agent_id,
    record ->> 'subject' as subject,
    -- 2 open, 3 pending, 4 resolved, 5 closed; each account adds its own from 6 on
    case record ->> 'status'
        when '2' then 'open'
        when '3' then 'pending'
        when '4' then 'solved'
        when '5' then 'closed'
        else record ->> 'status'
    end as status,
    record ->> 'deleted' as deleted,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at,
    record #>> '{stats,resolved_at}' as resolved_at
from src_freshdesk.tickets
