with

tickets as (
    select * from stg_zendesk.stg_zendesk_tickets
),

requesters as (
    select user_id, external_id, email from stg_zendesk.stg_zendesk_users
),

account_users as (
    -- an address that two accounts claim, both of them held, decides nothing
    select
        email,
        min(account_user_id) as account_user_id
    from dmn.dmn_account_users
    group by email
    having count(*) = 1
)

select
    -- keys
    tickets.ticket_id,
    tickets.assignee_id as agent_id,
    -- older requesters carry no product id: the e-mail address decides
    coalesce(requesters.external_id, account_users.account_user_id) as account_user_id,

    -- text
    case tickets.status
        when 'new' then 'open'
        when 'hold' then 'pending'
        else tickets.status
    end as status,

    -- quantities
    tickets.first_reply_minutes,

    -- flags
    coalesce(tickets.reopens > 0, false) as was_reopened,

    -- times
    tickets.created_at as opened_at,
    case
        when tickets.status in ('solved', 'closed')
            then coalesce(tickets.solved_at, tickets.updated_at)
    end as solved_at
from tickets
left join requesters on tickets.requester_id = requesters.user_id
left join account_users on lower(requesters.email) = account_users.email
where not tickets.is_deleted
