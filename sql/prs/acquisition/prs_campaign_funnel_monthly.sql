with

months as (
    select * from dmn.dmn_use_case_months
    where use_case = 'acquisition'
),

known as (
    select data_as_of, time_zone from dmn.dmn_use_cases
    where use_case = 'acquisition'
),

events as (
    select
        event_id,
        web_user_id,
        campaign_id,
        occurred_at,
        -- a name that marketing does not know is a campaign too
        coalesce(campaign_name, campaign_id, '') <> '' as has_campaign
    from dmn.dmn_web_engagement_events
),

web_users as (
    select * from dmn.dmn_web_users
),

account_users as (
    select account_user_id, signed_up_at from dmn.dmn_account_users
),

licences as (
    select * from dmn.dmn_licences
),

spend as (
    select * from dmn.dmn_campaign_spend
),

campaigns as (
    select campaign_id from dmn.dmn_marketing_campaigns
    union all
    select 'direct' as campaign_id
),

attributions as (
    select * from (values ('first_touch'), ('last_touch')) as attributions (attribution)
),

-- whose a browser is, and when they signed up, as far as it had happened
browsers as (
    select
        web_users.web_user_id,
        account_users.account_user_id,
        coalesce(account_users.account_user_id, 'browser ' || web_users.web_user_id) as visitor_id,
        case
            when account_users.signed_up_at <= known.data_as_of then account_users.signed_up_at
        end as signed_up_at
    from web_users
    cross join known
    left join account_users
        on
            web_users.account_user_id = account_users.account_user_id
            and coalesce(web_users.identified_at <= known.data_as_of, true)
),

visits as (
    select
        browsers.visitor_id,
        browsers.account_user_id,
        browsers.signed_up_at,
        events.event_id,
        events.campaign_id,
        events.has_campaign,
        events.occurred_at
    from events
    inner join browsers on events.web_user_id = browsers.web_user_id
    inner join known on events.occurred_at <= known.data_as_of
),

first_visits as (
    select distinct on (visitor_id)
        visitor_id,
        account_user_id,
        signed_up_at,
        campaign_id,
        occurred_at
    from visits
    order by visitor_id, occurred_at, event_id
),

last_touches as (
    select distinct on (visitor_id)
        visitor_id,
        campaign_id
    from visits
    where has_campaign and (signed_up_at is null or occurred_at < signed_up_at)
    order by visitor_id asc, occurred_at desc, event_id desc
),

seated as (
    select distinct first_visits.visitor_id
    from first_visits
    inner join known on true
    inner join licences
        on
            first_visits.account_user_id = licences.teacher_id
            and tstzrange(
                first_visits.occurred_at,
                least(first_visits.occurred_at + interval '2160 hours', known.data_as_of),
                '[]'
            ) && licences.held_during
),

visitors as (
    select
        date_trunc('month', first_visits.occurred_at at time zone known.time_zone)::date as month,
        coalesce(first_visits.campaign_id, 'direct') as first_touch,
        coalesce(last_touches.campaign_id, 'direct') as last_touch,
        coalesce(
            first_visits.signed_up_at between first_visits.occurred_at
            and first_visits.occurred_at + interval '720 hours',
            false
        ) as has_signed_up,
        seated.visitor_id is not null as has_seat
    from first_visits
    cross join known
    left join last_touches on first_visits.visitor_id = last_touches.visitor_id
    left join seated on first_visits.visitor_id = seated.visitor_id
),

funnel as (
    select
        visitors.month,
        touches.attribution,
        touches.campaign_id,
        count(*) as web_users,
        count(*) filter (where visitors.has_signed_up) as signed_up,
        count(*) filter (where visitors.has_signed_up and visitors.has_seat) as seated
    from visitors
    cross join
        lateral (
            values ('first_touch', visitors.first_touch), ('last_touch', visitors.last_touch)
        ) as touches (attribution, campaign_id)
    group by visitors.month, touches.attribution, touches.campaign_id
)

select
    -- keys
    months.month,
    months.month_key,
    attributions.attribution,
    campaigns.campaign_id,

    -- flags
    months.is_complete_month,
    months.ends_at + interval '2184 hours' <= known.data_as_of as is_settled,

    -- quantities
    coalesce(funnel.web_users, 0) as web_users,
    coalesce(funnel.signed_up, 0) as signed_up,
    coalesce(funnel.seated, 0) as seated,
    funnel.signed_up::numeric / nullif(funnel.web_users, 0) as sign_up_rate,
    funnel.seated::numeric / nullif(funnel.web_users, 0) as seat_rate,
    case attributions.attribution
        when 'first_touch' then coalesce(spend.spend_eur, 0)
    end as cost_eur,
    case attributions.attribution
        when 'first_touch' then coalesce(spend.spend_eur, 0) / nullif(funnel.signed_up, 0)
    end as cost_per_sign_up_eur
from months
cross join known
cross join attributions
cross join campaigns
left join funnel
    on
        months.month = funnel.month
        and attributions.attribution = funnel.attribution
        and campaigns.campaign_id = funnel.campaign_id
left join spend on months.month = spend.month and campaigns.campaign_id = spend.campaign_id
