"""A package of a firm's own, installed beside the fleet's wheel as docs/writing-a-job.md says."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from workers.demo.processes import free_port

ROOT = Path(__file__).parents[1]
NAME = "credit_watch"
FILES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "beat_schedule.py")
PACKAGES = ("workers", "monitoring", "tasks", "odoo_gateway")
Environ = Mapping[str, str]
NOTHING: Environ = {}
# Two wheels are built.
pytestmark = pytest.mark.timeout(900)
INSTALL = ("install", "--quiet", "--no-deps", "--no-compile")


def blocks(language: str) -> Sequence[str]:
    text = (ROOT / "docs" / "writing-a-job.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def written(folder: Path) -> Path:
    """The guide's job in the guide's package."""
    package = folder / "firm_jobs"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('"""The jobs of the firm."""\n')
    job = blocks("python")[0].replace("unmanaged_projects", NAME)
    (package / f"{NAME}.py").write_text(job)
    (folder / "setup.cfg").write_text(blocks("ini")[0])
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


class Installation:
    """A virtual environment with the fleet's wheel; what the fleet needs is that of the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, symlinks=True)
        self.python = folder / "bin" / "python"
        (site,) = folder.glob("lib/python*/site-packages")
        (site / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def pip(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "pip", "--python", str(self.python), *arguments]
        subprocess.run(command, check=True, cwd=self.folder)

    def run(self, *arguments: str, code: int = 0, environ: Environ = NOTHING) -> str:
        ended = subprocess.run(
            [str(self.python), *arguments],
            cwd=self.folder,
            env={**self.environ, **environ},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == code, ended.stdout + ended.stderr
        return ended.stdout if code == 0 else ended.stderr

    def fleet(self, *arguments: str, code: int = 0, environ: Environ = NOTHING) -> str:
        return self.run(str(self.folder / "bin" / "fleet"), *arguments, code=code, environ=environ)

    @property
    def environ(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("FLEET_")}
        return {
            **kept,
            "FLEET_ODOO_URL": "http://127.0.0.1:9",
            "FLEET_ODOO_DB": "sandbox",
            "FLEET_ODOO_LOGIN": "fleet",
            "FLEET_ODOO_API_KEY": "sandbox",
        }


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, source / package, ignore=ignored)
    for name in FILES:
        shutil.copy(ROOT / name, source)
    made = Installation(folder / "venv")
    made.pip(*INSTALL, str(source), str(written(folder / "firm")))
    return made


@pytest.fixture(scope="module")
def odoo(installation: Installation) -> Iterator[Environ]:
    """Where the sandbox of the installed fleet answers."""
    port = str(free_port())
    command = [str(installation.python), "-m", "odoo_gateway.sandbox", "--port", port]
    with subprocess.Popen(
        command,
        cwd=installation.folder,
        env=installation.environ,
        stdout=subprocess.PIPE,
        text=True,
    ) as serving:
        try:
            assert serving.stdout is not None
            assert serving.stdout.readline().startswith(f"http://127.0.0.1:{port}")
            yield {"FLEET_ODOO_URL": f"http://127.0.0.1:{port}"}
        finally:
            serving.terminate()


def test_the_fleet_and_the_package_are_the_installed_ones(installation: Installation) -> None:
    script = f"import tasks, firm_jobs.{NAME} as job; print(tasks.__file__, job.__file__)"
    for place in installation.run("-c", script).split():
        assert place.startswith(str(installation.folder)), place


def test_fleet_jobs_lists_it_among_the_others(installation: Installation) -> None:
    listed = [job["job"] for job in json.loads(installation.fleet("jobs", "--json"))["jobs"]]
    assert NAME in listed
    assert listed == sorted(listed)
    assert len(listed) > 1


def test_it_is_a_task_with_a_beat_entry_and_a_line_in_the_timetable(
    installation: Installation,
) -> None:
    script = (
        "from workers.shells import app; print(*app.tasks, *app.conf.beat_schedule); "
        "print(*app.conf.task_routes)"
    )
    printed = installation.run("-c", script).split()
    assert f"dispatch-{NAME}" in printed
    assert printed.count(f"jobs.{NAME}") == 2
    assert NAME in installation.run("-m", "beat_schedule")


def test_it_runs_on_the_sandbox_and_its_runs_are_in_the_metrics(
    installation: Installation, odoo: Environ
) -> None:
    installation.fleet("upgrade", environ=odoo)
    told = json.loads(installation.fleet("run", NAME, "--json", environ=odoo))
    assert told["job"] == NAME
    assert {scope["status"] for scope in told["scopes"]} == {"ok"}
    assert all(scope["rows"] for scope in told["scopes"])
    script = """
from prometheus_client import CollectorRegistry, generate_latest
from workers import wiring
from workers.watch import scrape
registry = CollectorRegistry()
registry.register(scrape.collector(wiring.fleet()))
print(generate_latest(registry).decode())
"""
    printed = installation.run("-c", script, environ=odoo)
    lines = [line for line in printed.splitlines() if f'job="{NAME}"' in line]
    assert any(line.startswith("fleet_runs_total") for line in lines)
    assert any(line.startswith("fleet_last_success_timestamp_seconds") for line in lines)


def test_one_that_is_broken_is_named_and_the_others_go_on(
    installation: Installation, odoo: Environ, tmp_path: Path
) -> None:
    info = tmp_path / "broken_jobs-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-jobs\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[fleet.jobs]\nseat_watch = broken_jobs\n")
    (tmp_path / "broken_jobs.py").write_text("import no_such_library\n")
    (tmp_path / "fleet.toml").write_text(
        f'[tenants.acme]\nurl = "{odoo["FLEET_ODOO_URL"]}"\ndatabase = "sandbox"\n'
        'login = "fleet"\ndisabled_jobs = ["seat_watch"]\n'
    )
    beside = {"PYTHONPATH": str(tmp_path), "FLEET_CONFIG": str(tmp_path / "fleet.toml"), **odoo}
    told = installation.fleet("jobs", code=4, environ=beside)
    assert "job seat_watch is left out: the package broken-jobs 0.1 cannot be used" in told
    assert "No module named 'no_such_library'" in told
    installation.fleet("run", NAME, "--dry-run", environ=beside)
