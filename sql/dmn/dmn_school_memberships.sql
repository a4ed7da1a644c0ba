with

memberships as (
    select
        id,
        user_id::text as teacher_id,
        school_id::text as school_id,
        role,
        started_at,
        ended_at < started_at as ends_before_it_starts,
        case
            when ended_at is null or ended_at >= started_at then tstzrange(started_at, ended_at)
            else 'empty'
        end as entered
    from stg_backend.stg_backend_school_memberships
    where not is_deleted
),

-- the earlier start, then the smaller id, is the main school; of the others what it leaves
cut as (
    select
        memberships.*,
        tstzmultirange(memberships.entered) - coalesce(
            range_agg(memberships.entered) over (
                partition by memberships.teacher_id
                order by memberships.started_at, memberships.id
                rows between unbounded preceding and 1 preceding
            ),
            '{}'
        ) as pieces
    from memberships
),

pieces as (
    select
        cut.teacher_id,
        cut.school_id,
        cut.role,
        piece.during
    from cut
    cross join lateral unnest(cut.pieces) as piece (during)
    union all
    -- held, as it says nothing
    select
        cut.teacher_id,
        cut.school_id,
        cut.role,
        cut.entered as during
    from cut
    where cut.ends_before_it_starts
)

select
    -- keys
    pieces.teacher_id,
    pieces.during as member_during,
    pieces.school_id,

    -- text
    pieces.role
from pieces
