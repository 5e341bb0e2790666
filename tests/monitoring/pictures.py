"""Draws the dashboards from a real Prometheus' answers: `python -m tests.monitoring.pictures`.

Starts a fleet under a real Prometheus, gives it the tests' scripted load, asks for each panel's
expression as Grafana would, draws the answers on a page by the dashboard's own layout, and has a
headless Chromium take the picture. And one of Flower behind its login.
"""

import argparse
import html
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.monitoring import expressions
from tests.monitoring.prometheus_server import Prometheus
from tests.monitoring.running_fleet import wait_until
from tests.monitoring.watched_fleet import PASSWORD, Watched, load, watched_fleet
from workers.demo.processes import fleet as fleet_command

FOLDER = Path(__file__).parents[2] / "docs/images"
COLUMN, UNIT_HEIGHT, GAP = 50, 30, 6
COLORS = ("#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0")
STYLE = """
body { margin: 0; background: #111217; color: #ccccdc; font: 12px "DejaVu Sans", sans-serif }
h1 { font-size: 17px; margin: 10px 12px 2px } p { margin: 0 12px 8px; color: #8e8e9a }
main { position: relative } section { position: absolute; background: #181b1f; overflow: hidden;
border: 1px solid #2c2f36; box-sizing: border-box; padding: 4px 8px } h2 { font-size: 12px;
margin: 0 0 4px } .row { background: none; border: 0; font-weight: bold; padding: 6px 2px }
.stat { font-size: 24px; color: #73bf69; text-align: center; white-space: nowrap }
.stat small { font-size: 11px; color: #8e8e9a; margin-left: 4px } .bad { color: #f2495c }
table { width: 100%; border-collapse: collapse; font-size: 11px } td, th { text-align: left;
border-bottom: 1px solid #2c2f36; padding: 1px 4px } .legend { font-size: 10px; line-height: 14px }
.legend span { margin-right: 8px; white-space: nowrap }
"""
UNITS = {"d": 86400.0, "h": 3600.0, "min": 60.0}


def shown(value: float, unit: str) -> str:
    """A value as people read it."""
    if unit == "percentunit":
        return f"{value * 100:.1f} %"
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


def page(board: Mapping[str, Any], prometheus: Prometheus, start: float, end: float) -> str:
    """The dashboard as HTML, with what Prometheus answers to each of its panels."""
    boxes = [box(panel, prometheus, start, end) for panel in board["panels"]]
    return (
        f"<meta charset=utf-8><style>{STYLE}</style><h1>{html.escape(board['title'])}</h1>"
        f"<p>{html.escape(board['description'])}</p><main>{''.join(boxes)}</main>"
    )


def box(panel: Mapping[str, Any], prometheus: Prometheus, start: float, end: float) -> str:
    """A panel at its place."""
    place = panel["gridPos"]
    width, height = place["w"] * COLUMN - GAP, place["h"] * UNIT_HEIGHT - GAP
    where = (
        f"left:{place['x'] * COLUMN + GAP}px;top:{place['y'] * UNIT_HEIGHT}px;"
        f"width:{width}px;height:{height}px"
    )
    if panel["type"] == "row":
        return f'<section class=row style="{where}">{html.escape(panel["title"])}</section>'
    (target,) = panel["targets"]
    expr, legend = expressions.filled(target["expr"]), target["legendFormat"]
    if panel["type"] == "timeseries":
        found = prometheus.course(expr, start, end, max((end - start) / 300, 1))
        series = [
            (named(legend, one["metric"]), [(float(t), float(v)) for t, v in one["values"]])
            for one in found
        ]
        inside = graph(panel, series, width - 20, height - 75, (start, end))
    else:
        answers = [(one["metric"], float(one["value"][1])) for one in prometheus.series(expr)]
        inside = table(answers) if panel["type"] == "table" else stats(panel, answers)
    return f'<section style="{where}"><h2>{html.escape(panel["title"])}</h2>{inside}</section>'


def stats(panel: Mapping[str, Any], answers: Sequence[tuple[Mapping[str, str], float]]) -> str:
    """The newest value of each series."""
    field, legend = panel["fieldConfig"]["defaults"], panel["targets"][0]["legendFormat"]
    limit = next((s["value"] for s in field["thresholds"]["steps"] if s["value"] is not None), None)
    size = 24 if len(answers) < 3 else 15
    told = [
        f'<div class="stat{" bad" if limit is not None and value >= limit else ""}"'
        f' style="font-size:{size}px">{shown(value, field["unit"])}'
        f"<small>{html.escape('' if legend == '__auto' else named(legend, labels))}</small></div>"
        for labels, value in answers
    ]
    return "".join(told) or "<div class=stat>No data</div>"


