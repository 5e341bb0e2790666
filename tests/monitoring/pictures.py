"""Draws the dashboards from a real Prometheus' answers: `python -m tests.monitoring.pictures`.

Starts a fleet under a real Prometheus, gives it the tests' scripted load, asks for each panel's
expression as Grafana would, draws the answers on a page by the dashboard's own layout, and has a
headless Chromium take the picture. And one of Flower behind its login.
"""

import argparse
import math
import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import cycle
from pathlib import Path
from typing import Any, Final, NamedTuple

from playwright.sync_api import Browser

from tests.monitoring import expressions
from tests.monitoring.prometheus_server import Prometheus
from tests.monitoring.running_fleet import wait_until
from tests.monitoring.watched_fleet import PASSWORD, Watched, load, watched_fleet
from tests.pictures.browser import chromium, picture, showing
from workers.demo.processes import fleet as fleet_command

FOLDER = Path(__file__).parents[2] / "docs/images"
COLUMN: Final = 50
# As many as keep lines of like colours apart.
COLOURS: Final = 256
# A row of the layout is this high, or higher where a legend or a table asks for it.
STYLE: Final = """
body { margin: 0; background: #111217; color: #ccccdc; font: 12px "DejaVu Sans", sans-serif }
h1 { font-size: 17px; margin: 10px 12px 2px } p { margin: 0 12px 8px; color: #8e8e9a }
main { display: grid; grid-template-columns: repeat(24, minmax(0, 1fr)); gap: 6px; padding: 0 6px;
grid-auto-rows: minmax(24px, auto) } section { background: #181b1f; border: 1px solid #2c2f36;
padding: 4px 8px 8px } h2 { font-size: 12px; margin: 0 0 4px } .row { background: none; border: 0;
font-weight: bold; padding: 6px 2px } .stat { font-size: 24px; color: #73bf69; text-align: center }
.many { font-size: 15px } .stat small { font-size: 11px; color: #8e8e9a; margin-left: 4px }
.bad { color: #f2495c } table { width: 100%; border-collapse: collapse; font-size: 11px }
td, th { text-align: left; border-bottom: 1px solid #2c2f36; padding: 1px 4px }
svg { display: block; overflow: visible; margin-top: 8px } text { fill: #8e8e9a; font-size: 9px }
.grid { stroke: #2c2f36 } .legend { font-size: 10px; line-height: 14px; margin-top: 4px }
.legend span { margin-right: 8px; white-space: nowrap; display: inline-block }
"""
COLORS: Final = (
    *("#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0"),
    *("#508642", "#cca300", "#447ebc", "#c15c17", "#890f02", "#0a437c", "#6d1f62", "#584477"),
)
UNITS: Final = {"d": 86400.0, "h": 3600.0, "min": 60.0}
STEPS: Final = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 10800, 21600, 43200, 86400)


class Course(NamedTuple):
    """A series by its name, with times and values."""

    name: str
    points: list[tuple[float, float]]


class Span(NamedTuple):
    """From one Unix time to another."""

    start: float
    end: float


def shown(value: float, unit: str) -> str:
    """A value as people read it."""
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    if unit == "s":
        sign, size = ("-" if value < 0 else ""), abs(value)
        name, scale = next(((n, s) for n, s in UNITS.items() if size >= s), ("s", 1.0))
        return f"{sign}{size / scale:.3g} {name}"
    suffix = {"d": " d", "h": " h"}.get(unit, "")
    return f"{value:,.0f}{suffix}" if abs(value) >= 1000 else f"{value:.4g}{suffix}"


def named(legend: str, labels: Mapping[str, str]) -> str:
    """A series' name by the panel's legend."""
    if legend == "__auto":
        told = {key: value for key, value in labels.items() if key != "__name__"}
        return ", ".join(f"{key}={value}" for key, value in told.items()) or "value"
    return re.sub(r"{{(\w+)}}", lambda found: labels.get(found[1], ""), legend)


def page(board: Mapping[str, Any], prometheus: Prometheus, span: Span) -> str:
    """The dashboard as HTML, with what Prometheus answers to each of its panels."""
    boxes = [box(panel, prometheus, span) for panel in board["panels"]]
    return (
        f"<meta charset=utf-8><style>{STYLE}</style><h1>{escape(board['title'])}</h1>"
        f"<p>{escape(board['description'])}</p><main>{''.join(boxes)}</main>"
    )


def box(panel: Mapping[str, Any], prometheus: Prometheus, span: Span) -> str:
    """A panel at its place."""
    place = panel["gridPos"]
    where = (
        f"grid-column:{place['x'] + 1}/span {place['w']};"
        f"grid-row:{place['y'] + 1}/span {place['h']}"
    )
    if panel["type"] == "row":
        return f'<section class=row style="{where}">{escape(panel["title"])}</section>'
    (target,) = panel["targets"]
    expr, legend = expressions.filled(target["expr"]), target["legendFormat"]
    if panel["type"] == "timeseries":
        step = max((span.end - span.start) / 300, 1)
        courses = [
            Course(named(legend, one["metric"]), [(float(t), float(v)) for t, v in one["values"]])
            for one in prometheus.course(expr, *span, step)
        ]
        inside = graph(panel, courses, place["w"] * COLUMN - 24, span)
    else:
        answers = [(one["metric"], float(one["value"][1])) for one in prometheus.series(expr)]
        inside = table(answers) if panel["type"] == "table" else stats(panel, answers)
    return f'<section style="{where}"><h2>{escape(panel["title"])}</h2>{inside}</section>'


