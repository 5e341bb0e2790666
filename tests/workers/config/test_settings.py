"""A configuration is read whole, and all its problems are told at once."""

from datetime import date
from pathlib import Path

import pytest

from odoo_gateway.errors import ConfigurationError
from tasks import catalogue
from tasks.declaration import ROLES
from tests.fakes import example
from workers.config import settings
from workers.config.settings import Settings
from workers.config.tenants import Recipients

ONE_ODOO = {
    "FLEET_ODOO_URL": "https://odoo.example.com",
    "FLEET_ODOO_DB": "firm",
    "FLEET_ODOO_LOGIN": "fleet",
    "FLEET_ODOO_API_KEY": "s3cret",
}
GOOD = """\
[tenants.acme]
url = "https://acme.example.com"
database = "acme"
login = "fleet"
timezone = "Europe/Brussels"
recipients.finance = ["finance@acme.example"]

[tenants.acme.policies.timesheet_reminders]
complete_from_percent = 90

[tenants.acme.schedules]
timesheet_reminders = "0 7 * * 1"

[tenants.acme.company.2]
timezone = "America/New_York"
policies.timesheet_reminders.complete_from_percent = 80
recipients.finance = ["finance.us@acme.example"]
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def with_file(text: str, **environ: str) -> dict[str, str]:
    Path("fleet.toml").write_text(text, encoding="utf-8")
    return {"FLEET_ACME_ODOO_API_KEY": "s3cret", **environ}


def problems(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        settings.load(environ)
    return caught.value.problems


def test_four_variables_make_one_tenant() -> None:
    tenant = settings.load(ONE_ODOO).tenant("default")
    assert (tenant.address.url, tenant.address.secret) == ("https://odoo.example.com", "s3cret")


@pytest.mark.parametrize("around", ["\\n", "\\t", " ", "\u00a0", "\u200b"], ids=ascii)
def test_what_a_paste_leaves_around_an_address_does_not_count(around: str) -> None:
    address = f"{around}finance@acme.example{around}"
    text = f'''[tenants.acme]
url = "https://odoo.example.com"
database = "acme"
login = "fleet"
recipients.finance = ["{address}"]
brand = {{ name = "Acme", sender = "{address}" }}
mail.languages = {{ "{address}" = "de" }}
'''
    found = settings.load(with_file(text, FLEET_MAIL_FROM="\u00a0Fleet <fleet@acme.example>\n"))
    tenant = found.tenant("acme")
    assert tenant.recipients(1).finance == ("finance@acme.example",)
    assert tenant.brand(1).sender == "finance@acme.example"
    assert tenant.language("finance@acme.example", 1, "") == "de"
    assert found.environment.mail_from == "Fleet <fleet@acme.example>"


def test_no_configuration_says_what_to_set() -> None:
    (problem,) = problems({})
    assert "FLEET_ODOO_URL, FLEET_ODOO_DB, FLEET_ODOO_LOGIN: not set" in problem
    assert "fleet demo" in problem


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-file\n", encoding="utf-8")
    environ = {**ONE_ODOO, "FLEET_ODOO_API_KEY_FILE": "key"}
    del environ["FLEET_ODOO_API_KEY"]
    assert settings.load(environ).tenant("default").address.secret == "from-file"


def test_a_company_overrides_its_tenant() -> None:
    tenant = settings.load(with_file(GOOD)).tenant("acme")
    job = catalogue.jobs()["timesheet_reminders"]
    policies = [tenant.policy(job, company, date(2026, 11, 23)) for company in (1, 2)]
    assert [policy.complete_from_percent for policy in policies] == [90, 80]  # type: ignore[attr-defined]
    assert [tenant.zone(company, "UTC").key for company in (1, 2)] == [
        "Europe/Brussels",
        "America/New_York",
    ]
    assert tenant.recipients(2).finance == ("finance.us@acme.example",)
    assert tenant.crontab(job) == "0 7 * * 1"


def test_every_role_of_jobs_has_recipients_and_no_other() -> None:
    assert tuple(Recipients.model_fields) == ROLES
    recipients = Recipients(finance=("finance@acme.example",))
    assert [recipients.of(role) for role in ROLES] == [("finance@acme.example",), (), ()]
    with pytest.raises(KeyError):
        recipients.of("accounting")


def test_every_problem_is_told_at_once_with_key_and_remedy() -> None:
    text = """\
