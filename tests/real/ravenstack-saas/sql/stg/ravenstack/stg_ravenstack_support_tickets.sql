select
    record ->> 'ticket_id' as ticket_id,
    record ->> 'account_id' as account_id,
    record ->> 'priority' as priority,
    record ->> 'resolution_time_hours' as resolution_hours,
    record ->> 'first_response_time_minutes' as first_response_minutes,
    record ->> 'satisfaction_score' as satisfaction_score,
    record ->> 'escalation_flag' as is_escalated,
    record ->> 'submitted_at' as submitted_on,
    record ->> 'closed_at' as closed_at_text
from src_ravenstack.support_tickets
