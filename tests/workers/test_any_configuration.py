"""Whatever stands in the file, it is used or refused in lines that say what is wrong."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as checked
from hypothesis import strategies as st

from odoo_gateway.errors import ConfigurationError
from tasks import catalogue
from tests.fakes.example import SECRETS, all_on
from workers import slots
from workers.config import settings
from workers.config.settings import Settings
from workers.messages.calm import Calm

EXAMPLE = tomllib.loads(all_on())
del EXAMPLE["tenants"]["acme"]["brand"]["logo"]
# What the example leaves out, so that these places are tried too.
EXAMPLE["tenants"]["acme"]["timezone"] = "Europe/Brussels"
EXAMPLE["tenants"]["acme"]["timeout_seconds"] = 60.0
EXAMPLE["tenants"]["acme"]["mail"]["digest_at"] = time(7)
EXAMPLE["tenants"]["acme"]["policies"]["pending_approvals"]["look_back_weeks"] = 8
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)

scalars = st.one_of(
    st.booleans(),
    st.integers(),
    st.sampled_from([0, -1, 1, 2**31, 2**63, 10**30, 20270101]),
    st.floats(),
    st.sampled_from([float("inf"), float("-inf"), float("nan"), 1e300, -0.0]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(["", "a@b.example; c@d.example", "20:00+02:00-06:00", "* * * * * *", "[/x]"]),
    st.sampled_from(["0 0 31 2 *", "http://[", "https://h:99999", "1_0", "01", "\n", "a\x1bb"]),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.sampled_from([None, UTC, timezone(timedelta(hours=2))])),
)
keys = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(["1", "01", "-1", "0", "1_0", "٣", "99999999999", "wip_aging", "EUR"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=5,
)


def places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(content, dict):
        for key, value in content.items():
            yield from places(value, (*path, key))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from places(value, (*path, number))


def with_value(content: Any, path: Sequence[Any], value: Any) -> Any:
    if not path:
        return value
    changed = dict(content) if isinstance(content, dict) else list(content)
    changed[path[0]] = with_value(content[path[0]], path[1:], value)
    return changed


def toml(value: Any) -> str:
    """A value as TOML writes it on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(str(k))} = {toml(v)}" for k, v in value.items()) + "}"
    return repr(value)


def whole(content: Mapping[str, Any]) -> str:
    return "".join(f"{toml(key)} = {toml(value)}\n" for key, value in content.items())


def load(text: str, folder: Path) -> Settings | tuple[str, ...]:
    file = folder / "fleet.toml"
    file.write_text(text, encoding="utf-8")
    try:
        return settings.load({"FLEET_CONFIG": str(file), **SECRETS})
    except ConfigurationError as error:
        return error.problems


def use(found: Settings) -> None:
    """What the fleet does with every setting sooner or later, as far as that needs no Odoo."""
    for tenant in found.tenants.values():
        for company in (*tenant.company_ids, 1, 2):
            zone = tenant.zone(company, "UTC")
            tenant.recipients(company)
            tenant.brand(company).told("a company")
            tenant.language("eva@acme.example", company)
            for job in catalogue.jobs().values():
                for day in (date(2026, 11, 23), date(2027, 6, 1)):
                    policy = tenant.policy(job, company, day)
                    json.dumps(policy.versions(), allow_nan=False)
                line = tenant.crontab(job)
                slots.next_slot(line, zone, NOW)
                slots.due(job.cron, line, zone, NOW - timedelta(days=2), NOW)
        calm = Calm(tenant.settings.mail, ZoneInfo("Europe/Brussels"))
        calm.digest_at(calm.send_at(NOW, to_role=True))
        calm.after_cap([NOW], NOW)
        timedelta(seconds=tenant.address.timeout_seconds)


def check(text: str, folder: Path) -> None:
    found = load(text, folder)
    if isinstance(found, Settings):
        use(found)
        return
    assert found
    for problem in found:
        assert problem.isprintable(), problem
        assert "fleet.toml" in problem or problem.startswith("FLEET_"), problem


