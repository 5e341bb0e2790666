"""The dashboards are what their source writes, and each name in them is a metric of ours."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from monitoring import celery_names, metrics
from monitoring.grafana.__main__ import FOLDER, main, texts
from monitoring.grafana.panels import TAG, WIDTH, named
from monitoring.grafana.roles import ROLES, role_boards
from tasks.catalogue import jobs
from tasks.declaration import Audience
from tasks.domain.findings import Formula
from tasks.domain.texts import Text
from tests.monitoring.expressions import MONITORING, filled, of_recording_rules
from tests.monitoring.test_rules import needs_tools, passes

SUFFIXES = ("_total", "_bucket", "_sum", "_count", "")
ALL: Final[tuple[Any, ...]] = tuple(json.loads(text) for text in texts().values())
each_board = pytest.mark.parametrize("board", ALL, ids=lambda board: board["uid"])


def test_the_files_are_up_to_date() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert there == texts(), "run `python -m monitoring.grafana`"


def test_they_can_be_written_elsewhere(tmp_path: Path) -> None:
    main(str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == set(texts())


@each_board
def test_panels_have_their_own_number_and_their_own_place(board: Any) -> None:
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= WIDTH
        taken |= cells


@each_board
def test_every_variable_that_a_panel_uses_can_be_chosen(board: Any) -> None:
    used = set(re.findall(r"\$\{?([a-z_]+)", json.dumps(board["panels"]))) - {"__rate_interval"}
    assert used == {variable["name"] for variable in board["templating"]["list"]}


@each_board
def test_every_board_leads_to_the_others_with_what_was_chosen(board: Any) -> None:
    (link,) = board["links"]
    assert (link["type"], link["includeVars"], link["keepTime"]) == ("dashboards", True, True)
    assert "placement" not in link
    assert link["tags"] == [TAG]
    assert TAG in board["tags"]


@each_board
def test_nothing_is_red_but_by_a_limit_of_ours(board: Any) -> None:
    for panel in board["panels"]:
        if panel["type"] != "row":
            steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
            assert steps[0] == {"value": None, "color": "green"}


@each_board
def test_no_company_is_shown_by_its_id_alone(board: Any) -> None:
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            by_company = re.search(r"by \([^)]*company_id", target["expr"])
            if by_company or "{{company_id}}" in target["legendFormat"]:
                assert "group_left (company) fleet_company_info" in target["expr"], panel["title"]
                assert "{{company}}" in target["legendFormat"] or panel["type"] == "table"
    for variable in board["templating"]["list"]:
        if variable["name"] == "company_id":
            sample = '{__name__="fleet_company_info", company="Nord & Wind", company_id="2"} 1 0'
            found = re.search(variable["regex"].strip("/").replace("?<", "?P<"), sample)
            assert found is not None
            assert found.groupdict() == {"text": "Nord & Wind", "value": "2"}


@needs_tools
def test_names_are_joined_and_a_company_without_one_is_kept(tmp_path: Path) -> None:
    info = 'fleet_company_info{company="Nord",company_id="1",tenant="a"}'
    lines = [
        {"series": info, "values": "1"},
        {"series": 'hours{company_id="1",job="x",tenant="a"}', "values": "7"},
        {"series": 'hours{company_id="1",job="y",tenant="b"}', "values": "8"},
    ]
    expected = [
        {"labels": '{company="Nord",company_id="1",job="x",tenant="a"}', "value": 7},
        {"labels": '{company_id="1",job="y",tenant="b"}', "value": 8},
    ]
    asked = {"expr": named("sum by (tenant, company_id, job) (hours)"), "eval_time": "0s"}
    test = {"input_series": lines, "promql_expr_test": [{**asked, "exp_samples": expected}]}
    file = tmp_path / "named.yml"
    file.write_text(json.dumps({"tests": [test]}), encoding="utf-8")
    assert "SUCCESS" in passes(["promtool", "test", "rules", str(file)])


def test_uids_and_titles_are_unique() -> None:
    assert (
        len({board["uid"] for board in ALL}) == len({board["title"] for board in ALL}) == len(ALL)
    )


def test_panels_name_metrics_and_measures_that_are_declared() -> None:
    declared = {
        value.name + suffix
        for value in (*vars(metrics).values(), *vars(celery_names).values())
        if isinstance(value, metrics.Metric)
        for suffix in SUFFIXES
    }
    measures = {f"fleet_{f.measure}" for job in jobs().values() for f in job.formulas}
    recorded = {one.text for one in of_recording_rules()}
    for board in ALL:
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                names = set(re.findall(r"\b(?:fleet|celery)_[a-z0-9_]+", filled(target["expr"])))
                names -= declared | measures
                assert not {n for n in names if not any(n in r for r in recorded)}, panel["title"]


def test_every_role_that_a_job_names_has_a_board() -> None:
    there = {role.name for role in ROLES}
    for job in jobs().values():
        assert job.role in there or job.role == Audience.OPS, job.name
        for formula in job.formulas:
            for panel in formula.panels:
                assert set(panel.boards) <= there, f"{job.name}: {formula.measure}"


def test_a_new_job_appears_on_the_board_of_its_role() -> None:
    new = replace(
        next(iter(jobs().values())),
        name="late_bills",
        title=Text("Late bills"),
        audience=Audience.PERSON,
        owner="finance",
        formulas=(Formula("late_bills_hours", "hours on bills that are late"),),
    )
    for board in role_boards((*jobs().values(), new)):
        text = json.dumps(board, cls=JSONEncoder)
        assert ("late_bills" in text) == (board.uid == "fleet-finance")
    panels = {panel["title"]: panel for panel in json.loads(_finance(new))["panels"]}
    shown = panels["Late bills hours"]
    assert shown["description"] == "hours on bills that are late"
    assert shown["fieldConfig"]["defaults"]["unit"] == "h"
    assert "sum by (tenant, company_id) (fleet_late_bills_hours{" in shown["targets"][0]["expr"]
    assert 'job=~"late_bills"' in panels["Open cases by job"]["targets"][0]["expr"]


def _finance(job: Any) -> str:
    (board,) = (board for board in role_boards((job,)) if board.uid == "fleet-finance")
    return json.dumps(board, cls=JSONEncoder)


def test_no_source_of_a_board_names_a_job() -> None:
    for file in FOLDER.parent.glob("*.py"):
        words = set(re.findall(r"\w+", file.read_text(encoding="utf-8")))
        assert not words & set(jobs()), file.name


@needs_tools
def test_a_share_of_what_was_measured_is_nothing_and_of_the_unknown_no_data(tmp_path: Path) -> None:
    (board,) = (board for board in ALL if board["uid"] == "fleet-accounts")
    (held,) = (panel for panel in board["panels"] if panel["title"] == "On hold")
    series = 'fleet_readiness_amount{company_id="1",currency="EUR",status="ready",tenant="a"}'
    for inputs, samples in (
        ([{"series": series, "values": "7"}], [{"labels": '{currency="EUR"}', "value": 0}]),
        ([], []),
    ):
        asked = {"expr": filled(held["targets"][0]["expr"]), "eval_time": "0s"}
        test = {"input_series": inputs, "promql_expr_test": [{**asked, "exp_samples": samples}]}
        file = tmp_path / "held.yml"
        file.write_text(json.dumps({"tests": [test]}), encoding="utf-8")
        assert "SUCCESS" in passes(["promtool", "test", "rules", str(file)])


def test_provisioning_points_at_the_folder_that_compose_mounts() -> None:
    provider = (MONITORING / "grafana/provisioning/dashboards/fleet.yml").read_text()
    compose = (Path(__file__).parents[2] / "docker-compose.yml").read_text()
    (folder,) = re.findall(r"path: (\S+)", provider)
    assert f"./monitoring/grafana/dashboards:{folder}:ro" in compose


def test_every_metric_stands_in_the_guide() -> None:
    guide = (Path(__file__).parents[2] / "docs/monitoring.md").read_text()
    for value in (*vars(metrics).values(), *vars(celery_names).values()):
        if isinstance(value, metrics.Metric):
            suffix = "_total" if value.kind == "counter" else ""
            assert f"`{value.name}{suffix}`" in guide
