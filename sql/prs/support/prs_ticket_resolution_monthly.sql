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

calendar as (
    select
        max(known_until) as data_as_of,
        array_agg(month order by month) as months,
        array_agg(starts_at order by month) as starts_at
    from months
),

-- what comes after the moment up to which all is known has not happened yet
known_tickets as (
    select
        tickets.agent_id,
        tickets.was_reopened,
        licences.teacher_id is not null as is_from_seat_holder,
        date_part('epoch', tickets.solved_at - tickets.opened_at) / 60 as resolution_minutes,
        case
            when
                tickets.opened_at + tickets.first_reply_minutes * interval '1 minute'
                <= calendar.data_as_of
                then tickets.first_reply_minutes
        end as first_reply_minutes,
        calendar.months[width_bucket(tickets.opened_at, calendar.starts_at)] as opened_in,
        case
            when tickets.solved_at <= calendar.data_as_of
                then calendar.months[width_bucket(tickets.solved_at, calendar.starts_at)]
        end as solved_in
    from tickets
    inner join calendar on tickets.opened_at <= calendar.data_as_of
    -- nobody holds two at an instant
    left join licences
        on
            tickets.account_user_id = licences.teacher_id
            and tickets.opened_at <@ licences.held_during
),

opened as (
    select
        opened_in as month,
        coalesce(agent_id, 'all') as agent_id,
        count(*) as opened_tickets,
        count(*) filter (where was_reopened) as reopened_tickets,
        count(*) filter (where is_from_seat_holder) as tickets_from_seat_holders,
        percentile_cont(0.5) within group (order by first_reply_minutes)
            as median_first_reply_minutes,
        percentile_cont(0.9) within group (order by first_reply_minutes)
            as p90_first_reply_minutes
    from known_tickets
    group by grouping sets ((opened_in, agent_id), (opened_in))
),

solved as (
    select
        solved_in as month,
        coalesce(agent_id, 'all') as agent_id,
        count(*) as solved_tickets,
        percentile_cont(0.5) within group (order by resolution_minutes)
            as median_resolution_minutes
    from known_tickets
    where solved_in is not null
    group by grouping sets ((solved_in, agent_id), (solved_in))
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
    (
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
left join opened on months.month = opened.month and agents.agent_id = opened.agent_id
left join solved on months.month = solved.month and agents.agent_id = solved.agent_id
