with

tickets as (
    select * from stg_freshdesk.stg_freshdesk_tickets
),

requesters as (
    select contact_id, external_id, email from stg_freshdesk.stg_freshdesk_contacts
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
    tickets.responder_id as agent_id,
    -- older requesters carry no product id: the e-mail address decides
    coalesce(requesters.external_id, account_users.account_user_id) as account_user_id,

    -- text
    case tickets.status
        when 2 then 'open'
        when 3 then 'pending'
        when 4 then 'solved'
        when 5 then 'closed'
        -- desks make statuses of their own, numbered from 6, all of them waiting for somebody
        else 'pending'
    end as status,

    -- quantities
    floor(extract(epoch from tickets.first_responded_at - tickets.created_at) / 60)::bigint
        as first_reply_minutes,

    -- flags
    tickets.reopened_at is not null as was_reopened,

    -- times
    tickets.created_at as opened_at,
    case
        when tickets.status in (4, 5)
            then coalesce(tickets.resolved_at, tickets.closed_at, tickets.updated_at)
    end as solved_at
from tickets
left join requesters on tickets.requester_id = requesters.contact_id
left join account_users on lower(requesters.email) = account_users.email
where not tickets.is_deleted
