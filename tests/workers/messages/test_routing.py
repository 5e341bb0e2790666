"""The first route that fits wins; each message's channel is found, or refused with a remedy."""

from pathlib import Path
from typing import Any

import pytest

from odoo_gateway.errors import ConfigurationError
from tasks import catalogue
from tasks.declaration import Audience
from tasks.domain.findings import Severity
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, fleet_on
from tests.fakes.messages import NOW, message
from tests.fakes.receiver import receiving
from workers.config.tenants import TenantSettings
from workers.delivery.channels.found import channel_of
from workers.errors import DeliveryRefused
from workers.messages.routing import Route, routes_of
from workers.wiring import Fleet

READINESS, WIP = catalogue.jobs()["invoice_readiness"], catalogue.jobs()["wip_aging"]
FINANCE, PERSON = Audience.FINANCE, Audience.PERSON
INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TARGETS = """
[tenants.firm.webhooks.n8n]
url = "https://n8n.example/webhook/finance"

[tenants.firm.webhooks.finance_room]
kind = "chat"

[[tenants.firm.routes]]
severity_from = "critical"
channels = ["email", "finance_room"]
digest = false
"""
ENVIRON = {
    "FLEET_FIRM_WEBHOOK_N8N_SECRET": SECRET,
    "FLEET_FIRM_WEBHOOK_FINANCE_ROOM_URL": "https://chat.example/s3cret-room",
}


def tenant(*routes: dict[str, Any]) -> TenantSettings:
    where = {"url": "http://odoo.example", "database": "firm", "login": "fleet"}
    return TenantSettings.model_validate({**where, "routes": routes})


def test_without_routes_the_jobs_own_channels_hold() -> None:
    assert routes_of(tenant(), READINESS, FINANCE, WARNING, 1) == (Route("email"),)


def test_the_first_route_that_fits_wins() -> None:
    found = tenant({"channels": ["n8n"], "digest": False}, {"channels": ["email"]})
    assert routes_of(found, READINESS, FINANCE, WARNING, 1) == (Route("n8n", digest=False),)


def test_each_channel_of_a_route_comes_once_in_its_order() -> None:
    found = tenant({"channels": ["odoo_note", "email", "odoo_note"]})
    ways = routes_of(found, READINESS, FINANCE, WARNING, 1)
    assert ways == (Route("odoo_note"), Route("email"))


@pytest.mark.parametrize(
    ("only", "fits", "fits_not"),
    [
        ({"jobs": ["wip_aging"]}, (WIP, FINANCE, INFO, 1), (READINESS, FINANCE, INFO, 1)),
        ({"audiences": ["person"]}, (WIP, PERSON, INFO, 1), (WIP, FINANCE, INFO, 1)),
        ({"companies": [2, 3]}, (WIP, FINANCE, INFO, 3), (WIP, FINANCE, INFO, 1)),
        ({"severity_from": "warning"}, (WIP, FINANCE, CRITICAL, 1), (WIP, FINANCE, INFO, 1)),
        ({"severity_from": "warning"}, (WIP, FINANCE, WARNING, 1), (WIP, FINANCE, INFO, 1)),
        (
            {"jobs": ["wip_aging"], "companies": [2]},
            (WIP, FINANCE, INFO, 2),
            (WIP, FINANCE, INFO, 1),
        ),
    ],
)
def test_a_route_fits_only_what_it_names(
    only: dict[str, Any], fits: tuple[Any, ...], fits_not: tuple[Any, ...]
) -> None:
    found = tenant({**only, "channels": ["odoo_activity"]})
    assert routes_of(found, *fits) == (Route("odoo_activity"),)
    assert routes_of(found, *fits_not) == (Route("email"),)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return fleet_on(tmp_path, Clock(NOW), file=FILE + TARGETS, environ=ENVIRON)


@pytest.mark.parametrize("name", ["odoo_activity", "odoo_note", "n8n", "finance_room"])
def test_a_message_finds_its_channel(fleet: Fleet, name: str) -> None:
    assert channel_of(fleet, message(channel=name)).name == name


def test_a_channel_that_was_removed_is_refused_with_a_remedy(fleet: Fleet) -> None:
    with pytest.raises(DeliveryRefused, match="fleet dead drop message-7"):
        channel_of(fleet, message(channel="old_room"))
    with pytest.raises(DeliveryRefused, match="'gone' is not configured"):
        channel_of(fleet, message(channel="n8n", tenant="gone"))


def test_what_is_sent_goes_to_the_configured_address(tmp_path: Path) -> None:
    with receiving() as receiver:
        environ = {**ENVIRON, "FLEET_FIRM_WEBHOOK_FINANCE_ROOM_URL": receiver.url}
        fleet = fleet_on(tmp_path, Clock(NOW), file=FILE + TARGETS, environ=environ)
        sending = message(channel="finance_room")
        channel_of(fleet, sending).send(sending, lambda: None)
        assert len(receiver.got) == 1


def problems(tmp_path: Path, file: str, **environ: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as refused:
        fleet_on(tmp_path, Clock(NOW), file=file, environ=environ)
    return refused.value.problems


def test_every_problem_of_targets_and_routes_is_told_at_once_with_its_place(
    tmp_path: Path,
) -> None:
    wrong = """
[tenants.firm.webhooks.n8n]
url = "https://n8n.example"
[tenants.firm.webhooks.other]
url = "https://other.example"
[tenants.firm.webhooks.room]
kind = "chat"
[tenants.firm.webhooks.email]
kind = "chat"
url = "https://chat.example"
[[tenants.firm.routes]]
jobs = ["nonsense"]
channels = ["email", "telegram"]
"""
    told = problems(
        tmp_path, FILE + wrong, FLEET_FIRM_WEBHOOK_N8N_SECRET=f"{SECRET} whsec_sh0rt-and-s3cret"
    )
    for words in (
        "FLEET_FIRM_WEBHOOK_N8N_SECRET: number 2 is not a webhook secret; make one:",
        "FLEET_FIRM_WEBHOOK_OTHER_SECRET: not set; give the secret",
        "FLEET_FIRM_WEBHOOK_ROOM_URL: not set, and no url in the file",
        ":15: tenants.firm.webhooks.email: a channel has that name already",
        ":19: tenants.firm.routes.0.jobs: no such job; the jobs are",
        ":20: tenants.firm.routes.0.channels: no such channel 'telegram'; there are email, odoo_",
    ):
        assert any(words in problem for problem in told), (words, told)
    assert len(told) == 6
    assert "s3cret" not in " ".join(told)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('severity_from = "bad"', "severity_from: input should be 'info', 'warning' or"),
        ("channels = []", "channels: must have at least one"),
        ('audience = ["finance"]', "audience: no such setting"),
    ],
)
def test_a_wrong_value_of_a_route_names_its_key(tmp_path: Path, line: str, words: str) -> None:
    channels = "" if line.startswith("channels") else '\nchannels = ["email"]'
    told = problems(tmp_path, f"{FILE}\n[[tenants.firm.routes]]\n{line}{channels}\n")
    assert any(words in problem for problem in told), told


def test_no_repr_shows_an_address_or_a_secret(fleet: Fleet) -> None:
    said = repr(fleet.settings.tenants["firm"])
    assert "s3cret-room" not in said
    assert SECRET not in said