def stats(panel: Mapping[str, Any], answers: Sequence[tuple[Mapping[str, str], float]]) -> str:
    """The newest value of each series."""
    field, legend = panel["fieldConfig"]["defaults"], panel["targets"][0]["legendFormat"]
    limit = next((s["value"] for s in field["thresholds"]["steps"] if s["value"] is not None), None)
    told = [
        f'<div class="stat{" many" if len(answers) > 2 else ""}'
        f'{" bad" if limit is not None and value >= limit else ""}">{shown(value, field["unit"])}'
        f"<small>{escape('' if legend == '__auto' else named(legend, labels))}</small></div>"
        for labels, value in answers
    ]
    return "".join(told) or "<div class=stat>No data</div>"


def table(answers: Sequence[tuple[Mapping[str, str], float]]) -> str:
    """Labels as columns."""
    names = sorted({name for labels, _ in answers for name in labels})
    head = "".join(f"<th>{name}</th>" for name in (*names, "value"))
    rows = (
        "".join(f"<td>{escape(labels.get(name, ''))}</td>" for name in names)
        + f"<td>{value:g}</td>"
        for labels, value in answers
    )
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def graph(panel: Mapping[str, Any], courses: Sequence[Course], width: int, span: Span) -> str:
    """Lines over time on a grid, and each series' newest value below."""
    unit, left, height = panel["fieldConfig"]["defaults"]["unit"], 60, 150
    values = [v for course in courses for _, v in course.points if math.isfinite(v)]
    heights = ticks(min([0.0, *values]), max([0.0, *values]), unit)
    low, high = heights[0], heights[-1]

    def x(t: float) -> str:
        return f"{left + (t - span.start) / (span.end - span.start) * (width - left):.1f}"

    def y(value: float) -> str:
        return f"{height - (value - low) / (high - low) * height:.1f}"

    grid = [
        f'<path class=grid d="M{left} {y(value)}H{width}"/><text x={left - 5} y="{y(value)}"'
        f" dy=3 text-anchor=end>{shown(value, unit)}</text>"
        for value in heights
    ] + [
        f'<path class=grid d="M{x(t)} 0V{height}"/><text x="{x(t)}" y={height + 13}'
        f" text-anchor=middle>{datetime.fromtimestamp(t, UTC):%H:%M:%S}</text>"
        for t in moments(span)
    ]
    lines, legend = [], []
    for course, color in zip(courses, cycle(COLORS), strict=False):
        points = " ".join(f"{x(t)},{y(v)}" for t, v in course.points if math.isfinite(v))
        lines.append(f'<polyline fill=none stroke="{color}" stroke-width=1.5 points="{points}"/>')
        newest = shown(course.points[-1][1], unit)
        legend.append(
            f'<span><b style="color:{color}">&#9644;</b> {escape(course.name)} {newest}</span>'
        )
    if not courses:
        lines.append(f'<text x="{width // 2}" y="{height // 2}" text-anchor=middle>No data</text>')
    return (
        f'<svg width="{width}" height="{height + 16}">{"".join(grid + lines)}</svg>'
        f"<div class=legend>{' '.join(legend)}</div>"
    )


def ticks(low: float, high: float, unit: str = "short") -> list[float]:
    """A few round values, of which the first and the last hold both."""
    high = high if high > low else low + 1
    rough = (high - low) / 5
    size = 10 ** math.floor(math.log10(rough))
    round_ones = (
        *(STEPS if unit == "s" and rough > 1 else ()),
        size,
        2 * size,
        5 * size,
        10 * size,
    )
    step = next(each for each in round_ones if each >= rough)
    return [step * n for n in range(math.floor(low / step), math.ceil(high / step) + 1)]


def moments(span: Span) -> list[float]:
    """The round times in it, eight at most."""
    step = next(step for step in STEPS if (span.end - span.start) / step <= 8)
    return [step * n for n in range(math.ceil(span.start / step), int(span.end / step) + 1)]


def draw(browser: Browser, prometheus: Prometheus, folder: Path, span: Span) -> Iterator[Path]:
    """A picture of each dashboard."""
    for board in expressions.boards():
        with showing(browser, page(board, prometheus, span), 24 * COLUMN + 12) as there:
            file = folder / f"board-{board['uid'].removeprefix('fleet-')}.png"
            file.write_bytes(picture(there, COLOURS))
        yield file


def flower(browser: Browser, watched: Watched, folder: Path) -> Iterator[Path]:
    """Flower's tasks and workers, as who logged in sees them."""
    there = browser.new_page(
        http_credentials={"username": "ops", "password": PASSWORD},
        viewport={"width": 1500, "height": 500},
    )
    for name, path in {"flower": "tasks", "flower-workers": "workers"}.items():
        there.goto(f"http://127.0.0.1:{watched.fleet.ports['flower']}/{path}")
        there.wait_for_load_state("networkidle")
        file = folder / f"{name}.png"
        file.write_bytes(picture(there, COLOURS))
        yield file


def main() -> None:
    """Start, load, wait, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--seconds", type=float, default=60, help="of rest after the load")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        watched_fleet(Path(name)) as watched,
        chromium() as browser,
    ):
        start = time.time()
        load(watched)
        # Before beat's ticks fill the page.
        pictures = list(flower(browser, watched, asked.folder))
        watched.fleet.start("beat", fleet_command("beat"))
        rested = time.time() + asked.seconds
        wait_until(lambda: time.time() > rested, asked.seconds + 60, "the rest")
        pictures += draw(browser, watched.prometheus, asked.folder, Span(start, time.time()))
    for drawn in pictures:
        print(f"{drawn.name:24} {drawn.stat().st_size / 1000:6.0f} kB")


if __name__ == "__main__":
    main()
