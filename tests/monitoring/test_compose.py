"""The compose file is valid, everything in it is pinned and bounded, and its commands exist."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from workers.config.settings import VARIABLES, Environment, load
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
        named = ("PASSWORD", "API_KEY", "SECRET", "DATABASE_URL", "BROKER_URL", "SMTP_URL")
        if any(word in key for word in named) and value != "asks-no-odoo":
            assert str(value).startswith("/run/secrets/"), key
            assert value.removeprefix("/run/secrets/") in SERVICES[name]["secrets"]


def test_every_file_that_is_mounted_exists() -> None:
    theirs = {"./config"}
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


@each_service
def test_a_service_has_the_secrets_that_it_names_and_no_other(name: str) -> None:
    told = yaml.safe_dump(
        [SERVICES[name].get(k) for k in ("environment", "command", "healthcheck")], width=10_000
    )
    used = set(re.findall(r"/run/secrets/(\w+)", told))
    assert used == set(SERVICES[name].get("secrets", ()))


def test_redis_and_postgresql_are_in_a_network_that_leads_nowhere_with_the_fleet_alone() -> None:
    inside = {name for name, one in SERVICES.items() if "back" in one["networks"]}
    assert COMPOSE["networks"]["back"] == {"internal": True}
    assert inside == {*OURS, "redis", "postgres"}
    for name in ("redis", "postgres", "odoo-db"):
        assert "ports" not in SERVICES[name]
        assert len(SERVICES[name]["networks"]) == 1


@pytest.mark.parametrize("name", OURS)
def test_only_workers_have_a_key_that_opens_an_odoo_and_one_the_mail_server(name: str) -> None:
    given = set(OURS[name]["secrets"])
    assert ("odoo_api_key" in given) == name.startswith("worker")
    assert ("smtp_url" in given) == (name == "worker-delivery")


# What the file says itself, for its own ports, checks and mounts depend on it.
FIXED = ("CONFIG", "METRICS_PORT", "WEB_PORT", "HEARTBEAT_FOLDER", "LOG_FORMAT")
# Files, and those of a rotation, which stand there for its time only.
SECRET = (
    *("BROKER_URL", "DATABASE_URL", "SMTP_URL", "ODOO_API_KEY", "FLOWER_PASSWORD"),
    *("BROKER_SECRET", "BROKER_SECRET_OLD", "LINK_SECRET", "LINK_SECRET_OLD"),
)
# The tenants are those of config/fleet.toml.
OF_THE_FILE = ("ODOO_URL", "ODOO_DB", "ODOO_LOGIN")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
# Each, whether it stands there as a comment, and its value.
SHOWN = {
    name: (mark, value)
    for mark, name, value in re.findall(r"^(#?)(FLEET_\w+)=(.*)$", EXAMPLE, re.M)
}


def test_the_example_of_the_environment_has_every_setting() -> None:
    elsewhere = {f"FLEET_{name}" for name in (*FIXED, *SECRET, *OF_THE_FILE)}
    assert elsewhere <= VARIABLES.keys()
    assert SHOWN.keys() == VARIABLES.keys() - elsewhere


@pytest.mark.parametrize("name", SHOWN)
def test_every_setting_of_the_example_reaches_the_fleet_and_shows_its_default(name: str) -> None:
    told = {
        service: value
        for service, one in OURS.items()
        for key, value in one["environment"].items()
        if key == name
    }
    of_pages = {"web", "worker-delivery"} if name == "FLEET_WEB_URL" else set(OURS)
    assert told.keys() == of_pages
    mark, value = SHOWN[name]
    ((default,),) = {tuple(re.findall(rf"^\$\{{{name}:-(.*)\}}$", one)) for one in told.values()}
    if not mark or default:
        assert value == default
    else:
        shipped = Environment.model_fields[VARIABLES[name]].default
        assert value == ("" if shipped == () else str(shipped))


def test_the_fleet_takes_the_example_as_it_is_and_with_every_default_written_out() -> None:
    for written in (False, True):
        given = {name: value for name, (mark, value) in SHOWN.items() if written or not mark}
        environ = {**dict.fromkeys(SHOWN, ""), **given, "FLEET_LINK_SECRET": "s" * 40}
        found = load(environ, tenants_needed=False)
        assert found.environment.web_url == "http://127.0.0.1:8080"
