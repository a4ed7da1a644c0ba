"""Descent: from the end of a query down to relations that it reads, and what stands above them."""

from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.optimizer.scope import Scope


@dataclass
class Descent:
    """From the end of a query down to the relations that feed it: what stands above them."""

    wanted: frozenset[str]
    met: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def down(self, scope: Scope) -> bool:
        """Whether rows of the wanted relations come through; notes what must not be above."""
        expression = scope.expression
        if isinstance(expression, exp.SetOperation):
            through = [self.down(branch) for branch in scope.set_operation_scopes]
            is_all = isinstance(expression, exp.Union) and not expression.args.get("distinct")
            if any(through) and not (is_all and all(through)):
                self._refuse("a set operation other than `union all` of fed rows")
            return any(through)
        here = [name for name, (_, source) in scope.selected_sources.items() if self._has(source)]
        if any(Descent(self.wanted).down(inner) for inner in scope.subquery_scopes):
            self._refuse("a subquery of a condition or a column")
        if here:
            self._look_at(scope, here)
        return bool(here)

    def _has(self, source: exp.Expr | Scope) -> bool:
        if isinstance(source, Scope):
            return self.down(source)
        if source.name in self.wanted:
            self.met.append(source.name)
            return True
        return False

    def _refuse(self, what: str) -> None:
        self.reasons.append(f"{' and '.join(sorted(self.wanted))} is under {what}")

    def _look_at(self, scope: Scope, here: list[str]) -> None:
        select = scope.expression
        for part, what in _PARTS.items():
            if select.args.get(part):
                self._refuse(what)
        if any(one.find_ancestor(exp.Select) is select for one in select.find_all(exp.Window)):
            self._refuse("a window")
        elif any(one.find_ancestor(exp.Select) is select for one in select.find_all(exp.AggFunc)):
            self._refuse("an aggregate")
        for join in select.args.get("joins") or []:
            side, is_fed = join.side.upper(), join.alias_or_name in here
            if (is_fed and side == "LEFT") or side in ("RIGHT", "FULL"):
                self._refuse(f"a {side.lower()} join that gives rows without it")
        if any(table.args.get("joins") for table in select.find_all(exp.Table, exp.Paren)):
            self._refuse("a join inside of a join")
        if len(here) > 1:
            self._refuse("a join of fed rows with each other")


_PARTS = {
    "group": "an aggregate",
    "having": "an aggregate",
    "distinct": "a distinct",
    "limit": "a limit",
    "offset": "a limit",
    "laterals": "a lateral",
}
