-- months have numbers, so that a term is not compared with each of them: it is asked once between
-- which month-ends it lies
with

months as materialized (
    select
        month,
        month_key,
        is_complete_month,
        month_end_at,
        row_number() over (order by month)::int as place
    from dmn.dmn_use_case_months
    where use_case = 'growth'
),

ends as materialized (
    select array_agg(month_end_at order by place) as at, count(*)::int as places from months
),

-- in microseconds, so that a term that begins at a month-end holds it, and one that ends does not
spans as (
    select
        terms.organisation_id,
        case
            when not terms.is_trial then terms.seats_purchased * terms.price_per_seat_month_eur
        end as mrr,
        width_bucket(lower(terms.term_during) - interval '1 microsecond', ends.at) + 1 as first,
        coalesce(
            width_bucket(upper(terms.term_during) - interval '1 microsecond', ends.at), ends.places
        ) as last
    from dmn.dmn_subscription_terms as terms
    cross join ends
),

month_ends as (
    select
        spans.organisation_id,
        place,
        round(coalesce(sum(spans.mrr), 0), 4) as mrr
    from spans
    cross join lateral generate_series(spans.first, spans.last) as place
    group by spans.organisation_id, place
),

customers as (
    select
        organisation_id,
        min(place) as first
    from month_ends
    where mrr > 0
    group by organisation_id
),

customer_months as (
    select
        months.month,
        months.month_key,
        months.is_complete_month,
        customers.organisation_id,
        month_ends.mrr is not null as is_active,
        months.place = customers.first as is_first,
        coalesce(month_ends.mrr, 0) as mrr,
        coalesce(lag(month_ends.mrr) over (
            partition by customers.organisation_id order by months.place
        ), 0) as opening
    from customers
    inner join months on months.place >= customers.first
    left join month_ends
        on month_ends.organisation_id = customers.organisation_id
        and month_ends.place = months.place
)

select
    month,
    month_key,
    organisation_id,
    is_complete_month,
    mrr > 0 as is_paying,
    is_active,
    mrr as mrr_eur,
    opening as opening_mrr_eur,
    case when is_first then mrr else 0 end as new_mrr_eur,
    case when opening = 0 and not is_first then mrr else 0 end as reactivation_mrr_eur,
    case when opening > 0 then greatest(mrr - opening, 0) else 0 end as expansion_mrr_eur,
    case when mrr > 0 then greatest(opening - mrr, 0) else 0 end as contraction_mrr_eur,
    case when mrr = 0 then opening else 0 end as churned_mrr_eur
from customer_months