@given(data=st.data())
@checked(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_value_in_any_place_is_used_or_refused(data: st.DataObject, tmp_path: Path) -> None:
    path = data.draw(st.sampled_from([place for place in places(EXAMPLE) if place]))
    check(whole(with_value(EXAMPLE, path, data.draw(values))), tmp_path)


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@example(text="a = " + "[" * 5000)
@example(text="a = " + "9" * 5000)
@example(text="tenants = 3")
@example(text="[[tenants]]")
@example(text="[tenants]\nacme = 3")
@example(text="[tenants.'no name']")
@checked(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_is_used_or_refused(text: str, tmp_path: Path) -> None:
    check(text, tmp_path)


ACME = ("tenants", "acme")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("companies", [1, 1], "names company 1 more than once"),
        ("companies", [-1], "-1 is not an id of a record in Odoo"),
        ("companies", [0], "0 is not an id of a record in Odoo"),
        ("companies", [True], "give a number, not true or false"),
        ("companies", [2**31], "is not an id of a record in Odoo"),
        ("company", {"01": {}}, "'01' is not an id of a record in Odoo"),
        ("company", {"-2": {}}, "'-2' is not an id of a record in Odoo"),
        ("timeout_seconds", float("inf"), "finite number"),
        ("timeout_seconds", float("nan"), "finite number"),
        ("timeout_seconds", 1e300, "less than or equal to 86400"),
        ("timeout_seconds", True, "give a number, not true or false"),
        ("concurrency", 10**30, "less than or equal to 1000"),
        ("schedules.wip_aging", "0 6 * * 1 0", "is not a crontab line; write one of five fields"),
        ("schedules.wip_aging", "0 0 30 2 *", "is not a crontab line"),
        ("mail.quiet_hours", "20:00+02:00-06:00", "without an offset"),
        ("mail.quiet_hours", "20:00-06:00+02:00", "without an offset"),
        ("mail.quiet_hours", "08:00-08:00", "starts when it ends"),
        ("mail.quiet_hours", "8-20", "is not a span of hours"),
        ("mail.digest_at", 8, "write it like 17:00:00"),
        ("mail.digest_at", "08:00+02:00", "give no offset"),
        ("mail.languages", {"a@b.example, c@d.example": "de"}, "is more than one address"),
        ("recipients.finance", ["a@b.example; c@d.example"], "is more than one address"),
        ("recipients.finance", ["no address"], "is not an address"),
        ("recipients.finance", ["Eva <eva@b.example>"], "give the address alone"),
        ("recipients.finance", ["müller@b.example"], "few mail servers take"),
        ("brand.sender", "a@b.example;c@d.example", "is more than one address"),
        ("brand.name", "Acme\nBcc: x", "should match pattern"),
        ("url", "https://me:pw@odoo.acme.example", "give no user in it"),
        ("url", "https://", "give scheme and host"),
        ("url", "https://odoo.acme.example/web", "give scheme and host without a path"),
        ("url", "https://odoo.acme.example:99999", "cannot be read as an address"),
        ("database", "", "at least 1 character"),
        ("policies.timesheet_reminders.deadline", {"at": 17}, "write it like 17:00:00"),
        ("policies.timesheet_reminders.complete_from_percent", float("nan"), "finite number"),
        ("policies.timesheet_reminders.exempt_departments", [0], "is not an id of a record"),
        ("policies.pending_approvals.delegates", {"4": 0}, "0 is not an id of a record"),
        ("policies.wip_aging.worse_after_days", [-1], "greater than or equal to 0"),
        (
            "policies.wip_aging.holds",
            [{"order": "S1", "reason": "x", "until": 86400}],
            "not a number",
        ),
        ("policies.timesheet_reminders.look_back_weeks", 10**9, "less than or equal to 104"),
        ("policies.utilization_variance.targets_by_job", {"3": 0}, "greater than 0"),
        ("policies.utilization_variance.targets_by_job", {"3": 600}, "less than or equal to 100"),
        ("policies.invoice_readiness.tell_at_once_from", {"eur": 1}, "should match pattern"),
        (
            "matrices.changes",
            {"about": ["stage"], "levels": [{"name": "Board 1", "roles": ["finance"]}]},
            "must be of small letters, digits and underscores, a letter first",
        ),
        ("amendments", [{"job": "wip_aging", "from": 20270101, "set": {}}], "not a number"),
        (
            "amendments",
            [
                {
                    "job": "wip_aging",
                    "from": date(2027, 1, 1),
                    "until": date(2026, 1, 1),
                    "set": {},
                }
            ],
            "ends on 2026-01-01, before it begins on 2027-01-01",
        ),
    ],
)
def test_what_was_meant_otherwise_is_refused_by_name(
    path: str, value: Any, words: str, tmp_path: Path
) -> None:
    content = dict(EXAMPLE["tenants"]["acme"])
    if path == "company":
        content.pop("company")
    *tables, key = path.split(".")
    here = content
    for table in tables:
        here[table] = here = dict(here.get(table, {}))
    here[key] = value
    found = load(whole({"tenants": {"acme": content}}), tmp_path)
    assert not isinstance(found, Settings), "accepted"
    assert any(words in problem for problem in found), found
    assert all(f"tenants.acme.{path.partition('.')[0]}" in problem for problem in found), found