[tenants.acme]
url = "acme.example.com"
databse = "acme"
login = "fleet"
timezone = "Mars/Base"

[tenants.acme.policies.timesheet_reminders]
complete_from_percent = 120

[tenants.acme.policies.wip_agin]

[tenants.acme.schedules]
invoice_readiness = "every day"
"""
    environ = {
        "FLEET_BROKER_URL": "http://redis",
        "FLEET_TICK_SECONDS": "often",
        "FLEET_BROKR_URL": "redis://",
        "FLEET_SMTP_URL_FILE": "/nowhere",
    }
    found = "\n".join(problems(with_file(text, **environ)))
    for expected in (
        "FLEET_SMTP_URL_FILE: '/nowhere' cannot be read",
        "FLEET_BROKR_URL: no such setting",
        "FLEET_BROKER_URL: give an address that starts with redis",
        "FLEET_TICK_SECONDS: input should be a valid number",
        "fleet.toml:2: tenants.acme.url: give an address that starts with http",
        "fleet.toml:3: tenants.acme.databse: no such setting",
        "fleet.toml:1: tenants.acme.database: must be given",
        "fleet.toml:5: tenants.acme.timezone: 'Mars/Base' is not a time zone",
        "fleet.toml:13: tenants.acme.schedules.invoice_readiness: 'every day' is not a crontab",
    ):
        assert expected in found


def test_policies_and_jobs_are_checked_with_their_lines() -> None:
    text = GOOD + "\n[tenants.acme.policies.wip_agin]\n"
    text = text.replace("complete_from_percent = 90", "complete_from_percent = 120")
    found = problems(with_file(text))
    assert found == (
        "fleet.toml:9: tenants.acme.policies.timesheet_reminders.complete_from_percent: "
        "input should be less than or equal to 100",
        "fleet.toml:19: tenants.acme.policies.wip_agin: no such job; the jobs are "
        + ", ".join(catalogue.jobs()),
    )


def test_amendments_are_checked_with_their_lines() -> None:
    text = (
        GOOD
        + """
[tenants.acme.units.advisory]
departments = [4, 5]

[tenants.acme.units.training]
departments = [5]

[[tenants.acme.amendments]]
job = "timesheet_reminders"
from = 2027-01-01
set = { complete_from_percent = 100 }

