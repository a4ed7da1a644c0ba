select
    record ->> 'id' as agent_id,
    record #>> '{contact,name}' as name,
    record #>> '{contact,active}' as is_active,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at
from src_freshdesk.agents
