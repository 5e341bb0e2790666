"""A copy of the house as a checkout, for what the guides have put into it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLEET = "from workers.commands.cli import main; main()"


def guide(name: str) -> str:
    """The text of a page of docs/."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def blocks(name: str, language: str = "python") -> list[str]:
    """What a guide shows in a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", guide(name), re.DOTALL)


def copied(folder: Path) -> Path:
    """The folder, with packages and tests as they are here."""
    for name in ("workers", "monitoring", "tasks", "odoo_gateway", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "docs").mkdir()
    for name in ("beat_schedule.py", "setup.cfg", "docs/security.md"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def run(house: Path, *arguments: str, given: str = "") -> str:
    """What Python prints there; `given` is its standard input. Fails unless it ends well."""
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
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def run_tests(house: Path, *paths: str) -> str:
    """What pytest says of tests there, which all pass."""
    return run(house, "-m", "pytest", "-q", *paths, "-p", "no:cacheprovider")
