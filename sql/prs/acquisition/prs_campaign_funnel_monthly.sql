with

months as (
    select * from dmn.dmn_use_case_months
    where use_case = 'acquisition'
),

calendar as (
    select
        max(known_until) as data_as_of,
        array_agg(month order by month) as months,
        array_agg(starts_at order by month) as starts_at
    from months
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

-- whose a browser is, and when they signed up, as far as it had happened; materialized, or Postgres
-- would ask it for each event
browsers as materialized (
    select
        web_users.web_user_id,
        account_users.account_user_id,
        case
            when account_users.signed_up_at <= calendar.data_as_of then account_users.signed_up_at
        end as signed_up_at,
        -- one of nobody stands for itself
        case
            when account_users.account_user_id is null then web_users.web_user_id
        end as lone_web_user_id
    from web_users
    cross join calendar
    left join account_users
        on
            web_users.account_user_id = account_users.account_user_id
            and coalesce(web_users.identified_at <= calendar.data_as_of, true)
),

visits as (
    select
        browsers.account_user_id,
        browsers.lone_web_user_id,
        browsers.signed_up_at,
        events.occurred_at,
        (events.occurred_at, events.event_id, events.campaign_id) as touch,
        events.has_campaign
        and coalesce(events.occurred_at < browsers.signed_up_at, true) as is_before_sign_up
    from events
    inner join browsers on events.web_user_id = browsers.web_user_id
    where events.occurred_at <= (select calendar.data_as_of from calendar)
),

-- of all visits in one pass, and without a sort: rows compare by their first fields
visitors as (
    select
        account_user_id,
        min(occurred_at) as first_at,
        min(touch) as first_touch,
        max(touch) filter (where is_before_sign_up) as last_touch,
        coalesce(
            signed_up_at between min(occurred_at) and min(occurred_at) + interval '720 hours',
            false
        ) as has_signed_up
    from visits
    group by account_user_id, lone_web_user_id, signed_up_at
),

-- materialized, or all of it would be asked for each of the two touches
outcomes as materialized (
    select
        calendar.months[width_bucket(visitors.first_at, calendar.starts_at)] as month,
        -- the third field of a row, as json calls it
        coalesce(to_jsonb(visitors.first_touch) ->> 'f3', 'direct') as first_touch,
        coalesce(to_jsonb(visitors.last_touch) ->> 'f3', 'direct') as last_touch,
        visitors.has_signed_up,
        visitors.has_signed_up and exists (
            select licences.teacher_id from licences
            where
                visitors.account_user_id = licences.teacher_id
                and tstzrange(
                    visitors.first_at,
                    least(visitors.first_at + interval '2160 hours', calendar.data_as_of),
                    '[]'
                ) && licences.held_during
        ) as is_seated
    from visitors
    cross join calendar
),

funnel as (
    select
        outcomes.month,
        touches.attribution,
        touches.campaign_id,
        count(*) as web_users,
        count(*) filter (where outcomes.has_signed_up) as signed_up,
        count(*) filter (where outcomes.is_seated) as seated
    from outcomes
    cross join
        lateral (
            values ('first_touch', outcomes.first_touch), ('last_touch', outcomes.last_touch)
        ) as touches (attribution, campaign_id)
    group by outcomes.month, touches.attribution, touches.campaign_id
)

select
    -- keys
    months.month,
    months.month_key,
    attributions.attribution,
    campaigns.campaign_id,

    -- flags
    months.is_complete_month,
    months.ends_at + interval '2184 hours' <= calendar.data_as_of as is_settled,

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
cross join calendar
cross join attributions
cross join campaigns
left join funnel
    on
        months.month = funnel.month
        and attributions.attribution = funnel.attribution
        and campaigns.campaign_id = funnel.campaign_id
left join spend on months.month = spend.month and campaigns.campaign_id = spend.campaign_id
