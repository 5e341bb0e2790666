"""Whether a test reads the machine's clock: a test that knows what day it is fails on some day.

Time is an argument: `Clock` of tests/fakes, `as_of`, or an instant written down. What a library
reads by itself is tried on other days: see tests/any_day.
"""

import ast
import traceback
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final, Self

import pytest

from workers import wiring

ROOT: Final = Path(__file__).parents[1]
#: Who may, relative to the repository, and why.
MAY: Final = {
    "tests/any_day": "moves the clock",
    "tests/chaos": "real processes live by the machine's clock",
    "tests/contracts/odoo19.py": "a real Odoo lives by the machine's clock",
    "tests/live": "a real Odoo lives by the machine's clock",
    "tests/monitoring/pictures.py": "a real Prometheus lives by the machine's clock",
    "tests/monitoring/test_watching_a_real_fleet.py": "a real Prometheus",
    "tests/monitoring/watched_fleet.py": "a real Prometheus",
    "tests/pictures": "the demo's real processes",
    "tests/workers/test_hearing_processes.py": "real processes beside this one",
    "tests/workers/test_poison.py": "real processes beside this one",
    "tests/workers/test_processes.py": "real processes beside this one",
    "tests/workers/watch/test_reloading.py": "real processes beside this one",
}
READS: Final = {
    "datetime": {"now", "today", "utcnow"},
    "date": {"today"},
    "time": {"asctime", "clock_gettime", "ctime", "gmtime", "localtime", "time", "time_ns"},
}


def may(path: Path) -> bool:
    """Whether a file is one of those that may read the clock."""
    return any(path.is_relative_to(ROOT / allowed) for allowed in MAY)


def readings(source: str) -> Iterator[str]:
    """What reads the clock in a source, by line: `12: date.today`. Monotonic time knows no day."""
    nodes = list(ast.walk(ast.parse(source)))
    imports = (n.names for n in nodes if isinstance(n, ast.Import | ast.ImportFrom))
    called = {alias.asname: alias.name for names in imports for alias in names if alias.asname}
    for node in nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr=what):
                if what in READS.get(called.get(name, name), ()) or what == "utc_now":
                    yield f"{node.lineno}: {name}.{what}"
            case ast.ImportFrom(module=str(module), names=names):
                read = {"utc_now"} | (READS["time"] if module == "time" else set())
                yield from (f"{node.lineno}: {n.name}" for n in names if n.name in read)


def watch(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list of who, in this process, reads the fleet's own clock from now on."""
    seen: list[str] = []

    class Watched(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            seen.append("".join(traceback.format_stack()[:-1][-6:]))
            return super().now(tz)

    monkeypatch.setattr(wiring, "datetime", Watched)
    return seen
