-- each ticket is read once and grouped twice, by agent and of all together, in one pass
with

months as materialized (
    select
        *,
        row_number() over (order by month)::int as place
    from dmn.dmn_use_case_months
    where use_case = 'support'
),

calendar as materialized (
    select
        array_agg(starts_at order by place) as starts,
        max(known_until) as data_as_of
    from months
),

-- the place of a month is empty for what has not happened yet
tickets as materialized (
    select
        tickets.agent_id,
        case
            when tickets.opened_at <= calendar.data_as_of
                then width_bucket(tickets.opened_at, calendar.starts)
        end as opened,
        case
            when tickets.solved_at <= calendar.data_as_of
                then width_bucket(tickets.solved_at, calendar.starts)
        end as solved,
        tickets.was_reopened,
        licences.teacher_id is not null as is_from_seat_holder,
        case
            when tickets.opened_at + tickets.first_reply_minutes * interval '1 minute'
                <= calendar.data_as_of
                then tickets.first_reply_minutes
        end as reply,
        date_part('epoch', tickets.solved_at - tickets.opened_at) / 60 as resolution
    from dmn.dmn_support_tickets as tickets
    cross join calendar
    left join dmn.dmn_licences as licences
        on licences.teacher_id = tickets.account_user_id
        and licences.held_during @> tickets.opened_at
),

opened as (
    select
        opened as place,
        coalesce(agent_id, 'all') as agent_id,
        count(*) as tickets,
        count(*) filter (where was_reopened) as reopened,
        count(*) filter (where is_from_seat_holder) as from_seat_holders,
        percentile_cont(array[0.5, 0.9]) within group (order by reply) as replies
    from tickets
    where opened is not null
    group by grouping sets ((opened, agent_id), (opened))
),

solved as (
    select
        solved as place,
        coalesce(agent_id, 'all') as agent_id,
        count(*) as tickets,
        percentile_cont(0.5) within group (order by resolution) as resolution
    from tickets
    where solved is not null
    group by grouping sets ((solved, agent_id), (solved))
),

agents as (
    select agent_id from dmn.dmn_support_agents
    union all
    select 'all'
)

select
    months.month,
    months.month_key,
    agents.agent_id,
    months.is_complete_month,
    coalesce(opened.tickets, 0) as opened_tickets,
    coalesce(solved.tickets, 0) as solved_tickets,
    (
        sum(coalesce(opened.tickets, 0) - coalesce(solved.tickets, 0))
            over (partition by agents.agent_id order by months.place)
    )::bigint as backlog_tickets,
    coalesce(opened.reopened, 0) as reopened_tickets,
    coalesce(opened.from_seat_holders, 0) as tickets_from_seat_holders,
    opened.replies[1]::numeric as median_first_reply_minutes,
    opened.replies[2]::numeric as p90_first_reply_minutes,
    solved.resolution::numeric as median_resolution_minutes
from months
cross join agents
left join opened on opened.place = months.place and opened.agent_id = agents.agent_id
left join solved on solved.place = months.place and solved.agent_id = agents.agent_id
