"""Effects, matrices, roles and stand-ins: what is wrong with them is told with its line."""

from pathlib import Path

import pytest

from odoo_gateway.errors import ConfigurationError
from tasks.domain.proposals import Mode
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, fleet_on
from workers.config.systems import RecordKind
from workers.config.tenants import Tenant

SOUND = f"""{FILE}
[tenants.firm.roles]
director = ["Dana@firm.example"]

[tenants.firm.effects]
follow_up = "approve"
note = "automatic"

[tenants.firm.company.2.effects]
note = "off"

[[tenants.firm.stand_ins]]
person = "dana@firm.example"
by = "dirk@firm.example"
from = 2026-11-01
until = 2026-11-30

[tenants.firm.matrices.billing]
about = ["follow_up"]

[[tenants.firm.matrices.billing.levels]]
name = "low"
roles = ["director", "finance"]

[[tenants.firm.matrices.billing.rules]]
name = "all"
levels = ["low"]
"""


def tenant(folder: Path, clock: Clock, file: str = SOUND) -> Tenant:
    return fleet_on(folder, clock, file=file, upgraded=False).settings.tenant("firm")


def test_modes_roles_and_matrices_are_read(tmp_path: Path, clock: Clock) -> None:
    found = tenant(tmp_path, clock)
    assert (found.mode("note", 1), found.mode("note", 2)) == (Mode.AUTOMATIC, Mode.OFF)
    assert found.mode("follow_up", 2) is Mode.APPROVE
    assert found.mode("another", 1) is Mode.OFF
    assert found.writes
    assert not tenant(tmp_path, clock, FILE).writes
    route = '[[tenants.firm.routes]]\nchannels = ["{}"]\n'
    assert tenant(tmp_path, clock, FILE + route.format("odoo_note")).writes
    assert not tenant(tmp_path, clock, FILE + route.format("email")).writes
    assert found.people(1)["director"] == ("dana@firm.example",)
    assert found.people(1)["finance"] == ("finance@nordwind.example",)
    name, matrix = found.matrix_of("follow_up")
    assert (name, matrix is not None, found.matrix_of("note")) == ("billing", True, ("", None))


def test_a_role_may_go_by_a_field_of_the_record(tmp_path: Path, clock: Clock) -> None:
    named = '["Dana@firm.example", "sale.order.user_id"]\nlead = "project.project.user_id"'
    found = tenant(tmp_path, clock, SOUND.replace('["Dana@firm.example"]', named))
    assert found.people(1)["director"] == ("dana@firm.example",)
    assert found.people(1)["lead"] == ()
    of_record = {"sale.order.user_id": ("sue@firm.example",)}
    assert found.people(1, of_record)["director"] == ("dana@firm.example", "sue@firm.example")
    assert found.people(1, of_record)["lead"] == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ('["Dana@firm.example"]', '"sale.order.create_uid"', 10, "'sale.order.create_uid' is not"),
        ('"director", "finance"', '"boss"', 25, "no such role 'boss'; there are delivery, direct"),
        ('director = ["D', 'finance = ["D', 10, "stands under `recipients`; choose another name"),
        ('note = "automatic"', 'nothing = "propose"', 14, "no such kind of effect; there are "),
        ('about = ["follow_up"]', 'about = ["discount"]', 13, "no matrix is about it; add it to"),
        ("until = 2026-11-30", "until = 2026-10-30", 23, "ends on 2026-10-30, before it begins on"),
        ('by = "dirk@', 'by = "dana@', 21, "nobody stands in for themselves"),
        ('levels = ["low"]', 'levels = ["high"]', 25, "rule 'all': no such level 'high'"),
        ('name = "all"', 'name = "all"\namount_up_to = 5', 32, "give the currency of its amounts"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, clock: Clock, old: str, new: str, line: int, told: str
) -> None:
    file = SOUND.replace(old, new, 1)
    assert file != SOUND
    with pytest.raises(ConfigurationError) as error:
        tenant(tmp_path, clock, file)
    assert told in str(error.value)
    assert f"fleet.toml:{line}: " in str(error.value)


KEPT_ELSEWHERE = """
[tenants.firm.effects]
create_project = "propose"

[tenants.firm.systems]
contracts = "signatures"

[tenants.firm.sources.signatures]
kind = "signed_webhook"

[tenants.firm.sources.feed]
kind = "feed"
"""
SECRET = {"FLEET_FIRM_IN_SIGNATURES_SECRET": "whsec_" + "c2VjcmV0" * 8}


def test_what_is_not_said_to_be_kept_elsewhere_is_kept_in_odoo(
    tmp_path: Path, clock: Clock
) -> None:
    file = FILE + KEPT_ELSEWHERE
    fleet = fleet_on(tmp_path, clock, file=file, environ=SECRET, upgraded=False)
    found = fleet.settings.tenant("firm")
    assert found.system_of(RecordKind.CONTRACTS) == "signatures"
    assert found.system_of(RecordKind.PROJECTS) == "odoo"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('= "signatures"', '= "docusign"', "'docusign' is not a source that tells of another"),
        # What the feed tells of is in Odoo.
        ('= "signatures"', '= "feed"', "'feed' is not a source that tells of another system"),
        ("contracts =", "projects =", "signatures keeps them, yet effects.create_project changes"),
        ("contracts =", "treaties =", "systems.treaties: "),
    ],
)
def test_a_system_that_tells_nothing_or_that_effects_would_bypass_is_refused(
    tmp_path: Path, clock: Clock, old: str, new: str, told: str
) -> None:
    file = FILE + KEPT_ELSEWHERE.replace(old, new, 1)
    with pytest.raises(ConfigurationError) as error:
        fleet_on(tmp_path, clock, file=file, environ=SECRET, upgraded=False).settings.tenant("firm")
    assert told in str(error.value)


def test_a_kind_is_decided_by_one_matrix(tmp_path: Path, clock: Clock) -> None:
    twice = SOUND + SOUND[SOUND.index("[tenants.firm.matrices") :].replace("billing", "other")
    with pytest.raises(ConfigurationError, match="follow_up is in the matrix 'billing' already"):
        tenant(tmp_path, clock, twice)
