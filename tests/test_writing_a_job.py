"""The jobs of docs/writing-a-job.md, put where the guide says, with no other edit."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.house import FLEET, blocks, copied, guide, run, run_tests
from workers.demo.processes import free_port

NAME, FOLDER = "unmanaged_projects", "crowded_managers"
TEST = f"tests/tasks/mobilization/test_{NAME}.py"
GUIDE = "writing-a-job.md"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house, as a checkout."""
    return copied(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def begun(checkout: Path) -> str:
    """What pytest says of the skeleton of `fleet new-job`, as it is."""
    (command,) = re.findall(r"(?m)^    \.venv/bin/fleet (new-job .*)$", guide(GUIDE))
    run(checkout, "-c", FLEET, *shlex.split(command))
    return run_tests(checkout, TEST)


@pytest.fixture(scope="module")
def house(checkout: Path, begun: str) -> Path:
    """The skeleton became what the guide shows; beside it a job that is a folder."""
    job, test, rules, grown, its_test = blocks(GUIDE)
    layer, tests = checkout / "tasks" / "mobilization", checkout / "tests/tasks/mobilization"
    (layer / f"{NAME}.py").write_text(job)
    (checkout / TEST).write_text(test)
    folder = layer / FOLDER
    folder.mkdir()
    (folder / "__init__.py").write_text('"""Managers of too many projects."""\n')
    (folder / "rules.py").write_text(rules)
    (folder / "job.py").write_text(grown)
    (tests / FOLDER).mkdir()
    (tests / FOLDER / "__init__.py").touch()
    (tests / FOLDER / "test_rules.py").write_text(its_test)
    return checkout


def test_the_test_of_the_skeleton_passes_as_it_is(begun: str) -> None:
    assert "2 passed" in begun


def test_their_tests_pass(house: Path) -> None:
    tests = (TEST, f"tests/tasks/mobilization/{FOLDER}")
    assert "2 passed" in run_tests(house, *tests)


def test_tests_of_all_jobs_take_them_up_as_they_are(house: Path) -> None:
    versions = "tests/tasks/versions/test_versions.py"
    printed = run_tests(house, versions, "-k", f"({NAME} or {FOLDER}) and not page")
    assert "14 passed" in printed


def test_they_are_in_the_timetable(house: Path) -> None:
    printed = run(house, "-m", "beat_schedule")
    assert NAME in printed
    assert FOLDER in printed


def test_they_are_celery_tasks_with_beat_entries(house: Path) -> None:
    script = (
        "from workers.shells import app; print(sorted(app.tasks)); "
        "print(sorted(app.conf.beat_schedule))"
    )
    printed = run(house, "-c", script)
    for name in (NAME, FOLDER):
        assert f"'jobs.{name}'" in printed
        assert f"'dispatch-{name}'" in printed


def test_their_runs_are_in_the_metrics(house: Path) -> None:
    script = f"""
from datetime import UTC, datetime
from pathlib import Path
from prometheus_client import CollectorRegistry, generate_latest
from tasks import catalogue
from tests.fakes.clock import Clock
from tests.fakes.fleets import fleet_on
from workers.commands import by_hand
from workers.watch import scrape
folder = Path("ledger")
folder.mkdir()
fleet = fleet_on(folder, Clock(datetime(2026, 11, 23, 9, tzinfo=UTC)))
for name in ("{NAME}", "{FOLDER}"):
    order = by_hand.Order(catalogue.jobs()[name], fleet.settings.tenant("firm"))
    assert all(result.error is None for result in by_hand.carry_out(fleet, order))
registry = CollectorRegistry()
registry.register(scrape.collector(fleet))
print(generate_latest(registry).decode())
"""
    printed = run(house, "-c", script).splitlines()
    for name in (NAME, FOLDER):
        told = [line for line in printed if f'job="{name}"' in line]
        assert any(line.startswith("fleet_runs_total") for line in told)
        assert any(line.startswith("fleet_last_success_timestamp_seconds") for line in told)


def test_the_fleet_command_lists_them(house: Path) -> None:
    listed = json.loads(run(house, "-c", FLEET, "jobs", "--json"))
    assert {NAME, FOLDER} <= {job["job"] for job in listed["jobs"]}


def commands() -> list[str]:
    """What the guide has one type, as it shows it: first in one shell, then in another."""
    tried = guide(GUIDE).partition("## Trying it\n")[2].partition("\n## ")[0]
    return [re.sub("(?m)^    ", "", block) for block in re.findall(r"(?m)(?:^    .+\n)+", tried)]


def test_it_is_tried_on_the_sandbox_with_the_commands_of_the_guide(house: Path) -> None:
    installed = house / ".venv" / "bin"
    installed.mkdir(parents=True)
    for name, arguments in (("python", ""), ("fleet", f"-c '{FLEET}' ")):
        (installed / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}"$@"\n')
        (installed / name).chmod(0o755)
    port = str(free_port())
    serve, try_it = (block.replace("8169", port) for block in commands())
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FLEET_")}
    environ["PYTHONPATH"] = str(house)
    serving = subprocess.Popen(
        shlex.split(serve), cwd=house, env=environ, stdout=subprocess.PIPE, text=True
    )
    with serving:
        try:
            assert serving.stdout is not None
            address, *_ = serving.stdout.readline().split()
            assert address == f"http://127.0.0.1:{port}"
            ended = subprocess.run(
                ["sh", "-euc", try_it],
                cwd=house,
                env=environ,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            serving.terminate()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "0 findings" in ended.stdout
    assert (house / "mails" / "index.html").exists()
    assert not (house / "fleet.db").exists()
