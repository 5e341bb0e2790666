"""Other days are really other days, in child processes too, and time goes on there."""

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.any_day import shift
from tests.any_day.instants import DEMO, INSTANTS, chosen, shares
from tests.fakes.pytest_runs import run_pytest

TOLD = """\
import json, subprocess, sys, time
from datetime import UTC, datetime
began, first = time.monotonic(), datetime.now(UTC)
time.sleep(0.2)
child = [sys.executable, "-c", "from datetime import *; print(datetime.now(UTC).isoformat())"]
told = subprocess.run(child, capture_output=True, text=True, check=True).stdout.strip()
second = datetime.now(UTC)
print(json.dumps([first.isoformat(), told, second.isoformat(), time.monotonic() - began]))
"""


def test_there_is_every_kind_of_day() -> None:
    days = list(INSTANTS.values())
    assert len(days) >= 12
    assert {at.weekday() for at in days} == set(range(7))
    last = [at for at in days if (at + timedelta(days=1)).month != at.month]
    assert {at.month for at in last} >= {2, 3, 11, 12}
    assert {(at.month, at.day) for at in days} >= {(1, 1), (12, 31), (2, 29)}
    assert {(at.hour, at.minute) for at in days} >= {(23, 59), (0, 0), (23, 50)}
    assert {at.isocalendar().week for at in days} >= {53}
    assert set(DEMO) <= set(INSTANTS)


def test_each_commit_plays_two_instants_and_all_commits_play_all() -> None:
    played = Counter(name for commit in range(len(INSTANTS)) for name in chosen(f"{commit:x}"))
    assert set(played) == set(INSTANTS)
    assert set(played.values()) == {2}
    assert chosen("de0e950") == chosen("de0e950")


def test_the_two_of_a_commit_play_each_file_once_and_take_turns() -> None:
    assert sorted(shares("0")) == ["1/2", "2/2"]
    assert [shares(f"{commit:x}")[0] for commit in (0, 13, 14, 27, 28)] == [
        "1/2",
        "1/2",
        "2/2",
        "2/2",
        "1/2",
    ]


def test_a_share_is_every_second_file(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"test_{name}.py").write_text("def test_one(): pass\ndef test_two(): pass\n")
    first, second = (run_pytest(tmp_path, f"--every={part}").stdout for part in ("1/2", "2/2"))
    assert "4 passed, 2 deselected" in first
    assert "2 passed, 4 deselected" in second


@pytest.mark.parametrize("name", ["leap-day", "saturday", "before-midnight"])
def test_parent_and_child_live_on_that_day_and_time_goes_on(name: str) -> None:
    at = INSTANTS[name]
    ended = subprocess.run(
        [sys.executable, "-c", TOLD],
        env={**os.environ, **shift.environment(at)},
        capture_output=True,
        text=True,
        check=True,
    )
    *moments, slept = json.loads(ended.stdout)
    first, child, second = map(datetime.fromisoformat, moments)
    assert at <= first < child < second < at + timedelta(minutes=1)
    assert slept >= 0.2


def test_a_suite_is_moved_by_its_option(tmp_path: Path) -> None:
    module = tmp_path / "test_day.py"
    module.write_text(
        "import datetime\n"
        "def test_day():\n"
        "    assert datetime.date.today() == datetime.date(2028, 2, 29)\n"
    )
    ended = run_pytest(module, "--at=2028-02-29T12:00")
    assert ended.returncode == 0, ended.stdout