def table(answers: Sequence[tuple[Mapping[str, str], float]]) -> str:
    """Labels as columns."""
    names = sorted({name for labels, _ in answers for name in labels})
    head = "".join(f"<th>{name}</th>" for name in (*names, "value"))
    rows = (
        "".join(f"<td>{html.escape(labels.get(name, ''))}</td>" for name in names)
        + f"<td>{value:g}</td>"
        for labels, value in answers
    )
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


Course = list[tuple[float, float]]


def graph(
    panel: Mapping[str, Any],
    series: Sequence[tuple[str, Course]],
    width: int,
    height: int,
    span: tuple[float, float],
) -> str:
    """Lines over time, and each series' newest value below."""
    unit = panel["fieldConfig"]["defaults"]["unit"]
    values = [v for _, course in series for _, v in course if v == v] or [0.0]
    low, high = min(0.0, *values), max(values)
    high = high if high > low else low + 1
    lines = (
        line(course, (span, (low, high)), width, height, COLORS[number % len(COLORS)])
        for number, (_, course) in enumerate(series)
    )
    legend = "".join(
        f'<span><b style="color:{COLORS[number % len(COLORS)]}">&#9644;</b> '
        f"{html.escape(name)} {shown(course[-1][1], unit)}</span>"
        for number, (name, course) in enumerate(series)
    )
    axis = "".join(
        f'<text x=0 y="{y}" fill="#8e8e9a" font-size=9>{shown(value, unit)}</text>'
        for value, y in ((high, 9), (low, height + 4))
    )
    none = (
        "" if series else f'<text x="{width // 2}" y="{height // 2}" fill="#8e8e9a">No data</text>'
    )
    return (
        f'<svg width="{width}" height="{height + 6}">{axis}{none}{"".join(lines)}</svg>'
        f"<div class=legend>{legend or '&nbsp;'}</div>"
    )


def line(
    course: Course,
    ranges: tuple[tuple[float, float], tuple[float, float]],
    width: int,
    height: int,
    color: str,
) -> str:
    """One series; values that are no numbers are left out."""
    (start, end), (low, high) = ranges
    left = 55
    points = [
        f"{left + (t - start) / (end - start) * (width - left):.1f},"
        f"{height - (v - low) / (high - low) * (height - 4):.1f}"
        for t, v in course
        if v == v
    ]
    return f'<polyline fill=none stroke="{color}" stroke-width=1.5 points="{" ".join(points)}"/>'


def photograph(address: str, file: Path, width: int, height: int) -> None:
    """Have Chromium show an address and keep the picture."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                str(shutil.which("chromium") or shutil.which("google-chrome")),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                f"--user-data-dir={profile}",
                f"--window-size={width},{height}",
                f"--screenshot={file}",
                "--virtual-time-budget=10000",
                address,
            ],
            check=True,
            capture_output=True,
            timeout=180,
        )


def draw(prometheus: Prometheus, folder: Path, start: float, end: float) -> Iterator[Path]:
    """A picture of each dashboard."""
    for board in expressions.boards():
        last = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
        with tempfile.NamedTemporaryFile("w", suffix=".html") as file:
            file.write(page(board, prometheus, start, end))
            file.flush()
            picture = folder / f"board-{board['uid'].removeprefix('fleet-')}.png"
            photograph(f"file://{file.name}", picture, 24 * COLUMN + 12, last * UNIT_HEIGHT + 60)
        yield picture


def flower(watched: Watched, folder: Path) -> Iterator[Path]:
    """Flower's tasks and workers, as who logged in sees them."""
    address = f"http://ops:{PASSWORD}@127.0.0.1:{watched.fleet.ports['flower']}"
    for name, path in {"flower": "tasks", "flower-workers": "workers"}.items():
        picture = folder / f"{name}.png"
        photograph(f"{address}/{path}", picture, 1500, 900 if name == "flower" else 500)
        yield picture


def main() -> None:
    """Start, load, wait, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--seconds", type=float, default=60, help="of rest after the load")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, watched_fleet(Path(name)) as watched:
        start = time.time()
        load(watched)
        # Before beat's ticks fill the page.
        pictures = list(flower(watched, asked.folder))
        watched.fleet.start("beat", fleet_command("beat"))
        rested = time.time() + asked.seconds
        wait_until(lambda: time.time() > rested, asked.seconds + 60, "the rest")
        pictures += draw(watched.prometheus, asked.folder, start, time.time())
    for picture in pictures:
        print(f"{picture.name:24} {picture.stat().st_size / 1000:6.0f} kB")


if __name__ == "__main__":
    main()
