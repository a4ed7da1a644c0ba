with

agents as (
    select agent_id, name, is_deleted from stg_freshdesk.stg_freshdesk_agents
)

select
    -- keys
    agents.agent_id,

    -- text
    agents.name,

    -- flags
    not agents.is_deleted as is_active
from agents
