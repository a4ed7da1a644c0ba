select
    record ->> 'id' as agent_id,
    record #>> '{contact,name}' as name,
    record #>> '{contact,email}' as email,
    record #>> '{contact,active}' as active,
    record ->> 'created_at' as created_at,
    record ->> 'updated_at' as updated_at
from src_freshdesk.agents
