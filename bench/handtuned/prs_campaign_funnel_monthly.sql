-- first and last events are the least and the greatest rows of each visitor (Postgres 18 has the
-- least of rows), found in one pass over events without a sort
with

months as materialized (
    select
        *,
        row_number() over (order by month)::int as place
    from dmn.dmn_use_case_months
    where use_case = 'acquisition'
),

calendar as materialized (
    select
        array_agg(starts_at order by place) as starts,
        max(known_until) as data_as_of
    from months
),

browsers as (
    select
        web_users.web_user_id,
        account_users.account_user_id,
        account_users.signed_up_at
    from dmn.dmn_web_users as web_users
    inner join dmn.dmn_account_users as account_users
        on account_users.account_user_id = web_users.account_user_id
        and coalesce(web_users.identified_at <= (select data_as_of from calendar), true)
),

-- browsers of nobody are visitors by themselves
visitors as (
    select
        browsers.account_user_id,
        case when browsers.account_user_id is null then events.web_user_id end as browser,
        max(browsers.signed_up_at) as signed_up_at,
        min(events.occurred_at) as began_at,
        min(row(events.occurred_at, events.event_id, events.campaign_id)) as first,
        max(row(events.occurred_at, events.event_id, events.campaign_id)) filter (
            where coalesce(events.campaign_name, events.campaign_id) <> ''
            and (
                browsers.signed_up_at is null
                or browsers.signed_up_at > (select data_as_of from calendar)
                or events.occurred_at < browsers.signed_up_at
            )
        ) as last
    from dmn.dmn_web_engagement_events as events
    left join browsers using (web_user_id)
    where events.occurred_at <= (select data_as_of from calendar)
    group by 1, 2
),

-- a seat is asked for only where somebody signed up in time: of others it does not count
outcomes as (
    select
        width_bucket(visitors.began_at, calendar.starts) as place,
        -- the third field of a row that has no type
        coalesce(to_jsonb(visitors.first) ->> 'f3', 'direct') as first_touch,
        coalesce(to_jsonb(visitors.last) ->> 'f3', 'direct') as last_touch,
        signed.up is not null as has_signed_up,
        exists (
            select from dmn.dmn_licences as licences
            where signed.up is not null
            and licences.teacher_id = visitors.account_user_id
            and licences.held_during && tstzrange(
                visitors.began_at,
                least(visitors.began_at + interval '2160 hours', calendar.data_as_of),
                '[]'
            )
        ) as has_seat
    from visitors
    cross join calendar
    left join lateral (
        select visitors.signed_up_at as up
        where visitors.signed_up_at <= calendar.data_as_of
        and visitors.signed_up_at >= visitors.began_at
        and visitors.signed_up_at <= visitors.began_at + interval '720 hours'
    ) as signed on true
),

-- once by both campaigns, of which there are few
pairs as materialized (
    select
        place,
        first_touch,
        last_touch,
        count(*) as web_users,
        count(*) filter (where has_signed_up) as signed_up,
        count(*) filter (where has_signed_up and has_seat) as seated
    from outcomes
    group by place, first_touch, last_touch
),

funnel as (
    select
        place,
        case when grouping(first_touch) = 0 then 'first_touch' else 'last_touch' end as attribution,
        coalesce(first_touch, last_touch) as campaign_id,
        sum(web_users) as web_users,
        sum(signed_up) as signed_up,
        sum(seated) as seated
    from pairs
    group by grouping sets ((place, first_touch), (place, last_touch))
),

campaigns as (
    select campaign_id from dmn.dmn_marketing_campaigns
    union all
    select 'direct'
)

select
    months.month,
    months.month_key,
    touches.attribution,
    campaigns.campaign_id,
    months.is_complete_month,
    months.ends_at + interval '2184 hours' <= (select data_as_of from calendar) as is_settled,
    coalesce(funnel.web_users, 0) as web_users,
    coalesce(funnel.signed_up, 0) as signed_up,
    coalesce(funnel.seated, 0) as seated,
    funnel.signed_up / nullif(funnel.web_users, 0) as sign_up_rate,
    funnel.seated / nullif(funnel.web_users, 0) as seat_rate,
    case when touches.attribution = 'first_touch'
        then coalesce(spend.spend_eur, 0) end as cost_eur,
    case when touches.attribution = 'first_touch'
        then coalesce(spend.spend_eur, 0) / nullif(funnel.signed_up, 0) end as cost_per_sign_up_eur
from months
cross join unnest(array['first_touch', 'last_touch']) as touches (attribution)
cross join campaigns
left join funnel
    on funnel.place = months.place
    and funnel.attribution = touches.attribution
    and funnel.campaign_id = campaigns.campaign_id
left join dmn.dmn_campaign_spend as spend
    on spend.month = months.month and spend.campaign_id = campaigns.campaign_id
