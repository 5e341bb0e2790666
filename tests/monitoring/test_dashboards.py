"""The dashboards are what their source writes, and each name in them is a metric of ours."""

import json
import re
from pathlib import Path

import pytest

from monitoring import celery_names, metrics
from monitoring.grafana.__main__ import ALL, FOLDER, texts
from monitoring.grafana.panels import WIDTH, as_json
from tests.monitoring.expressions import MONITORING, filled, of_recording_rules

SUFFIXES = ("_total", "_bucket", "_sum", "_count", "")


def test_the_files_are_up_to_date() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert there == texts(), "run `python -m monitoring.grafana`"


@pytest.mark.parametrize("board", ALL, ids=lambda board: board.uid)
def test_panels_have_their_own_number_and_their_own_place(board) -> None:  # type: ignore[no-untyped-def]
    panels = as_json(board)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= WIDTH
        taken |= cells


def test_every_variable_that_a_panel_uses_can_be_chosen() -> None:
    for board in ALL:
        written = json.dumps(as_json(board)["panels"])
        used = set(re.findall(r"\$\{?([a-z_]+)", written)) - {"__rate_interval"}
        there = {variable["name"] for variable in as_json(board)["templating"]["list"]}
        assert used == there


def test_uids_and_titles_are_unique() -> None:
    assert len({board.uid for board in ALL}) == len({board.title for board in ALL}) == len(ALL)


def test_technical_panels_name_metrics_that_are_declared() -> None:
    declared = {
        value.name + suffix
        for value in (*vars(metrics).values(), *vars(celery_names).values())
        if isinstance(value, metrics.Metric)
        for suffix in SUFFIXES
    }
    recorded = {one.text for one in of_recording_rules()}
    for board in ALL:
        if board.for_whom != "ops":
            continue
        for _, panels in board.rows:
            for panel in panels:
                names = set(re.findall(r"\b(?:fleet|celery)_[a-z0-9_]+", filled(panel.expr)))
                unknown = {n for n in names - declared if not any(n in r for r in recorded)}
                assert not unknown, panel.title


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
