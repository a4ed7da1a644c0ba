"""Touching: which rows of an incremental entity may differ from those that are published.

All others keep every rule and stand as they are; so only these are judged and compared. They are
the fed ones, those held for a partner that is there now, and those whose partner no longer is.
"""

from layers import record, rules
from layers.candidates import candidate, held, touched
from layers.ddl import table
from layers.project import Project
from layers.relation import Relation
from layers.rules import LowerBound, ReferenceRule, UpperBound, columns, quoted
from layers.warehouse import Connection, one, text

WHOLE = 0  # no build has this number: its row says that all that is not touched is published


def is_narrow(connection: Connection, project: Project, relation: Relation) -> bool:
    """Whether all that is not touched is as it is published, and everything noted of it stands.

    It is so from a publication on, until a build or a check goes over all rows, or a crash of the
    server empties what is noted here. Rules that compare rows with each other, ask for rows below,
    or stand between two incremental entities, are asked of all rows.
    """
    if not relation.is_incremental or not _are_single(project, relation):
        return False
    if not _is_kept(connection, relation):
        return False
    published = one(
        connection, "select fingerprint from layers.published where unit = %s", relation.unit
    )
    if published is None or published[0] != record.fingerprint(project, relation.unit):
        return False
    noted = f"select exists (select from {touched(relation)} where layers_build_id = {WHOLE})"
    return bool(one(connection, text(noted))[0])


def widen(connection: Connection, relation: Relation) -> None:
    """Says that all rows of a candidate have to be judged and compared."""
    if relation.is_incremental and _is_kept(connection, relation):
        noted = f"delete from {touched(relation)} where layers_build_id = {WHOLE}"
        connection.execute(text(noted))


def _is_kept(connection: Connection, relation: Relation) -> bool:
    """Whether there is a place yet for what is touched; a build in full makes it."""
    return one(connection, "select to_regclass(%s)", touched(relation))[0] is not None


def _are_single(project: Project, relation: Relation) -> bool:
    found = rules.of(project, relation)
    if any(isinstance(rule, (UpperBound, LowerBound)) for rule in found):
        return False
    links = [rule for rule in found if isinstance(rule, ReferenceRule)]
    emptied = {name for link in links if link.empties for name in link.by}
    by = [name for link in links for name in link.by]
    if any(by.count(name) > 1 for name in emptied):
        return False  # what is published does not say any more which partner a row has
    return not any(link.period or project.relations[link.to].is_incremental for link in links)


def only(relation: Relation, build_id: int | None = None) -> str:
    """The touched rows of a candidate, with their places, in the form of a table."""
    return f"(select ctid, t.* from {candidate(relation)} t where {among(relation, 't', build_id)})"


def among(relation: Relation, alias: str, build_id: int | None = None) -> str:
    """Whether a row is touched, by its key; by one build, or since the last publication."""
    key = relation.contract.key
    since = f"= {build_id}" if build_id is not None else f"> {WHOLE}"
    asked = f"select {columns(key)} from {touched(relation)} where layers_build_id {since}"
    return f"({columns(key, alias)}) in ({asked})"


def reopen(
    connection: Connection,
    relation: Relation,
    build_id: int,
    rule: tuple[int, ReferenceRule],
    partner: tuple[str, str],
) -> None:
    """Touches rows held for a partner that may be there now, or that follow one that is not.

    `partner` is the other candidate, and the places in it that are held so far.
    """
    number, asked = rule
    other, gone = partner
    same = _same(asked, "o", "c")
    key = columns(relation.contract.key, "c")
    asking = (
        f"select {build_id}, {key} from {held(relation, build_id)} h"
        f" join {candidate(relation)} c on c.ctid = h.place left join {other} o on {same}"
        f" where h.rule = {number} and h.step > 1 and case when o.ctid is null"
        f" then not h.by_itself else h.by_itself or o.ctid not in {gone} end"
    )
    connection.execute(text(f"insert into {touched(relation)} {asking}"))


def judge_again(connection: Connection, relation: Relation, build_id: int) -> None:
    """Forgets what was decided of touched rows beyond their own rules."""
    connection.execute(
        text(
            f"delete from {held(relation, build_id)} where step > 1 and place in"
            f" (select ctid from {only(relation)} c)"
        )
    )


def orphans(
    connection: Connection,
    relation: Relation,
    build_id: int,
    rule: ReferenceRule,
    partner: tuple[Relation, str, str],
) -> int:
    """Touches rows whose published partner is held or gone now; how many.

    `partner` is the relation, its candidate, and the places in that which are held so far.
    """
    other, there, gone = partner
    keys = columns(rule.to_key)
    alive = " and ".join(f"o.{quoted(k)} = l.{quoted(k)}" for k in rule.to_key)
    connection.execute(text("drop table if exists pg_temp.layers_orphaned"))
    dead = connection.execute(
        text(
            f"create temporary table layers_orphaned on commit drop as select {keys} from"
            f" {table(other)} l where not exists (select from {there} o where {alive}"
            f" and o.ctid not in {gone})"
        )
    ).rowcount
    if not dead:
        return 0
    connection.execute(text("analyze pg_temp.layers_orphaned"))
    asking = (
        f"select {build_id}, {columns(relation.contract.key, 'e')} from {candidate(relation)} e"
        f" join pg_temp.layers_orphaned l on {_same(rule, 'l', 'e')}"
        f" where not {among(relation, 'e')}"
    )
    return connection.execute(text(f"insert into {touched(relation)} {asking}")).rowcount


def _same(rule: ReferenceRule, theirs: str, ours: str) -> str:
    names = zip(rule.by, rule.to_key, strict=True)
    return " and ".join(f"{theirs}.{quoted(t)} = {ours}.{quoted(o)}" for o, t in names)


def parents(relation: Relation, child: Relation, rule: LowerBound) -> str:
    """The rows of a relation whose rows in `child` may all have gone, or that were not published.

    All others have a row left that nobody touched.
    """
    key = relation.contract.key
    published = " and ".join(f"p.{quoted(k)} = t.{quoted(k)}" for k in key)
    losing = f"select {columns(rule.by, 'e')} from {table(child)} e where {among(child, 'e')}"
    return (
        f"(select ctid, t.* from {candidate(relation)} t where not exists"
        f" (select from {table(relation)} p where {published})"
        f" or ({columns(key, 't')}) in ({losing}))"
    )


def forget(connection: Connection, relation: Relation) -> None:
    """What was touched is published; nothing else differs from it."""
    if relation.is_incremental:
        connection.execute(text(f"delete from {touched(relation)}"))
        noted = f"insert into {touched(relation)} (layers_build_id) values ({WHOLE})"
        connection.execute(text(noted))
