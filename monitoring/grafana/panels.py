"""Panels and dashboards in Grafana's JSON, from the little that differs between ours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

SCHEMA_VERSION: Final = 41
WIDTH: Final = 24
SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
HEIGHTS: Final = {"stat": 4, "timeseries": 8, "bargauge": 8, "table": 8}
WIDTHS: Final = {"stat": 6, "timeseries": 12, "bargauge": 12, "table": 12}


@dataclass(frozen=True)
class Panel:
    """One panel. unit: Grafana's name of it. bad_from: the value from which it is red.

    least: where the axis starts; None where values may be negative.
    """

    title: str
    expr: str
    legend: str = ""
    kind: str = "timeseries"
    unit: str = "short"
    bad_from: float | None = None
    about: str = ""
    stacked: bool = False
    least: float | None = 0


@dataclass(frozen=True)
class Variable:
    """A choice above a dashboard: the values of a label."""

    name: str
    label: str
    of: str

    @property
    def query(self) -> str:
        """What asks Prometheus for the values."""
        return f"label_values({self.of}, {self.label})"


@dataclass(frozen=True)
class Dashboard:
    """A dashboard: rows of panels under a heading each. for_whom: its tag."""

    uid: str
    title: str
    about: str
    for_whom: str
    rows: tuple[tuple[str, tuple[Panel, ...]], ...]
    variables: tuple[Variable, ...] = ()
    since: str = "now-24h"


def as_json(board: Dashboard) -> dict[str, Any]:
    """The dashboard as Grafana's API takes it."""
    return {
        "uid": board.uid,
        "title": board.title,
        "description": board.about,
        "tags": ["odoo-ops-fleet", board.for_whom],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "fiscalYearStartMonth": 0,
        "timezone": "browser",
        "refresh": "1m",
        "time": {"from": board.since, "to": "now"},
        "timepicker": {},
        "annotations": {"list": []},
        "links": [],
        "templating": {"list": [_source(), *map(_variable, board.variables)]},
        "panels": list(_placed(board.rows)),
    }


def _source() -> dict[str, Any]:
    return {"name": "datasource", "label": "Source", "type": "datasource", "query": "prometheus"}


def _variable(variable: Variable) -> dict[str, Any]:
    return {
        "name": variable.name,
        "type": "query",
        "datasource": SOURCE,
        "query": variable.query,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _placed(rows: Sequence[tuple[str, tuple[Panel, ...]]]) -> Iterator[dict[str, Any]]:
    """Panels from left to right and from top to bottom, numbered."""
    number, y = 0, 0
    for title, panels in rows:
        number += 1
        place = {"x": 0, "y": y, "w": WIDTH, "h": 1}
        row = {"type": "row", "title": title, "collapsed": False, "panels": []}
        yield {"id": number, "gridPos": place, **row}
        x, y, tallest = 0, y + 1, 0
        for panel in panels:
            width, height = WIDTHS[panel.kind], HEIGHTS[panel.kind]
            if x + width > WIDTH:
                x, y, tallest = 0, y + tallest, 0
            number += 1
            place = {"x": x, "y": y, "w": width, "h": height}
            yield {"id": number, "gridPos": place, **_panel(panel)}
            x, tallest = x + width, max(tallest, height)
        y += tallest


def _panel(panel: Panel) -> dict[str, Any]:
    at_once = panel.kind != "timeseries"
    target = {
        "refId": "A",
        "datasource": SOURCE,
        "expr": panel.expr,
        "legendFormat": panel.legend or "__auto",
        "instant": at_once,
        "range": not at_once,
        **({"format": "table"} if panel.kind == "table" else {}),
    }
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": SOURCE,
        "targets": [target],
        "fieldConfig": {"defaults": _field(panel), "overrides": []},
        "options": _options(panel),
        **({"transformations": [_without_time()]} if panel.kind == "table" else {}),
    }


def _field(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.bad_from is not None:
        steps.append({"color": "red", "value": panel.bad_from})
    field: dict[str, Any] = {
        "unit": panel.unit,
        "thresholds": {"mode": "absolute", "steps": steps},
    }
    if panel.kind == "timeseries":
        stacking = {"mode": "normal" if panel.stacked else "none", "group": "A"}
        field["custom"] = {"fillOpacity": 15 if panel.stacked else 0, "stacking": stacking}
        if panel.least is not None:
            field["min"] = panel.least
    return field


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "timeseries":
        legend = {
            "displayMode": "list",
            "placement": "bottom",
            "showLegend": True,
            "calcs": ["lastNotNull"],
        }
        return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}
    if panel.kind == "table":
        return {"showHeader": True}
    reduced = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    if panel.kind == "bargauge":
        return {"reduceOptions": reduced, "orientation": "horizontal", "displayMode": "basic"}
    return {"reduceOptions": reduced, "colorMode": "value", "graphMode": "area"}


def _without_time() -> dict[str, Any]:
    return {"id": "organize", "options": {"excludeByName": {"Time": True}}}