def test_decimals_of_policies_are_bounded(tmp_path: Path) -> None:
    assert isinstance(load(whole(EXAMPLE), tmp_path), Settings)
    content = with_value(
        EXAMPLE,
        (*ACME, "policies"),
        {"wip_aging": {"provision_percent": {"91+": "1e999999"}}},
    )
    found = load(whole(content), tmp_path)
    assert not isinstance(found, Settings)
    assert "less than or equal to 100" in found[0]


GOOD = b"""[tenants.acme]\r\nurl = "https://odoo.acme.example"\r\ndatabase = "acme"\r
login = "fleet"\r\n"""


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("key", [b"k", b"k\n", b"k\r\n", b"\xef\xbb\xbfk\r\n", b"  k \n\n"])
def test_a_byte_order_mark_and_line_ends_of_windows_do_no_harm(
    tmp_path: Path, mark: bytes, key: bytes
) -> None:
    (tmp_path / "fleet.toml").write_bytes(mark + GOOD)
    (tmp_path / "key").write_bytes(key)
    environ = {
        "FLEET_CONFIG": str(tmp_path / "fleet.toml"),
        "FLEET_ACME_ODOO_API_KEY_FILE": str(tmp_path / "key"),
    }
    assert settings.load(environ).tenant("acme").address.secret == "k"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty; write the value into it"),
        (b"\xef\xbb\xbf\r\n", "is empty; write the value into it"),
        (b"one\ntwo\n", "holds more than one line"),
        ("k€y".encode("utf-16"), "is not UTF-8"),
        (None, "Is a directory"),
    ],
)
def test_a_key_file_that_holds_no_key_is_told(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    (tmp_path / "fleet.toml").write_bytes(GOOD)
    key = tmp_path / "key"
    if content is None:
        key.mkdir()
    else:
        key.write_bytes(content)
    environ = {
        "FLEET_CONFIG": str(tmp_path / "fleet.toml"),
        "FLEET_ACME_ODOO_API_KEY_FILE": str(key),
    }
    with pytest.raises(ConfigurationError) as caught:
        settings.load(environ)
    (problem,) = caught.value.problems
    assert problem.startswith("FLEET_ACME_ODOO_API_KEY_FILE")
    assert words in problem
    assert "k€y" not in problem


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("FLEET_MAIL_FROM", "no address", "'no address' is not an address"),
        ("FLEET_MAIL_FROM", "a@b.example, c@d.example", "is more than one address"),
        ("FLEET_MAIL_FROM", "Flotte <müller@b.example>", "few mail servers take"),
        ("FLEET_TICK_SECONDS", "inf", "finite number"),
        ("FLEET_RUN_LEASE_SECONDS", "1e300", "less than or equal to 86400"),
        ("FLEET_RETENTION_DAYS", "99999999999", "less than or equal to 36500"),
        ("FLEET_SMTP_URL", "smtp://h:99999", "cannot be read as an address"),
        ("FLEET_SMTP_URL", "smtp://", "name a host"),
        ("FLEET_BROKER_URL", "redis://[", "cannot be read as an address"),
        ("FLEET_DATABASE_URL", "mysql://h/d", "SQLite or PostgreSQL"),
        ("FLEET_DATABASE_URL", "sqlite://fleet.db", "three slashes"),
    ],
)
def test_an_unusable_variable_is_told_at_start(
    tmp_path: Path, name: str, value: str, words: str
) -> None:
    (tmp_path / "fleet.toml").write_bytes(GOOD)
    environ = {
        "FLEET_CONFIG": str(tmp_path / "fleet.toml"),
        "FLEET_ACME_ODOO_API_KEY": "k",
        name: value,
    }
    with pytest.raises(ConfigurationError) as caught:
        settings.load(environ)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{name}: ")
    assert words in problem


def test_an_empty_file_of_a_setting_is_no_setting_left_out(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_bytes(GOOD)
    (tmp_path / "smtp").write_bytes(b"\n")
    environ = {
        "FLEET_CONFIG": str(tmp_path / "fleet.toml"),
        "FLEET_ACME_ODOO_API_KEY": "k",
        "FLEET_SMTP_URL_FILE": str(tmp_path / "smtp"),
    }
    with pytest.raises(ConfigurationError, match=r"FLEET_SMTP_URL_FILE: .* is empty"):
        settings.load(environ)
