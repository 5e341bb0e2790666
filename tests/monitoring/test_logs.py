"""Programs get JSON lines with a stable event name and the trace; people get a line to read."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# A run that fails, in a process of its own: how logs go is set once per process.
FAILING_RUN = """
import sys
from datetime import UTC, datetime
from pathlib import Path

from monitoring import logs
from odoo_gateway.errors import OdooUnavailable
from odoo_gateway.sandbox import Sandbox
from tests.fakes.clock import Clock
from tests.fakes.fleets import Switchable, fleet_on
from workers import dispatch, runner
from workers.ledger import runs
from workers.ledger.places import Place

logs.configure(sys.argv[1])
clock = Clock(datetime(2026, 11, 23, 9, tzinfo=UTC))
odoo = Switchable(Sandbox(clock().date()))
fleet = fleet_on(Path(sys.argv[2]), clock, odoo)
dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
with fleet.ledger.transaction() as connection:
    place = Place("wip_aging", "firm", 1)
    run_id = runs.open_slot(connection, place, clock(), clock(), "trace-7")
odoo.error = OdooUnavailable("away")
runner.execute(fleet, run_id)
"""


def logged(log_format: str, folder: Path) -> list[str]:
    ended = subprocess.run(
        [sys.executable, "-c", FAILING_RUN, log_format, str(folder)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert ended.stdout == ""
    return ended.stderr.splitlines()


def test_every_line_is_json_with_event_level_time_and_trace(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [json.loads(line) for line in logged("json", tmp_path)]
    assert {"odoo.retried", "run.failed"} <= {line["event"] for line in lines}
    for line in lines:
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", line["event"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line["timestamp"])
        assert line["level"] in {"info", "warning", "error"}
        assert (line["trace_id"], line["job"], line["tenant"]) == ("trace-7", "wip_aging", "firm")
        assert (line["company"], line["run"]) == (1, 1)


def test_a_failure_is_told_by_class_and_outcome(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in logged("json", tmp_path)]
    (failed,) = (line for line in lines if line["event"] == "run.failed")
    assert (failed["error"], failed["outcome"]) == ("OdooUnavailable", "waiting")
    assert (failed["level"], failed["message"]) == ("warning", "away")


def test_people_read_the_same_without_braces(tmp_path: Path) -> None:
    lines = logged("console", tmp_path)
    (failed,) = (line for line in lines if "run.failed" in line)
    assert "trace_id=trace-7" in failed
    with pytest.raises(json.JSONDecodeError):
        json.loads(failed)


def test_a_name_from_odoo_commands_no_terminal_and_forges_no_line() -> None:
    code = (
        "import logging, structlog; from monitoring import logs; logs.configure();"
        "evil = 'ACME\\x1b]0;owned\\x07\\x9b31m\\n2026-01-01 [info] forged';"
        "structlog.get_logger().info('run.done', company=evil, bare='\\x1b[2J');"
        "logging.getLogger('other').warning('said %s', evil)"
    )
    asked = [sys.executable, "-c", code]
    ended = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=True)
    assert "ACME" in ended.stderr
    assert not {"\x1b", "\x07", "\x9b"} & set(ended.stderr)
    assert not any(line.startswith("2026-01-01 [info]") for line in ended.stderr.splitlines())


@pytest.mark.parametrize(("level", "lines"), [("INFO", 1), ("DEBUG", 2)])
def test_that_a_task_began_and_ended_is_said_by_itself_alone(level: str, lines: int) -> None:
    said = f"""
import logging
from monitoring import logs
logs.configure("json", {level!r})
for name in logs.OF_EACH_TASK:
    logging.getLogger(name).info("Task jobs.wip_aging[trace-1] received")
    logging.getLogger(name).error("Task jobs.wip_aging[trace-1] raised unexpected")
"""
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    told = [json.loads(line)["event"] for line in done.stderr.splitlines()]
    assert len(told) == 2 * lines
    assert sum("raised" in line for line in told) == 2
