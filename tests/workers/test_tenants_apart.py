"""What is told of one tenant never touches another: its key, its mistakes, its Odoo."""

import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from monitoring import logs
from odoo_gateway.errors import ConfigurationError, OdooLoginRefused, OdooUnavailable
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.transport import Transport
from tasks import catalogue
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, fleet_on
from workers import dispatch, runner, wiring
from workers.commands import doctor
from workers.commands.cli import cli
from workers.config import settings
from workers.config.settings import Settings
from workers.config.tenants import Tenant
from workers.delivery import dispatcher
from workers.ledger import outbox, runs
from workers.ledger.places import Place
from workers.ledger.statuses import MessageStatus, RunStatus
from workers.watch import examination, visibility
from workers.watch import scrape as backlog
from workers.wiring import Fleet

TWO = """\
[tenants.acme]
url = "https://odoo.acme.example"
database = "acme"
login = "fleet"

[tenants.other]
url = "https://odoo.other.example"
database = "other"
login = "robot"
"""
KEYS = {"FLEET_ACME_ODOO_API_KEY": "acme's", "FLEET_OTHER_ODOO_API_KEY": "other's"}
READINESS = "invoice_readiness"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(text: str, **environ: str) -> Settings:
    Path("fleet.toml").write_text(text, encoding="utf-8")
    return settings.load(environ)


