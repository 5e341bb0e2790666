"""`fleet new-job`: two files that are right as they are, or none and why."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from odoo_gateway.errors import ConfigurationError
from workers.commands import cli, new_job

ROOT = Path(__file__).parents[3]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "declaration.py").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("layer", ["accounts", "renewal"])
def test_it_writes_the_job_and_its_test_in_the_style_of_the_house(
    checkout: Path, layer: str
) -> None:
    # By what is there ruff tells ours from what is installed.
    shutil.copytree(ROOT / "tasks", checkout / "tasks", dirs_exist_ok=True)
    shutil.copytree(ROOT / "odoo_gateway", checkout / "odoo_gateway")
    for name in ("ruff.toml", "tests/tasks/conftest.py"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, checkout / name)
    before = files(checkout)
    result = CliRunner().invoke(cli.cli, ["new-job", "seats_unused", "--layer", layer])
    assert result.exit_code == 0, result.output
    written = {
        f"tasks/{layer}/__init__.py",
        f"tasks/{layer}/seats_unused.py",
        f"tests/tasks/{layer}/__init__.py",
        f"tests/tasks/{layer}/test_seats_unused.py",
    }
    assert files(checkout) - before == written
    assert all(file in result.stdout for file in written)
    for check in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *check, *written]
        ended = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout


def test_a_layer_that_is_there_keeps_its_docstring(checkout: Path) -> None:
    package = checkout / "tasks" / "execution" / "__init__.py"
    package.parent.mkdir()
    package.write_text('"""Ours."""\n')
    assert package not in new_job.write("seats_unused", "execution", checkout)
    assert package.read_text() == '"""Ours."""\n'


@pytest.mark.parametrize(
    ("name", "layer", "why"),
    [
        ("Seats-Unused", "execution", "Seats-Unused: is not a name for a job"),
        ("../seats", "execution", "is not a name for a job"),
        ("import", "execution", "is not a name for a job"),
        ("s" * 41, "execution", "40 at most"),
        ("wip_aging", "execution", "wip_aging: there is a job of this name"),
        ("seats_unused", "domain", "--layer domain: is not a workflow layer"),
        ("seats_unused", "../..", "is not a workflow layer"),
    ],
)
def test_what_can_be_no_job_is_refused(checkout: Path, name: str, layer: str, why: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        new_job.write(name, layer, checkout)
    assert why in str(refused.value)
    assert files(checkout) == {"tasks/declaration.py"}


def test_nothing_is_written_over(checkout: Path) -> None:
    new_job.write("seats_unused", "execution", checkout)
    file = checkout / "tasks" / "execution" / "seats_unused.py"
    file.write_text("mine")
    with pytest.raises(ConfigurationError, match="is there already"):
        new_job.write("seats_unused", "execution", checkout)
    assert file.read_text() == "mine"


def test_elsewhere_it_says_where_it_belongs(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not a checkout of the fleet"):
        new_job.write("seats_unused", "execution", tmp_path)
