"""The compose file is valid, everything in it is pinned and bounded, and its commands exist."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from workers.demo.processes import fleet as fleet_command

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"].startswith("odoo-ops-fleet")}
each_service = pytest.mark.parametrize("name", SERVICES)


@pytest.mark.skipif(not shutil.which("docker-compose"), reason="needs docker-compose")
@pytest.mark.parametrize("profile", [[], ["--profile", "odoo"]], ids=["plain", "odoo"])
def test_compose_accepts_the_file(profile: list[str]) -> None:
    ended = subprocess.run(
        ["docker-compose", *profile, "config", "--quiet"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


@each_service
def test_every_service_is_pinned_watched_bounded_and_confined(name: str) -> None:
    service = SERVICES[name]
    _, _, tag = service["image"].partition(":")
    assert tag
    assert tag != "latest"
    assert service["healthcheck"]["test"]
    assert service["mem_limit"]
    assert service["cpus"]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["read_only"] is True
    assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ()))


@each_service
def test_no_service_runs_as_root(name: str) -> None:
    if name in OURS:
        assert "\nUSER fleet\n" in (ROOT / "Dockerfile").read_text()
    else:
        assert SERVICES[name]["user"] not in {"root", "0"}


@each_service
def test_secrets_come_from_files(name: str) -> None:
    for key, value in SERVICES[name].get("environment", {}).items():
        if any(word in key for word in ("PASSWORD", "API_KEY", "SECRET", "DATABASE_URL")):
            assert str(value).startswith("/run/secrets/"), key
            assert value.removeprefix("/run/secrets/") in SERVICES[name]["secrets"]


def test_every_file_that_is_mounted_exists() -> None:
    theirs = {"./fleet.toml"}
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("./") and source not in theirs:
                assert (ROOT / source).exists(), source
            elif not source.startswith("./"):
                assert source in COMPOSE["volumes"]


def commands() -> list[list[str]]:
    found = [shlex.split(service["command"]) for service in OURS.values()]
    checks = [service["healthcheck"]["test"][1:] for service in OURS.values()]
    return found + [check[1:] for check in checks if check[0] == "fleet"]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_is_one_that_the_package_has(command: list[str], tmp_path: Path) -> None:
    """Without a configuration each gets as far as asking for it, past its own options."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FLEET_")}
    ended = subprocess.run(
        fleet_command(*command),
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "FLEET_ODOO_URL" in ended.stderr
    assert "No such option" not in ended.stderr
