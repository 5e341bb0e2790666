"""The job of docs/writing-a-job.md, put where the guide says: one file, its test, no other edit."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAME = "unmanaged_projects"


def blocks() -> tuple[str, str]:
    """The job and its test, as the guide shows them."""
    text = (ROOT / "docs" / "writing-a-job.md").read_text(encoding="utf-8")
    job, test = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return job, test


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house with the guide's two files in it."""
    copy = tmp_path_factory.mktemp("house")
    for name in ("workers", "monitoring", "tasks", "odoo_gateway", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("beat_schedule.py", "setup.cfg"):
        shutil.copy(ROOT / name, copy / name)
    job, test = blocks()
    layer = copy / "tasks" / "mobilization"
    layer.mkdir()
    (layer / "__init__.py").write_text('"""Jobs of the mobilization layer."""\n')
    (layer / f"{NAME}.py").write_text(job)
    (copy / "tests" / "tasks" / f"test_{NAME}.py").write_text(test)
    return copy


def run(house: Path, *arguments: str) -> str:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FLEET_")}
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=house,
        env={
            **environ,
            "PYTHONPATH": str(house),
            "FLEET_ODOO_URL": "http://127.0.0.1:9",
            "FLEET_ODOO_DB": "firm",
            "FLEET_ODOO_LOGIN": "fleet",
            "FLEET_ODOO_API_KEY": "x",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_its_test_passes(house: Path) -> None:
    printed = run(
        house, "-m", "pytest", "-q", f"tests/tasks/test_{NAME}.py", "-p", "no:cacheprovider"
    )
    assert "1 passed" in printed


def test_it_is_in_the_timetable(house: Path) -> None:
    assert NAME in run(house, "-m", "beat_schedule")


def test_it_is_a_celery_task_with_a_beat_entry(house: Path) -> None:
    script = (
        "from workers.shells import app; print(sorted(app.tasks)); "
        "print(sorted(app.conf.beat_schedule))"
    )
    printed = run(house, "-c", script)
    assert f"jobs.{NAME}" in printed
    assert f"dispatch-{NAME}" in printed


def test_its_runs_are_in_the_metrics(house: Path) -> None:
    script = f"""
from datetime import UTC, datetime
from pathlib import Path
from prometheus_client import CollectorRegistry, generate_latest
from tasks import catalogue
from tests.fakes.clock import Clock
from tests.fakes.fleets import fleet_on
from workers import backlog, run_command
folder = Path("ledger")
folder.mkdir()
fleet = fleet_on(folder, Clock(datetime(2026, 11, 23, 9, tzinfo=UTC)))
order = run_command.Order(catalogue.jobs()["{NAME}"], fleet.settings.tenant("firm"))
run_command.run(fleet, order)
registry = CollectorRegistry()
registry.register(backlog.collector(fleet))
print(generate_latest(registry).decode())
"""
    told = [line for line in run(house, "-c", script).splitlines() if f'job="{NAME}"' in line]
    assert any(line.startswith("fleet_runs_total") for line in told)
    assert any(line.startswith("fleet_last_success_timestamp_seconds") for line in told)


def test_the_fleet_command_lists_it(house: Path) -> None:
    listed = json.loads(run(house, "-c", "from workers.cli import main; main()", "jobs", "--json"))
    assert NAME in {job["job"] for job in listed["jobs"]}
