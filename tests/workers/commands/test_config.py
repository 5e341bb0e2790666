"""`fleet config show` names each setting, its value and where it stands, and never a secret."""

import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from odoo_gateway.errors import ConfigurationError
from tests.fakes.clock import Clock
from tests.fakes.fleets import TENANT, fleet_on
from workers import wiring
from workers.commands import cli
from workers.config.effective import Effective, effective
from workers.config.settings import VARIABLES, Settings
from workers.wiring import Fleet

SECRETS = ("s3cret", "pa55word", "whsec-Word", "hook-pass", "l" * 32, "query-word")
FILE = f"""{TENANT}recipients.ops = ["ops@nordwind.example"]
concurrency = 3

[tenants.firm.policies.wip_aging]
decide_after_days = 60

[tenants.firm.mail]
quiet_days = []

[tenants.firm.webhooks.room]
kind = "chat"
url = "https://chat.example/hook-pass"

[[tenants.firm.routes]]
channels = ["room"]
"""


def environ_of(folder: Path) -> dict[str, str]:
    (folder / "link").write_text("l" * 32)
    return {
        "FLEET_CONFIG": str(folder / "fleet.toml"),
        "FLEET_FIRM_ODOO_API_KEY": "s3cret",
        "FLEET_BROKER_URL": "redis://ops:pa55word@redis.example:6380/1?x=query-word",
        "FLEET_LINK_SECRET_FILE": str(folder / "link"),
        "FLEET_FLOWER_PASSWORD": "pa55word",
        "FLEET_SMTP_URL": "smtps://user:pa55word@mail.example:465",
        "FLEET_TICK_SECONDS": "30",
    }


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    environ = environ_of(tmp_path)
    found = fleet_on(tmp_path, clock, file=FILE, environ=environ, upgraded=False)
    monkeypatch.setattr(wiring, "fleet", lambda: found)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return found


def by_name(settings: Settings, folder: Path) -> dict[str, Effective]:
    return {each.setting: each for each in effective(settings, environ=environ_of(folder))}


def test_each_setting_tells_its_value_and_where_it_stands(fleet: Fleet, tmp_path: Path) -> None:
    found = by_name(fleet.settings, tmp_path)
    file = tmp_path / "fleet.toml"
    lines = dict(enumerate(file.read_text().splitlines(), start=1))
    told = {
        "tenants.firm.concurrency": "3",
        "tenants.firm.recipients.ops": '["ops@nordwind.example"]',
        "tenants.firm.policies.wip_aging.decide_after_days": "60",
        "tenants.firm.mail.quiet_days": "[]",
        "tenants.firm.routes.0.channels": '["room"]',
    }
    for setting, value in told.items():
        place, _, number = found[setting].source.rpartition(":")
        assert (found[setting].value, place) == (value, str(file))
        assert lines[int(number)].split(" = ")[0].split(".")[-1] == setting.split(".")[-1]
    assert found["tenants.firm.mail.cap_per_day"] == Effective(
        "tenants.firm.mail.cap_per_day", "1", "default"
    )
    assert (found["FLEET_TICK_SECONDS"].value, found["FLEET_TICK_SECONDS"].source) == (
        "30.0",
        "environment",
    )
    assert found["FLEET_WEB_PORT"].source == "default"
    assert found["FLEET_LINK_SECRET"].source == "the file of FLEET_LINK_SECRET_FILE"
    assert (VARIABLES.keys() - {"FLEET_ODOO_API_KEY"}) <= found.keys()


def test_whatever_is_in_the_file_is_told(fleet: Fleet, tmp_path: Path) -> None:
    content = tomllib.loads((tmp_path / "fleet.toml").read_text())["tenants"]["firm"]
    found = [name for name, each in by_name(fleet.settings, tmp_path).items() if ":" in each.source]
    assert {name.split(".")[2] for name in found} == set(content)


def test_no_secret_is_told(fleet: Fleet, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.cli, ["config", "show", "--json"])
    assert result.exit_code == 0, result.output
    plain = CliRunner().invoke(cli.cli, ["config", "show"]).stdout
    for text in (result.stdout, plain):
        assert [secret for secret in SECRETS if secret in text] == []
    found = {row["setting"]: row["value"] for row in json.loads(result.stdout)["configuration"]}
    assert found["FLEET_BROKER_URL"] == "redis://***@redis.example:6380/1"
    assert found["FLEET_SMTP_URL"] == "smtps://***@mail.example:465"
    assert found["FLEET_FLOWER_PASSWORD"] == found["FLEET_LINK_SECRET"] == "set"
    assert found["FLEET_FIRM_ODOO_API_KEY"] == found["tenants.firm.webhooks.room.url"] == "set"
    assert found["FLEET_BROKER_SECRET"] is None


def test_one_tenant_alone_is_told_of_or_refused(fleet: Fleet) -> None:
    result = CliRunner().invoke(cli.cli, ["config", "show", "--json", "--tenant", "firm"])
    found = [row["setting"] for row in json.loads(result.stdout)["configuration"]]
    assert found
    assert all(name.startswith(("tenants.firm.", "FLEET_FIRM_")) for name in found)
    with pytest.raises(ConfigurationError, match="no tenant 'other'"):
        list(effective(fleet.settings, "other"))