def problems(text: str, **environ: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        load(text, **environ)
    return caught.value.problems


def test_one_tenants_key_is_never_used_for_another() -> None:
    found = load(TWO, FLEET_ODOO_API_KEY="acme's", FLEET_ACME_ODOO_API_KEY="acme's")
    assert list(found.tenants) == ["acme"]
    assert found.unusable == {
        "other": (
            "FLEET_OTHER_ODOO_API_KEY: not set; give the API key of robot in Odoo "
            "(FLEET_ODOO_API_KEY is used only where there is one tenant)",
        )
    }


def test_a_second_tenant_ends_the_key_that_nobody_is_named_by() -> None:
    one = TWO.partition("[tenants.other]")[0]
    assert load(one, FLEET_ODOO_API_KEY="k").tenant("acme").address.secret == "k"
    for problem in problems(TWO, FLEET_ODOO_API_KEY="k"):
        assert "not set" in problem
        assert "only where there is one tenant" in problem


def test_the_key_of_another_address_is_not_the_only_tenants() -> None:
    one = TWO.partition("[tenants.other]")[0]
    (problem,) = problems(one, FLEET_ODOO_API_KEY="k", FLEET_ODOO_URL="https://alpha.example")
    assert "FLEET_ACME_ODOO_API_KEY: not set" in problem
    assert "only for FLEET_ODOO_URL" in problem
    url = load(one, FLEET_ODOO_API_KEY="k").tenant("acme").settings.url
    found = load(one, FLEET_ODOO_API_KEY="k", FLEET_ODOO_URL=f"{url}/")
    assert found.tenant("acme").address.secret == "k"


def test_a_tenants_own_key_goes_before_the_one_for_all() -> None:
    one = TWO.partition("[tenants.other]")[0]
    found = load(one, FLEET_ODOO_API_KEY="k", FLEET_ACME_ODOO_API_KEY="own").tenant("acme")
    assert (found.address.secret, found.address.secret_name) == ("own", "FLEET_ACME_ODOO_API_KEY")


def test_a_refused_login_names_the_variable_of_its_own_tenant(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k", encoding="utf-8")
    found = load(TWO, FLEET_OTHER_ODOO_API_KEY_FILE="key", FLEET_ACME_ODOO_API_KEY="a")
    addresses = [tenant.address for tenant in found.tenants.values()]
    assert [address.secret_name for address in addresses] == [
        "FLEET_ACME_ODOO_API_KEY",
        "FLEET_OTHER_ODOO_API_KEY_FILE",
    ]
    assert addresses[1].database_name == "fleet.toml:8: tenants.other.database"


def test_two_tenants_never_share_the_variable_of_a_webhook() -> None:
    text = (
        TWO.replace("tenants.other", "tenants.acme_webhook_a")
        + """
[tenants.acme.webhooks.a_webhook_b]
kind = "chat"

[tenants.acme_webhook_a.webhooks.b]
kind = "chat"
"""
    )
    found = load(
        text,
        FLEET_ACME_ODOO_API_KEY="a",
        FLEET_ACME_WEBHOOK_A_ODOO_API_KEY="b",
        FLEET_ACME_WEBHOOK_A_WEBHOOK_B_URL="https://chat.acme.example/room",
    )
    assert list(found.tenants) == ["acme"]
    assert found.unusable["acme_webhook_a"][0] == (
        "fleet.toml:14: tenants.acme_webhook_a.webhooks.b: FLEET_ACME_WEBHOOK_A_WEBHOOK_B_URL is a "
        "variable of tenant acme too; give the webhook another name"
    )


@pytest.mark.parametrize(
    ("lines", "environ", "problem"),
    [
        ("", {"FLEET_OTHER_ODOO_API_KEY": ""}, "FLEET_OTHER_ODOO_API_KEY: not set"),
        (
            "",
            {"FLEET_OTHER_ODOO_API_KEY": "", "FLEET_OTHER_ODOO_API_KEY_FILE": "nowhere"},
            "FLEET_OTHER_ODOO_API_KEY_FILE: 'nowhere' cannot be read (No such file or directory)",
        ),
        ("colour = 1", {}, "fleet.toml:10: tenants.other.colour: no such setting"),
        (
            'webhooks.n8n.url = "https://n8n.example/x"',
            {},
            "FLEET_OTHER_WEBHOOK_N8N_SECRET: not set",
        ),
        (
            "webhooks.room.kind = 'chat'",
            {"FLEET_OTHER_WEBHOOK_ROOM_URL_FILE": "."},
            "FLEET_OTHER_WEBHOOK_ROOM_URL_FILE: '.' cannot be read (Is a directory)",
        ),
        ("schedules.nothing = '0 6 * * *'", {}, "tenants.other.schedules.nothing: no such job"),
        (
            "",
            {"FLEET_OTHER_WEBHOOK_X_SECRETT": "s"},
            "FLEET_OTHER_WEBHOOK_X_SECRETT: no such setting",
        ),
    ],
)
def test_a_tenants_mistake_is_named_and_the_others_go_on(
    lines: str, environ: dict[str, str], problem: str
) -> None:
    found = load(TWO + lines, **KEYS | environ)
    assert list(found.tenants) == ["acme"]
    assert problem in found.unusable["other"][0]
    assert found.names == ("acme", "other")
    with pytest.raises(ConfigurationError, match=r"other|OTHER"):
        found.tenant("other")


@pytest.mark.parametrize(
    ("written", "named"),
    [("Bad-1", "Bad-1"), ("", "''"), ("x\\u0000", "x\\x00"), ("Acme", "Acme")],
)
def test_a_name_that_is_none_is_told_and_the_others_go_on(written: str, named: str) -> None:
    webhook = 'webhooks.n8n.url = "https://n8n.example/x"\n'
    found = load(
        f'[tenants."{written}"]\n{webhook}' + TWO.replace("\n\n", f"\n{webhook}\n"),
        FLEET_ACME_WEBHOOK_N8N_SECRET="whsec_" + "A" * 44,
        **KEYS,
    )
    assert list(found.tenants) == ["acme", "other"]
    ((name, (problem,)),) = found.unusable.items()
    assert name == named
    assert "a tenant's name becomes part of variables; write it in small letters" in problem


def test_a_variable_is_the_longest_named_tenants_and_that_of_none_is_everybodys() -> None:
    found = load(
        TWO.replace("tenants.other", "tenants.acme_two"),
        FLEET_ACME_ODOO_API_KEY="a",
        FLEET_ACME_TWO_ODOO_API_KEY="b",
        FLEET_ACME_TWO_ODOO_KEY="b",
    )
    assert (list(found.tenants), list(found.unusable)) == (["acme"], ["acme_two"])
    (problem,) = problems(TWO, **KEYS, FLEET_SMTP_URLL="smtp://mail")
    assert problem.startswith("FLEET_SMTP_URLL: no such setting")


def test_what_all_share_stops_all_and_everything_is_told_at_once() -> None:
    environ = {"FLEET_ACME_ODOO_API_KEY": "k", "FLEET_TICK_SECONDS": "often"}
    first, second = problems(TWO, **environ)
    assert first.startswith("FLEET_TICK_SECONDS")
    assert second.startswith("FLEET_OTHER_ODOO_API_KEY")


def test_what_is_left_of_a_tenant_that_is_gone_stops_nobody() -> None:
    found = load(TWO, **KEYS, FLEET_OLD_ODOO_API_KEY_FILE="/run/secrets/gone")
    assert found.unusable == {}


# What a fleet does with such tenants: FIRM is well, and OTHER has no key or an Odoo that refuses.
OTHER = """
[tenants.other]
url = "https://other.example"
database = "other"
login = "robot"
recipients.finance = ["finance@other.example"]
"""
Fleets = Callable[..., Fleet]


class Refusing:
    """An Odoo that answers every call with one error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def call(self, model: str, method: str, args: Any, kwargs: Any) -> Any:
        """As Transport.call."""
        raise self.error


@pytest.fixture
def fleet_with(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Fleets:
    def made(odoos: dict[str, Transport], *without: str) -> Fleet:
        Path("fleet.toml").write_text(FILE + OTHER, encoding="utf-8")
        keys = {"FLEET_FIRM_ODOO_API_KEY": "k", "FLEET_OTHER_ODOO_API_KEY": "k"}
        environ = {
            **{key: value for key, value in keys.items() if key not in without},
            "FLEET_SMTP_URL": "smtp://127.0.0.1:9",
            "FLEET_DATABASE_URL": f"sqlite:///{tmp_path / 'fleet.db'}",
        }

        def connect(tenant: Tenant) -> Transport:
            return odoos.get(tenant.name) or Sandbox(clock().date())

        fleet = Fleet(settings.load(environ), connect_odoo=connect, clock=clock)
        fleet.ledger.upgrade()
        monkeypatch.setattr(wiring, "fleet", lambda: fleet)
        monkeypatch.setattr(logs, "configure", lambda *_: None)
        return fleet

    return made


def invoke(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, list(arguments), env={"COLUMNS": "200"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def open_run(fleet: Fleet, tenant: str, clock: Clock) -> int:
    """A due run of the tenant's first company, as the timetable opens it."""
    dispatch.known_scopes(fleet, fleet.settings.tenant(tenant))
    with fleet.ledger.transaction() as connection:
        made = runs.open_slot(connection, Place(READINESS, tenant, 1), clock(), clock(), "t")
    assert made is not None
    return made


def test_runs_of_a_tenant_without_its_key_wait_and_the_others_are_published(
    fleet_with: Fleets, clock: Clock
) -> None:
    whole = fleet_with({})
    waiting, well = (open_run(whole, name, clock) for name in ("other", "firm"))
    broken = fleet_with({}, "FLEET_OTHER_ODOO_API_KEY")
    published: list[int] = []
    dispatch.publish_due(broken, lambda run: published.append(run.id))
    assert published == [well]
    clock.forward(minutes=10)
    assert runner.execute(broken, waiting) is None
    with broken.ledger.reading() as connection:
        found = runs.get(connection, waiting)
    assert found is not None
    assert (found.status, found.attempts) == (RunStatus.PENDING, 0)
    executed = runner.execute(fleet_with({}), waiting)
    assert executed is not None
    assert executed.status is RunStatus.SUCCEEDED


def test_mails_of_a_tenant_without_its_key_wait(fleet_with: Fleets, clock: Clock) -> None:
    whole = fleet_with({})
    runner.execute(whole, open_run(whole, "other", clock))
    broken = fleet_with({}, "FLEET_OTHER_ODOO_API_KEY")
    assert not dispatcher.deliver(broken)
    with broken.ledger.reading() as connection:
        found = outbox.find(connection, 100)
    assert {(each.status, each.attempts) for each in found} == {(MessageStatus.QUEUED, 0)}
    assert dispatcher.deliver(fleet_with({}))["waiting"] > 0


def test_beat_opens_the_slots_of_the_others(fleet_with: Fleets, clock: Clock) -> None:
    fleet = fleet_with({}, "FLEET_OTHER_ODOO_API_KEY")
    job = catalogue.jobs()[READINESS]
    dispatch.open_due_slots(fleet, job)
    clock.forward(days=1)
    dispatch.open_due_slots(fleet, job)
    with fleet.ledger.reading() as connection:
        assert {run.tenant for run in runs.latest(connection, 10)} == {"firm"}


def test_the_schedule_names_who_is_refused_and_shows_the_others(fleet_with: Fleets) -> None:
    fleet_with({"other": Refusing(OdooLoginRefused("refused: renew FLEET_OTHER_ODOO_API_KEY"))})
    code, printed, told = invoke("schedule", "--json")
    assert code == 4
    assert {slot["tenant"] for slot in json.loads(printed)["schedule"]} == {"firm"}
    assert "error tenant other: refused: renew FLEET_OTHER_ODOO_API_KEY" in told


@pytest.mark.parametrize(
    ("error", "code"),
    [(OdooLoginRefused("refused"), 2), (OdooUnavailable("away"), 3)],
)
def test_where_all_fail_the_schedule_says_of_what_kind(
    fleet_with: Fleets, error: Exception, code: int
) -> None:
    fleet_with({"other": Refusing(error), "firm": Refusing(error)})
    assert invoke("schedule")[0] == code


@pytest.mark.parametrize("command", ["schedule", "policies"])
def test_a_command_about_all_tenants_names_who_is_left_out(
    fleet_with: Fleets, command: str
) -> None:
    fleet_with({}, "FLEET_OTHER_ODOO_API_KEY")
    code, printed, told = invoke(command)
    assert code == 4
    assert "firm" in printed
    assert "tenant other is left out: FLEET_OTHER_ODOO_API_KEY: not set" in told


# What is asked of the ledger alone, and its exit code where the only tenant has no key.
ON_THE_LEDGER = {
    "status": 1,
    "status --tenant firm --company 1": 1,
    "runs --tenant firm": 0,
    "cases": 0,
    "outbox": 0,
    "audit": 0,
    "why finance@nordwind.example": 0,
    "kpi": 0,
    "kpi readiness_orders": 0,
    "dead": 0,
    "dead retry --all --dry-run": 0,
    "dead drop --all --dry-run": 0,
    "pause --tenant firm --company 1 --for 2h --reason x --who ann": 0,
    "trim": 0,
    "restored --dry-run": 0,
    "schedule": 4,
    "policies": 4,
    "doctor": 4,
    "person export finance@nordwind.example": 4,
    "person erase finance@nordwind.example --name 'Fin Ance' --reason x --dry-run": 0,
}


@pytest.mark.parametrize("command", ON_THE_LEDGER)
def test_the_ledger_answers_without_any_usable_tenant_and_the_tenant_is_named(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    whole = fleet_on(tmp_path, clock)
    runner.execute(whole, open_run(whole, "firm", clock))
    whole.ledger.close()
    environ = {
        "FLEET_CONFIG": str(tmp_path / "fleet.toml"),
        "FLEET_DATABASE_URL": f"sqlite:///{tmp_path / 'fleet.db'}",
        "FLEET_BROKER_URL": "redis://127.0.0.1:9/0",
        "FLEET_SMTP_URL": "smtp://127.0.0.1:9",
    }
    monkeypatch.setattr(wiring, "_FLEETS", {})
    without = replace(wiring.fleet(environ), clock=clock)
    monkeypatch.setattr(wiring, "fleet", lambda: without)
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    code, printed, told = invoke(*shlex.split(command))
    assert code == ON_THE_LEDGER[command], printed + told
    assert "FLEET_FIRM_ODOO_API_KEY: not set" in printed + told
    assert "firm" in printed + told


@pytest.mark.parametrize("command", ["worker", "beat", "exporter", "web", "run wip_aging"])
def test_a_process_does_not_start_without_any_usable_tenant(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    fleet_on(tmp_path, clock).ledger.close()
    monkeypatch.setenv("FLEET_CONFIG", str(tmp_path / "fleet.toml"))
    monkeypatch.setenv("FLEET_DATABASE_URL", f"sqlite:///{tmp_path / 'fleet.db'}")
    monkeypatch.setattr(wiring, "_FLEETS", {})
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    with pytest.raises(ConfigurationError, match="FLEET_FIRM_ODOO_API_KEY: not set"):
        invoke(*command.split())


@pytest.mark.parametrize("command", ["run", "explain", "mail preview"])
def test_a_command_about_one_tenant_needs_that_one_only(fleet_with: Fleets, command: str) -> None:
    fleet_with({}, "FLEET_OTHER_ODOO_API_KEY")
    asked = [*command.split(), READINESS, *(["S00001"] if command == "explain" else [])]
    dry = ["--dry-run"] if command == "run" else []
    assert invoke(*asked, *dry, "--tenant", "firm")[0] in (0, 2)
    with pytest.raises(ConfigurationError, match="FLEET_OTHER_ODOO_API_KEY: not set"):
        invoke(*asked, *dry, "--tenant", "other")
    with pytest.raises(ConfigurationError, match="name one of firm, other"):
        invoke(*asked, *dry)


def test_the_doctor_and_health_and_metrics_name_a_tenant_that_is_left_out(
    fleet_with: Fleets,
) -> None:
    fleet = fleet_with({}, "FLEET_OTHER_ODOO_API_KEY")
    found = {each.what: each for each in doctor.examine(fleet)}
    assert found["other: configuration"].state == "failed"
    assert "FLEET_OTHER_ODOO_API_KEY: not set" in found["other: configuration"].detail
    assert found["firm: Odoo"].state == "ok"
    checks = {check.what: check for check in examination.examine(fleet, "worker", "deep")}
    assert not checks["configuration of other"].passed
    assert checks["Odoo of firm"].passed
    samples = [
        (sample.labels["tenant"], sample.value)
        for family in backlog.collector(fleet).collect()
        if family.name == "fleet_tenant_unusable"
        for sample in family.samples
    ]
    assert samples == [("firm", 0.0), ("other", 1.0)]


def test_one_odoo_that_refuses_stops_no_nightly_comparison_of_the_others(
    fleet_with: Fleets,
) -> None:
    fleet = fleet_with({"firm": Refusing(OdooLoginRefused("refused"))})
    visibility.compare_totals(fleet)
    families = backlog.collector(fleet).collect()
    rows = next(found for found in families if found.name == "fleet_odoo_visible_rows")
    assert {sample.labels["tenant"] for sample in rows.samples} == {"other"}


COMPANY = """
[tenants.firm.company.2]
recipients.finance = ["finance.us@nordwind.example"]
policies.utilization_variance.targets_by_job = { 7 = 60 }
"""
FIRM = FILE.replace(
    "recipients.finance",
    'policies.utilization_variance.targets_by_job = { 3 = 80 }\nrecipients.ops = ["ops@nordwind.'
    'example"]\nrecipients.finance',
)


def test_a_companys_recipients_are_laid_over_the_tenants_role_by_role() -> None:
    tenant = load(FIRM + COMPANY, FLEET_ODOO_API_KEY="k").tenant("firm")
    assert tenant.recipients(2).finance == ("finance.us@nordwind.example",)
    assert tenant.recipients(2).ops == ("ops@nordwind.example",)
    assert tenant.recipients(1).finance == ("finance@nordwind.example",)


def test_an_empty_list_of_a_company_names_nobody() -> None:
    text = FIRM + COMPANY + "recipients.ops = []\n"
    assert load(text, FLEET_ODOO_API_KEY="k").tenant("firm").recipients(2).ops == ()


def test_a_companys_table_of_a_policy_is_laid_over_the_tenants_key_by_key(clock: Clock) -> None:
    tenant = load(FIRM + COMPANY, FLEET_ODOO_API_KEY="k").tenant("firm")
    job = catalogue.jobs()["utilization_variance"]
    policy: Any = tenant.policy(job, 2, clock().date())
    assert policy.targets_by_job == {3: 80, 7: 60}


def test_the_doctor_tells_who_stands_behind_each_role(
    fleet_with: Fleets, clock: Clock, tmp_path: Path
) -> None:
    Path("fleet.toml").write_text(FIRM + COMPANY, encoding="utf-8")
    found = settings.load({"FLEET_ODOO_API_KEY": "k", "FLEET_SMTP_URL": "smtp://127.0.0.1:9"})
    fleet = Fleet(found, connect_odoo=lambda tenant: Sandbox(clock().date()), clock=clock)
    told = [each.detail for each in doctor.examine(fleet) if "recipients" in each.what]
    assert "finance: finance.us@nordwind.example" in told[-2]
    assert "ops: ops@nordwind.example" in told[-2]
    assert told[-1].startswith("nobody is configured for the role delivery, so nobody hears of ")
