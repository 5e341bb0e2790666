"""Sources of events: each with the secret that its kind wants, or the tenant is left out."""

from pathlib import Path

import pytest

from odoo_gateway.errors import ConfigurationError
from tests.fakes.clock import Clock
from tests.fakes.fleets import fleet_on
from tests.fakes.hooks import ENVIRON, SECRET, SOURCES


def problem(tmp_path: Path, clock: Clock, **environ: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        fleet_on(tmp_path, clock, file=SOURCES, environ={**ENVIRON, **environ}, upgraded=False)
    return str(caught.value)


def test_their_secrets_stay_out_of_what_is_printed(tmp_path: Path, clock: Clock) -> None:
    fleet = fleet_on(tmp_path, clock, file=SOURCES, environ=ENVIRON, upgraded=False)
    tenant = fleet.settings.tenant("firm")
    assert tenant.sources["n8n"].secrets == (SECRET,)
    assert SECRET not in repr(tenant)


def test_a_webhook_without_a_secret_is_a_problem(tmp_path: Path, clock: Clock) -> None:
    told = problem(tmp_path, clock, FLEET_FIRM_IN_N8N_SECRET="")
    assert told.startswith("FLEET_FIRM_IN_N8N_SECRET: not set")


@pytest.mark.parametrize("secret", ["short", "/" * 40, "f" * 31])
def test_a_secret_that_no_path_can_hold_is_a_problem(
    tmp_path: Path, clock: Clock, secret: str
) -> None:
    told = problem(tmp_path, clock, FLEET_FIRM_IN_ODOO_SECRET=secret)
    assert told.startswith("FLEET_FIRM_IN_ODOO_SECRET: number 1 is part of an address")
    assert secret not in told


def test_a_secret_that_signs_nothing_is_a_problem(tmp_path: Path, clock: Clock) -> None:
    told = problem(tmp_path, clock, FLEET_FIRM_IN_N8N_SECRET="whsec_short")
    assert told.startswith("FLEET_FIRM_IN_N8N_SECRET: number 1 is not a webhook secret")


def test_a_secret_may_stand_in_a_file(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "secret").write_text(SECRET)
    file = {"FLEET_FIRM_IN_N8N_SECRET_FILE": str(tmp_path / "secret")}
    environ = {**ENVIRON, "FLEET_FIRM_IN_N8N_SECRET": "", **file}
    fleet = fleet_on(tmp_path, clock, file=SOURCES, environ=environ, upgraded=False)
    assert fleet.settings.tenant("firm").sources["n8n"].secrets == (SECRET,)


def test_two_tenants_cannot_share_a_variable(tmp_path: Path, clock: Clock) -> None:
    clash = SOURCES.replace("tenants.firm", "tenants.firm_in_a").replace("n8n", "b")
    file = SOURCES.replace("n8n", "a_in_b") + clash
    secret = {"FLEET_FIRM_IN_A_IN_B_SECRET": SECRET, "FLEET_FIRM_IN_A_ODOO_API_KEY": "k"}
    environ = {**ENVIRON, **secret, "FLEET_FIRM_IN_A_IN_ODOO_SECRET": "f" * 40}
    fleet = fleet_on(tmp_path, clock, file=file, environ=environ, upgraded=False)
    (told,) = fleet.settings.unusable["firm_in_a"]
    assert "FLEET_FIRM_IN_A_IN_B_SECRET is a variable of tenant firm too" in told
