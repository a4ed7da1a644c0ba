"""The folder `looker/`: what is made, what a person adds, and that other parsers read it too."""

import os
import subprocess
import sys
from pathlib import Path

import lkml
import pytest

from layers import cli, reading
from layers.lookml import folder
from layers.project import Project
from tests.conftest import ROOT
from tests.looker import node, style
from tests.looker.asking import Explore

OURS = ROOT / "looker"
COMMAND = "import sys; from layers.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def copy(tmp_path: Path, example: Project) -> Path:
    """A folder of its own with the example's LookML as it is made."""
    folder.write(example, tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def parser(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return node.installed(tmp_path_factory.mktemp("parser"))


def test_the_folder_is_what_the_contracts_say_now(example: Project) -> None:
    assert folder.differences(example, ROOT) == []


@pytest.mark.parametrize("seed", ["1", "2"])
def test_it_is_the_same_whatever_the_order_of_sets(seed: str) -> None:
    environment = os.environ | {
        "PYTHONHASHSEED": seed,
        "PYTHONPATH": os.pathsep.join((str(ROOT / "plugins"), str(ROOT))),
    }
    command = [sys.executable, "-c", COMMAND, "--project", str(ROOT), "lookml", "--check"]

    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


def test_there_is_a_view_and_an_explore_for_each_table_and_a_datagroup_for_each_use_case(
    example: Project, made: dict[str, str]
) -> None:
    tables = {name for name, one in example.relations.items() if one.layer == "prs"}
    own = ("freshness", "restatements")
    tables |= {f"prs_{name}_{what}" for name in example.use_cases for what in own}

    for kind in ("view", "explore"):
        names = [
            one["name"] for text in made.values() for one in lkml.load(text).get(f"{kind}s", [])
        ]
        assert sorted(names) == sorted(tables)
    (model,) = (lkml.load(text) for path, text in made.items() if path.endswith(".model.lkml"))
    triggered = {group["name"]: group for group in model["datagroups"]}
    assert triggered.keys() == {f"prs_{name}_publication" for name in example.use_cases}
    assert triggered["prs_support_publication"]["max_cache_age"] == "7200 seconds"  # 2 hours


def test_all_that_is_included_is_there(made: dict[str, str]) -> None:
    paths = [Path(path) for path in [*made, "refinements/example.lkml"]]

    for text in made.values():
        for pattern in lkml.load(text).get("includes", []):
            assert any(path.match(pattern.removeprefix("/")) for path in paths), pattern


def test_what_lkml_reads_is_what_was_meant(example: Project, made: dict[str, str]) -> None:
    meant = folder.content(example)
    # the quotes of a name, which lkml does not write by itself, are gone when it is read
    meant["manifest.lkml"]["project_name"] = "example"

    assert {path: lkml.load(text) for path, text in made.items()} == meant


def test_lookers_other_parser_reads_it_without_an_error(
    parser: list[str], explores: dict[str, Explore]
) -> None:
    found = node.parsed(parser, OURS)

    assert "errors" not in found
    model = found["model"]["example"]
    assert model["explore"].keys() == explores.keys()
    assert model["view"]["prs_mrr_monthly"]["measure"]["mrr_eur"]["required_fields"] == ["month"]


def test_lookers_other_parser_tells_of_a_file_that_is_broken(parser: list[str], copy: Path) -> None:
    path = copy / "looker" / "views" / "prs_mrr_monthly.view.lkml"
    path.write_text(path.read_text().replace("dimension: month {", "dimension: month"))

    assert node.parsed(parser, copy / "looker")["errors"]


def test_it_keeps_the_rules_of_lookers_style_guide(made: dict[str, str]) -> None:
    assert style.breaches(made) == set()


ALONE = "view: a { dimension: pk1_b { hidden: yes primary_key: yes sql: ${TABLE}.b ;; } FIELD }"
BREACHES = {
    "K1": "view: a { dimension: pk2_b { hidden: yes primary_key: yes sql: ${TABLE}.b ;; } }",
    "K3": "view: a { dimension: c { hidden: yes sql: c ;; }"
    " dimension: pk1_b { hidden: yes primary_key: yes sql: b ;; } }",
    "K4": 'view: a { dimension: pk1_b { description: "b" primary_key: yes sql: b ;; } }',
    "K7": "view: a { dimension: pk1_b { hidden: yes sql: b ;; } }",
    "K8": "view: a { dimension: pk2_b { hidden: yes sql: b ;; } dimension: pk2_c { hidden: yes"
    " sql: c ;; } dimension: key { hidden: yes primary_key: yes sql: ${pk2_b} ;; } }",
    "F1": ALONE.replace("FIELD", "dimension: c { hidden: yes sql: ${other.c} ;; }"),
    "F2": ALONE.replace("FIELD", 'dimension: c { hidden: yes view_label: "x" sql: c ;; }'),
    "F3": ALONE.replace("FIELD", "measure: c { hidden: yes type: count }"),
    "F4": ALONE.replace("FIELD", "measure: c { type: sum sql: c ;; }"),
    "E7": 'explore: a { persist_for: "1 minute" label: "A name of twenty-six letters" }',
    "T1": "explore: a { persist_with: nobody }",
}


@pytest.mark.parametrize("rule", BREACHES)
def test_each_rule_of_the_style_guide_can_be_broken(rule: str) -> None:
    found = {rule for rule, _ in style.breaches({"a.lkml": BREACHES[rule]})}

    assert rule in found
    assert found <= {rule, "W1"}


def test_a_block_that_is_not_indented_breaks_the_style_guide() -> None:
    assert style.breaches({"a.lkml": "test: a {\nassert: b {\n}\n}"}) == {("W1", "a.lkml")}


def test_what_a_person_refines_is_never_written_again(copy: Path, example: Project) -> None:
    mine = copy / "looker" / "refinements" / "example.lkml"
    mine.write_text("view: +prs_mrr_monthly {}\n")

    assert folder.write(example, copy) == []
    assert mine.read_text() == "view: +prs_mrr_monthly {}\n"
    mine.rename(mine.with_name("by_ada.view.lkml"))
    assert folder.write(example, copy) == []
    assert folder.differences(example, copy) == []


def test_a_view_whose_table_is_gone_goes_and_a_file_of_somebody_else_stays(
    copy: Path, example: Project
) -> None:
    views = copy / "looker" / "views"
    (views / "prs_old.view.lkml").write_text(folder.HEADER + "view: prs_old {}\n")
    (views / "mine.view.lkml").write_text("view: mine {}\n")
    told = folder.differences(example, copy)

    folder.write(example, copy)

    assert told == ["looker/views/prs_old.view.lkml: is of no contract"]
    assert not (views / "prs_old.view.lkml").exists()
    assert (views / "mine.view.lkml").exists()


def test_the_command_says_which_file_is_not_as_the_contracts_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sql").symlink_to(ROOT / "sql")
    run = ["--project", str(tmp_path), "lookml"]
    assert cli.main(run) == 0
    assert cli.main([*run, "--check"]) == 0
    (tmp_path / "looker" / "manifest.lkml").write_text("edited\n")
    capsys.readouterr()

    assert cli.main([*run, "--check"]) == 1
    assert capsys.readouterr().err == "looker/manifest.lkml: is not what the contracts say\n"
    assert cli.main(run) == 0
    assert cli.main([*run, "--check"]) == 0


def test_another_business_gets_its_own_lookml(parser: list[str], tmp_path: Path) -> None:
    (tmp_path / "sql").symlink_to(ROOT / "examples" / "consultancy" / "sql")

    folder.write(reading.load(tmp_path), tmp_path)

    found = node.parsed(parser, tmp_path / "looker")
    assert "errors" not in found
    assert sorted(found["model"]["consultancy"]["explore"]) == [
        "prs_income_freshness",
        "prs_income_monthly",
        "prs_income_restatements",
    ]
