"""Reading a project's `sql/` folder: every file, every mistake at once.

A file that is wrong takes itself out, not the project, so that the DAGs of everything else go on
and the mistake is shown where it belongs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from layers import asking, incremental, lint, refreshable
from layers import query as queries
from layers.contract import KINDS
from layers.declared import named, parse, read_yaml
from layers.errors import ProjectError
from layers.project import Problem, Project, Settings, UseCase
from layers.relation import Relation
from layers.sources import declare

BUILT_IN = Path(__file__).parent / "stg_layers"


def load(root: Path) -> Project:
    """The project below `root`, with its mistakes as `problems`."""
    return _Reading(root).project()


class _Reading:
    """One reading of a project's files; collects problems on the way."""

    def __init__(self, root: Path) -> None:
        self.sql = root / "sql"
        self.root = root
        self.problems: list[Problem] = []
        self.broken: set[str] = set()

    def project(self) -> Project:
        settings = self._settings()
        sources = dict(self._declared("src", declare))
        use_cases = dict(self._declared("prs", lambda c, f: parse(UseCase, c, f)))
        relations = self._relations()
        for file, said in asking.problems(use_cases, sources, relations):
            self.problems.append(Problem(file, said))
        for relation in relations.values():
            found = lint.problems(relation, relations, sources, self.broken)
            self.problems.extend(Problem(file, said) for file, said in found)
        ordered = self._ordered(relations)
        project = Project(settings, sources, use_cases, ordered)
        if not self.problems:
            for relation in ordered.values():
                wrong = (
                    *incremental.problems(project, relation),
                    *refreshable.problems(project, relation),
                )
                self.problems.extend(Problem(relation.file, said) for said in wrong)
        return replace(project, problems=tuple(self.problems))

    def _settings(self) -> Settings:
        path = self.sql / "project.yaml"
        if not path.exists():
            raise ProjectError(
                f"{self.root}: is no project: it has no sql/project.yaml; "
                "go to the project's folder, or name it with --project"
            )
        return parse(Settings, read_yaml(path, "sql/project.yaml"), "sql/project.yaml")

    def _declared(self, folder: str, read: Any) -> Iterator[tuple[str, Any]]:
        for path in _files(self.sql / folder, "*.yaml"):
            file = self._shown(path)
            try:
                named(path.stem, file)
                if folder == "prs" and path.stem == "candidates":
                    raise ProjectError(f"{file}: prs_candidates is the engine's own schema; rename")
                yield path.stem, read(read_yaml(path, file), file)
            except ProjectError as error:
                self._failed(file, error)

    def _relations(self) -> dict[str, Relation]:
        found: dict[str, Relation] = {}
        for path in self._contract_files():
            file = self._shown(path)
            try:
                relation = self._relation(path, file)
            except ProjectError as error:
                self._failed(file, error)
                self.broken.add(path.stem)
                continue
            if other := found.get(relation.name):
                message = f"is a second relation named {relation.name}; the first is {other.file}"
                self.problems.append(Problem(file, message))
            else:
                found[relation.name] = relation
        self._queries_without_contract()
        return found

    def _contract_files(self) -> list[Path]:
        folders = (self.sql / "stg", self.sql / "dmn", self.sql / "prs")
        files = [path for folder in folders for path in _files(folder, "**/*.yaml")]
        return _files(BUILT_IN, "*.yaml") + [p for p in files if p.parent != self.sql / "prs"]

    def _queries_without_contract(self) -> None:
        for path in _files(self.sql, "**/*.sql"):
            if not path.with_suffix(".yaml").exists():
                message = f"has no contract beside it; wanted {path.with_suffix('.yaml').name}"
                self.problems.append(Problem(self._shown(path), message))

    def _relation(self, path: Path, file: str) -> Relation:
        layer, folder = self._place(path, file)
        content = read_yaml(path, file)
        contract = parse(KINDS[layer], content, file)
        written = path.with_suffix(".sql")
        text = self._text(written) if written.exists() else None
        # A semicolon ends the query for psql; inside a statement of ours it would end that.
        text = text.rstrip().removesuffix(";").rstrip() if text is not None else None
        shown = self._shown(written)
        relation = Relation(path.stem, layer, folder, file, contract, content)
        if text is None:
            return relation
        tree = queries.read(text, shown)
        return replace(
            relation,
            query=text,
            references=queries.references(tree, shown),
            select_end=queries.select_end(text),
            picks=queries.picks(tree) if layer == "stg" else (),
            plain_picks=queries.plain_picks(tree) if layer == "stg" else (),
        )

    def _text(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ProjectError(f"{self._shown(path)}: is not UTF-8: {error}") from None

    def _place(self, path: Path, file: str) -> tuple[str, str]:
        if path.parent == BUILT_IN:
            return "stg", "layers"
        layer, *folders = path.relative_to(self.sql).parts[:-1]
        folder = folders[0] if folders else ""
        depth = {"stg": 1, "prs": 1, "dmn": 0}[layer]
        prefix = f"stg_{folder}_" if layer == "stg" else f"{layer}_"
        if len(folders) != depth:
            wanted = {"stg": "sql/stg/<source>/", "prs": "sql/prs/<use case>/", "dmn": "sql/dmn/"}
            raise ProjectError(f"{file}: is not where contracts of its layer are: {wanted[layer]}")
        if not path.stem.startswith(prefix):
            raise ProjectError(f"{file}: wanted a name that begins with {prefix}")
        named(path.stem, file)
        return layer, folder

    def _ordered(self, relations: Mapping[str, Relation]) -> dict[str, Relation]:
        sorter = TopologicalSorter(
            {name: sorted(r.reads & relations.keys()) for name, r in sorted(relations.items())}
        )
        ordered: list[str] = []
        try:
            sorter.prepare()
            while ready := sorted(sorter.get_ready()):
                ordered += ready
                sorter.done(*ready)
            return {name: relations[name] for name in ordered}
        except CycleError as error:
            cycle = list(reversed(error.args[1]))
            said = f"reads itself in a circle: {' reads '.join(cycle)}"
            self.problems.append(Problem(relations[cycle[0]].file, said))
            return dict(sorted(relations.items()))

    def _failed(self, file: str, error: ProjectError) -> None:
        written = file.removesuffix(".yaml") + ".sql"
        for line in str(error).splitlines():
            found = written if line.startswith(f"{written}: ") else file
            self.problems.append(Problem(found, line.removeprefix(f"{found}: ")))

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self.root if path.is_relative_to(self.root) else BUILT_IN))


def _files(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder, and not what an editor leaves beside them: links that lead nowhere."""
    return sorted(path for path in folder.glob(pattern) if path.is_file())
