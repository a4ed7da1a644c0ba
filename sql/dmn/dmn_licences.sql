with

assignments as (
    select
        id,
        seat_id,
        user_id::text as teacher_id,
        assigned_at,
        released_at < assigned_at as ends_before_it_begins,
        case
            when released_at is null or released_at >= assigned_at
                then tstzrange(assigned_at, released_at)
            else 'empty'
        end as assigned_during
    from stg_backend.stg_backend_seat_assignments
    where not is_deleted
),

seats as (
    select
        id,
        subscription_id::text as subscription_id,
        seat_type,
        -- unknown types are held, and stand behind all others
        coalesce(array_position(array['admin', 'full', 'viewer'], seat_type), 4) as place
    from stg_backend.stg_backend_seats
    where not is_deleted
),

-- terms that follow one another are one span; those in another currency are held
covered as (
    select
        subscription_id,
        currency = 'EUR' as is_in_euro,
        range_agg(term_during) as terms_during
    from dmn.dmn_subscription_terms
    group by subscription_id, currency = 'EUR'
),

assigned as (
    select
        assignments.*,
        seats.id is null as has_no_seat,
        seats.subscription_id,
        seats.seat_type,
        coalesce(seats.place, 5) as place
    from assignments
    left join seats on assignments.seat_id = seats.id
),

parts as (
    select
        assigned.*,
        case when covered.is_in_euro then 1 else 2 end as turn,
        -- without a seat that we know it is held as it is
        case
            when assigned.has_no_seat then tstzmultirange(assigned.assigned_during)
            else tstzmultirange(assigned.assigned_during) * covered.terms_during
        end as during
    from assigned
    left join covered on assigned.subscription_id = covered.subscription_id
    where covered.subscription_id is not null or assigned.has_no_seat
),

-- each takes what better ones leave; what is held with its term takes from no other
cut as (
    select
        parts.*,
        parts.during - coalesce(
            range_agg(parts.during) over (
                partition by parts.teacher_id
                order by parts.turn, parts.place, parts.assigned_at, parts.seat_id, parts.id
                rows between unbounded preceding and 1 preceding
            ),
            '{}'
        ) as pieces
    from parts
),

licences as (
    select
        cut.teacher_id,
        piece.during,
        cut.subscription_id,
        cut.seat_id,
        cut.seat_type,
        cut.assigned_at
    from cut
    cross join lateral unnest(cut.pieces) as piece (during)
    union all
    -- held, as it says nothing
    select
        assigned.teacher_id,
        assigned.assigned_during as during,
        assigned.subscription_id,
        assigned.seat_id,
        assigned.seat_type,
        assigned.assigned_at
    from assigned
    where assigned.ends_before_it_begins
)

select
    -- keys
    licences.teacher_id,
    licences.during as held_during,
    licences.subscription_id,
    licences.seat_id::text as seat_id,

    -- text
    licences.seat_type,

    -- times
    licences.assigned_at
from licences