[[tenants.acme.amendments]]
job = "wip_aging"
from = 2027-01-01
unit = "advisry"
set = { decide_after_dys = 60 }
"""
    )
    where = "tenants.acme.amendments.1"
    assert problems(with_file(text)) == (
        f"fleet.toml:34: {where}.set.decide_after_dys: no such setting; remove it or correct its "
        "name",
        "fleet.toml:22: tenants.acme.units.training: department 5 is in unit 'advisory' already; "
        "name it once",
        f"fleet.toml:33: {where}.unit: no such unit; under `units` stand: advisory, training",
    )


def test_a_missing_secret_names_the_tenants_own_variable() -> None:
    environ = with_file(GOOD)
    del environ["FLEET_ACME_ODOO_API_KEY"]
    assert problems(environ) == (
        "FLEET_ACME_ODOO_API_KEY: not set; give the API key of fleet in Odoo",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tenants", "cannot be read as TOML"),
        ("", "names no tenant"),
        ("[tenant.acme]", "tenant: no such setting"),
    ],
)
def test_a_file_that_is_no_configuration_is_told(text: str, words: str) -> None:
    assert words in "\n".join(problems(with_file(text)))


def test_a_wrong_value_causes_no_complaint_about_the_others() -> None:
    assert problems({**ONE_ODOO, "FLEET_TICK_SECONDS": "often"}) == (
        "FLEET_TICK_SECONDS: input should be a valid number, unable to parse string as a number",
    )


def test_a_file_that_is_not_there_is_told() -> None:
    assert problems({"FLEET_CONFIG": "other.toml"}) == (
        "FLEET_CONFIG: there is no file 'other.toml'",
    )


def test_a_disabled_job_must_exist() -> None:
    text = GOOD.replace("[tenants.acme]\n", '[tenants.acme]\ndisabled_jobs = ["nothing"]\n', 1)
    assert "no such job" in problems(with_file(text))[0]


def test_an_unknown_tenant_names_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match="configured: default"):
        settings.load(ONE_ODOO).tenant("acme")


def test_no_repr_shows_a_secret() -> None:
    environ = {
        **ONE_ODOO,
        "FLEET_SMTP_URL": "smtp://me:s3cret@mail.example",
        "FLEET_BROKER_URL": "redis://:s3cret@redis.example",
        "FLEET_DATABASE_URL": "postgresql://me:s3cret@db.example/fleet",
    }
    assert "s3cret" not in repr(settings.load(environ))


def as_example(folder: Path, text: str) -> Settings:
    """Loaded as fleet.toml, with the variables that its lines name and no others."""
    file = folder / "fleet.toml"
    file.write_text(text.replace("/etc/fleet/acme.png", str(example.LOGO)), encoding="utf-8")
    read = "\n".join(line for line in text.splitlines() if not example.is_switched_off(line))
    named = {name: value for name, value in example.SECRETS.items() if name in read}
    return settings.load({"FLEET_CONFIG": str(file), **named})


def test_the_example_file_is_a_sound_configuration_as_it_is(tmp_path: Path) -> None:
    found = as_example(tmp_path, example.TEXT)
    assert (found.names, found.unusable) == (("acme",), {})
    policy = found.tenant("acme").policy(catalogue.jobs()["wip_aging"], 1, date(2027, 1, 1))
    assert policy.for_department(4).version.startswith("2027-01-01 advisory ")


@pytest.mark.parametrize("text", example.switched_on(), ids=lambda text: text[0])
def test_what_the_example_file_switches_off_can_be_switched_on(
    tmp_path: Path, text: tuple[str, str]
) -> None:
    found = as_example(tmp_path, text[1])
    assert found.unusable == {}
    assert found != as_example(tmp_path, example.TEXT)


def test_links_to_the_page_need_a_long_secret() -> None:
    page = {**ONE_ODOO, "FLEET_WEB_URL": "https://fleet.example.com/"}
    (missing,) = problems(page)
    assert missing.startswith("FLEET_LINK_SECRET: not set")
    assert "openssl rand" in missing
    (short,) = problems({**page, "FLEET_LINK_SECRET": "short"})
    assert short.startswith("FLEET_LINK_SECRET: shorter than 32")
    found = settings.load({**page, "FLEET_LINK_SECRET": "s" * 32}).environment
    assert (found.web_url, found.link_days) == ("https://fleet.example.com", 30)


@pytest.mark.parametrize("url", ["fleet.example.com", "ftp://x", "https://x/?a=b", "https://"])
def test_the_address_of_the_page_must_be_one(url: str) -> None:
    (problem,) = problems({**ONE_ODOO, "FLEET_WEB_URL": url, "FLEET_LINK_SECRET": "s" * 32})
    assert problem.startswith("FLEET_WEB_URL: give an address like")


def test_opting_out_names_a_job_that_exists() -> None:
    (problem,) = problems(
        with_file(GOOD.replace("timezone", 'opt_out_jobs = ["nope"]\ntimezone', 1))
    )
    assert "opt_out_jobs: no such job" in problem


def test_a_file_that_this_user_may_not_read_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, key = tmp_path / "fleet.toml", tmp_path / "key"
    for path in (file, key):
        path.touch()

    def refuse(path: Path, *given: object, **named: object) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_text", refuse)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ConfigurationError) as caught:
        settings.load({"FLEET_CONFIG": str(file), "FLEET_SMTP_URL_FILE": str(key)})
    assert f"{file}: this user may not read it; give it the right to" in caught.value.problems
    assert any(
        problem.startswith(f"FLEET_SMTP_URL_FILE: this user may not read {str(key)!r}")
        for problem in caught.value.problems
    )
