with

sprints as (
    select * from dmn.dmn_sprints
),

clients as (
    select * from dmn.dmn_clients
)

select
    -- keys
    date_trunc('month', sprints.started_on::timestamp)::date as month,
    sprints.client_id,

    -- text
    clients.name as client,

    -- quantities
    count(*) as sprints,
    sum(sprints.worked_days) as worked_days,
    sum(sprints.fee_eur) as fee_eur
from sprints
inner join clients on sprints.client_id = clients.client_id
group by date_trunc('month', sprints.started_on::timestamp)::date, sprints.client_id, clients.name
