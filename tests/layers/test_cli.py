"""The command `layers`, as somebody types it."""

import json
import shutil
from pathlib import Path

import pytest

from layers import cli
from tests.conftest import ROOT
from tests.layers.conftest import MakeShop
from tests.warehouse import Warehouse


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "sql" / "dmn")  # anywhere below the project will do


def an_agent(warehouse: Warehouse) -> None:
    warehouse.given(
        "stg_zendesk.stg_zendesk_users",
        """
        user_id | role  | active
        77      | agent | true
        """,
    )


def test_one_layer_is_run_and_its_status_told(
    warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    an_agent(warehouse)
    assert cli.main(["run", "--layer", "dmn"]) == 0
    said = capsys.readouterr().out
    assert "publish dmn" in said
    assert "load" not in said

    assert cli.main(["status", "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    rows = {one["relation"]: one["rows"] for one in status["relations"]}
    assert rows["dmn_support_agents"] == 1
    use_cases = ["acquisition", "engagement", "growth", "support"]
    assert sorted(status["behind"]) == [f"prs_{one}" for one in use_cases]

    assert cli.main(["run", "--layer", "prs"]) == 0
    assert cli.main(["status"]) == 0
    assert "Nobody is behind." in capsys.readouterr().out


def test_one_relation_is_built_and_published_with_its_layer(
    warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    an_agent(warehouse)
    assert cli.main(["run", "--relation", "dmn_support_agents"]) == 0
    told = [line.split()[:2] for line in capsys.readouterr().out.splitlines()]
    assert told[:2] == [["build", "dmn_support_agents"], ["check", "dmn_support_agents"]]
    assert told[2:] == [["settle", "dmn"], ["publish", "dmn"]]
    assert [row.agent_id for row in warehouse.rows("dmn_support_agents")] == ["77"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--source", "zendeks"],
            "no source 'zendeks'; there are backend, finance, hubspot, rudderstack, zendesk",
        ),
        (["--relation", "dmn_tickets"], "no relation 'dmn_tickets'; did you mean"),
    ],
)
@pytest.mark.usefixtures("warehouse")
def test_a_name_that_nobody_declared_is_told_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    assert cli.main(["run", *arguments]) == 1
    assert said in capsys.readouterr().err


def test_only_one_part_is_run_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", "--source", "zendesk", "--layer", "dmn"])
    assert ended.value.code == 2
    assert "not allowed with argument" in capsys.readouterr().err


def test_migrating_again_makes_nothing_and_repairs_a_right_that_was_taken(
    warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    warehouse.admin.execute("revoke usage on schema dmn from layers_presenter")
    assert cli.main(["migrate"]) == 0
    assert "everything is there" in capsys.readouterr().out
    warehouse.connect("presenter").execute("select from dmn.dmn_support_agents")


def test_a_folder_that_is_no_project_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--project", str(tmp_path), "check"]) == 1
    assert "is no project: it has no sql/project.yaml" in capsys.readouterr().err


def test_nothing_runs_on_top_of_a_mistake(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    warehouse: Warehouse,
) -> None:
    monkeypatch.delenv("LAYERS_STATE")
    shutil.copytree(ROOT / "sql", tmp_path / "sql")
    (tmp_path / "sql" / "dmn" / "dmn_web_users.sql").write_text("select 1 as one\n")
    assert cli.main(["--project", str(tmp_path), "run"]) == 1
    said = capsys.readouterr().err
    assert "sql/dmn/dmn_web_users.sql: does not give web_user_id" in said
    assert warehouse.query("select * from layers.builds") == []


# --- what is held --------------------------------------------------------------------------------


def test_of_many_held_rows_the_last_are_shown_and_how_many_there_are_besides(
    shop: MakeShop, capsys: pytest.CaptureFixture[str]
) -> None:
    till = shop({"sql/dmn/dmn_sales.yaml": {"key:": "hold_limit: none\n        key:"}})
    till.staged("ada | |", "\n".join(f"{n} | ada | | -1" for n in range(103)))
    till.build()
    till.only_settle()
    asked = ["--project", str(till.folder), "held", "dmn_sales"]

    assert cli.main(asked) == 0
    shown = capsys.readouterr().out
    assert cli.main([*asked, "--json"]) == 0
    everything = json.loads(capsys.readouterr().out)

    assert shown.count("nobody is paid for taking something") == 100
    assert "and 3 more, held before these: layers held dmn_sales --json" in shown
    assert {row["key"] for row in everything} == {str(n) for n in range(103)}


def test_whom_a_held_row_follows_is_not_told_where_it_is_personal(
    shop: MakeShop, capsys: pytest.CaptureFixture[str]
) -> None:
    personal = {"customer_id: {type: text}": "customer_id: {type: text, pii: true}"}
    till = shop({"sql/dmn/dmn_sales.yaml": personal})
    # two customers of one address are both held, and the sale with them
    till.staged("ada | same@ |\nbob | same@ |", "1 | ada | | 1")
    till.build()
    till.only_settle()

    assert cli.main(["--project", str(till.folder), "held", "dmn_sales", "--json"]) == 0

    (sale,) = json.loads(capsys.readouterr().out)
    assert (sale["key"], sale["follows"]) == ("1", "***")
