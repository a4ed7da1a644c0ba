with

tickets as (
    select * from dmn.dmn_support_tickets
),

licences as (
    select teacher_id, held_during from dmn.dmn_licences
),

months as (
    select * from dmn.dmn_use_case_months
    where use_case = 'support'
),

agents as (
    select agent_id from dmn.dmn_support_agents
    union all
    select 'all' as agent_id
),

known as (
    select data_as_of from dmn.dmn_use_cases
    where use_case = 'support'
),

agent_tickets as (
    select
        grouped.agent_id,
        tickets.opened_at,
        tickets.solved_at,
        tickets.was_reopened,
        licences.teacher_id is not null as is_from_seat_holder,
        -- a reply after the moment up to which all is known has not happened yet
        case
            when
                tickets.opened_at + tickets.first_reply_minutes * interval '1 minute'
                <= known.data_as_of
                then tickets.first_reply_minutes
        end as known_reply_minutes
    from tickets
    cross join known
    -- nobody holds two at an instant
    left join licences
        on
            tickets.account_user_id = licences.teacher_id
            and tickets.opened_at <@ licences.held_during
    cross join lateral (values (tickets.agent_id), ('all')) as grouped (agent_id)
),

-- what was waiting already when the calendar begins
waiting as (
    select
        agent_tickets.agent_id,
        count(*) filter (
            where
            agent_tickets.solved_at is null
            or agent_tickets.solved_at >= (select min(months.starts_at) from months)
        ) as tickets
    from agent_tickets
    where agent_tickets.opened_at < (select min(months.starts_at) from months)
    group by agent_tickets.agent_id
),

opened as (
    select
        months.month,
        agent_tickets.agent_id,
        count(*) as opened_tickets,
        count(*) filter (where agent_tickets.was_reopened) as reopened_tickets,
        count(*) filter (where agent_tickets.is_from_seat_holder) as tickets_from_seat_holders,
        percentile_cont(0.5) within group (order by agent_tickets.known_reply_minutes)
            as median_first_reply_minutes,
        percentile_cont(0.9) within group (order by agent_tickets.known_reply_minutes)
            as p90_first_reply_minutes
    from months
    inner join agent_tickets
        on
            months.starts_at <= agent_tickets.opened_at
            and months.month_end_at >= agent_tickets.opened_at
    group by months.month, agent_tickets.agent_id
),

solved as (
    select
        months.month,
        agent_tickets.agent_id,
        count(*) as solved_tickets,
        percentile_cont(0.5) within group (
            order by extract(epoch from agent_tickets.solved_at - agent_tickets.opened_at) / 60
        ) as median_resolution_minutes
    from months
    inner join agent_tickets
        on
            months.starts_at <= agent_tickets.solved_at
            and months.month_end_at >= agent_tickets.solved_at
    group by months.month, agent_tickets.agent_id
)

select
    -- keys
    months.month,
    months.month_key,
    agents.agent_id,

    -- flags
    months.is_complete_month,

    -- quantities
    coalesce(opened.opened_tickets, 0) as opened_tickets,
    coalesce(solved.solved_tickets, 0) as solved_tickets,
    coalesce(waiting.tickets, 0) + (
        sum(coalesce(opened.opened_tickets, 0) - coalesce(solved.solved_tickets, 0))
            over (partition by agents.agent_id order by months.month)
    )::bigint as backlog_tickets,
    coalesce(opened.reopened_tickets, 0) as reopened_tickets,
    coalesce(opened.tickets_from_seat_holders, 0) as tickets_from_seat_holders,
    opened.median_first_reply_minutes::numeric as median_first_reply_minutes,
    opened.p90_first_reply_minutes::numeric as p90_first_reply_minutes,
    solved.median_resolution_minutes::numeric as median_resolution_minutes
from months
cross join agents
left join waiting on agents.agent_id = waiting.agent_id
left join opened on months.month = opened.month and agents.agent_id = opened.agent_id
left join solved on months.month = solved.month and agents.agent_id = solved.agent_id
