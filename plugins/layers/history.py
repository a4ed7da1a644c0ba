"""History: how long the warehouse remembers what happened, and what it never forgets.

Builds with their checks, stagings, and the rows that publications changed go when they are older
than `keep_history`. Loads and publications stay: a row each, of which other records speak.
"""

from layers.project import Project
from layers.warehouse import Connection

# In the order of the numbers that builds have, everything before the first that still matters: the
# newest of each relation, those that it read, and those that are published.
_BUILDS = """
with relations as (select unnest(%(relations)s::text[]) as relation),
newest as (
    select b.build_id, b.candidates from relations r cross join lateral
    (select * from layers.builds b where b.relation = r.relation order by build_id desc limit 1) b
),
wanted as (
    select build_id from newest
    union all select value::bigint from newest cross join jsonb_each_text(candidates)
    union all select value::bigint from layers.published cross join jsonb_each_text(builds)
    where unit = %(unit)s and key = any(%(relations)s)
),
gone as (
    delete from layers.builds where unit = %(unit)s and built_at < now() - %(keep)s::interval
    and build_id < (select min(build_id) from wanted) returning build_id
)
delete from layers.checks c using gone where c.build_id = gone.build_id
"""
_DIFFERENCES = """
with old as (
    update layers.publications p set changes =
    (select jsonb_object_agg(key, value || '{"is_recorded": false}') from jsonb_each(p.changes))
    where unit = %(unit)s and published_at < now() - %(keep)s::interval
    and jsonb_path_exists(changes, '$.*.is_recorded ? (@ == true)')
    returning publication, changes
),
gone as (select publication, jsonb_object_keys(changes) as relation from old)
delete from layers.differences d using gone
where d.relation = gone.relation and d.publication = gone.publication
"""
_STAGINGS = """
delete from layers.stagings s where relation = any(%(relations)s)
and staged_at < now() - %(keep)s::interval and exists
(select from layers.stagings n where n.relation = s.relation and n.staged_at > s.staged_at
and n.to_load_id >= s.to_load_id)
"""


def forget(connection: Connection, project: Project, unit: str) -> None:
    """Forgets old builds and changed rows of a unit; a publication says that it no longer knows.

    In a transaction of its own.
    """
    relations = [relation.name for relation in project.units[unit]]
    said = {"unit": unit, "relations": relations, "keep": project.settings.keep_history}
    with connection.transaction():
        connection.execute(_BUILDS, said)
        connection.execute(_DIFFERENCES, said)


def forget_stagings(connection: Connection, project: Project, source: str) -> None:
    """Forgets old stagings of a source, but those that say how far a relation ever was staged."""
    relations = [relation.name for relation in project.staged_from(source)]
    said = {"relations": relations, "keep": project.settings.keep_history}
    connection.execute(_STAGINGS, said)
