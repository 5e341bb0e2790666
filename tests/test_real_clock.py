"""No test knows what day it is, but those that a real server leaves no choice."""

from pathlib import Path

import pytest

from tests.fakes.pytest_runs import run_pytest
from tests.real_clock import MAY, ROOT, may, readings

FILES = sorted(path for path in (ROOT / "tests").rglob("*.py") if not may(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_test_reads_the_clock(path: Path) -> None:
    assert list(readings(path.read_text(encoding="utf-8"))) == []


def test_who_may_read_it_is_still_there() -> None:
    assert all((ROOT / path).exists() for path in MAY)


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime, UTC\nNOW = datetime.now(UTC)",
        "import datetime\nNOW = datetime.datetime.utcnow()",
        "from datetime import date\ndef test() -> None:\n    assert date.today()",
        "import time\nBEGAN = time.time()",
        "import time as t\nBEGAN = t.time()",
        "from time import time as seconds\nBEGAN = seconds()",
        "from datetime import datetime as moment\nNOW = moment.now()",
        "from workers.wiring import utc_now",
        "from workers import wiring\nclock = wiring.utc_now",
        "from datetime import datetime\nclock = datetime.now",
    ],
)
def test_each_way_of_reading_it_is_seen(source: str) -> None:
    assert list(readings(source))


@pytest.mark.parametrize(
    "source",
    ["import time\nend = time.monotonic() + 5", "from datetime import time\nnoon = time(12)"],
)
def test_what_knows_no_day_is_free(source: str) -> None:
    assert list(readings(source)) == []


@pytest.mark.parametrize(
    ("test", "outcome"),
    [
        ("wiring.Fleet(None).clock()", "1 passed, 1 error"),
        # Nobody outside hears of an error in a thread.
        ("t = Thread(target=wiring.utc_now); t.start(); t.join()", "1 passed, 1 error"),
        ("wiring.Fleet(None, clock=lambda: None).clock()", "1 passed in"),
    ],
)
def test_a_test_whose_fleet_reads_the_clock_fails(tmp_path: Path, test: str, outcome: str) -> None:
    module = tmp_path / "test_day.py"
    imports = "from threading import Thread\nfrom workers import wiring\n"
    module.write_text(f"{imports}def test_now():\n    {test}\n")
    printed = run_pytest(module).stdout
    assert outcome in printed, printed
    assert ("the machine's clock was read" in printed) is ("error" in outcome)
