"""What changes become: one mail per recipient, period and step, and nothing twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from odoo_gateway.transport import Address
from tasks import catalogue
from tasks.domain.cases import Change, ChangeKind
from tasks.domain.findings import Finding, Recipient, Report, Severity, Step
from tasks.domain.texts import Text, named
from tasks.domain.told import AskedFinding
from workers.config.tenants import Tenant, TenantSettings
from workers.ledger.outbox import NewMessage
from workers.ledger.payloads import Personal
from workers.ledger.readers import Told
from workers.ledger.scopes import Scope
from workers.messages.announce import Announcement, announce
from workers.messages.occasion import Occasion

SLOT = datetime(2026, 11, 25, 4, tzinfo=UTC)
MORNING = SLOT + timedelta(hours=3)
PERIOD = "2026-11-16/2026-11-22"
MIA = Recipient("mia@firm.example", "Mia")


def tenant(**settings: Any) -> Tenant:
    odoo = {"url": "http://odoo.example", "database": "firm", "login": "fleet"}
    address = Address("http://odoo.example", "firm", "fleet", "")
    return Tenant("firm", TenantSettings.model_validate({**odoo, **settings}), address)


OCCASION = Occasion(
    job=catalogue.jobs()["timesheet_reminders"],
    tenant=tenant(recipients={"delivery": ("boss@firm.example", "chief@firm.example")}),
    scope=Scope("firm", 1, "Firm", ZoneInfo("Europe/Brussels")),
    slot=SLOT,
    at=SLOT,
    now=SLOT,
    run_id=1,
    trace_id="trace-1",
    mail_domain="firm.example",
)
MANAGER = Step(
    name="manager",
    at=MORNING,
    recipient=MIA,
    not_before=MORNING,
    escalates=True,
    url="http://odoo.example/all",
    remedy=Text("Ask for the hours."),
)


def missing(name: str, steps: Sequence[Step] | None = (MANAGER,), **values: str) -> Finding:
    finding = Finding(
        key=f"employee-{name}",
        severity=Severity.WARNING,
        title=named(f"8 h missing of {name}"),
        reason=Text("Expected 40 h, logged 32 h"),
        remedy=Text("Log the missing hours."),
        owner=name,
        model="hr.employee",
        record_id=1,
        url="http://odoo.example/mine",
        period=PERIOD,
        steps=None if steps is None else tuple(steps),
    )
    return replace(finding, **values)  # type: ignore[arg-type]


def said(
    *findings: Finding, told: Sequence[Told] = (), occasion: Occasion = OCCASION
) -> Announcement:
    changes = [
        Change(ChangeKind.ESCALATED, finding, "manager", finding.steps or ())
        for finding in findings
    ]
    return announce(occasion, changes, Report((), findings), frozenset(told))


def keys(message: NewMessage) -> tuple[str, ...]:
    return message.finding_keys


def asked(message: NewMessage) -> Sequence[AskedFinding]:
    assert isinstance(message.payload, Personal)
    return message.payload.findings


def test_a_manager_with_several_late_people_gets_one_mail_that_lists_them() -> None:
    (mail,) = said(missing("Ann"), missing("Bob"), missing("Cid")).messages
    assert (mail.recipient, mail.step, mail.period) == ("mia@firm.example", "manager", PERIOD)
    assert keys(mail) == ("employee-Ann", "employee-Bob", "employee-Cid")
    assert [finding.owner for finding in asked(mail)] == ["Ann", "Bob", "Cid"]
    assert {(found.page, found.advice) for found in asked(mail)} == {
        ("http://odoo.example/all", "Ask for the hours.")
    }


def test_a_mail_about_others_on_a_later_day_is_another_mail() -> None:
    (wednesday,) = said(missing("Ann"), missing("Bob")).messages
    (thursday,) = said(missing("Cid"), missing("Dee")).messages
    (again,) = said(missing("Bob"), missing("Ann")).messages
    assert wednesday.subject != thursday.subject
    assert wednesday.message_id != thursday.message_id
    assert (wednesday.subject, wednesday.message_id) == (again.subject, again.message_id)


def test_what_a_recipient_was_told_at_a_step_is_left_out_of_the_next_mail() -> None:
    before = Told(PERIOD, "mia@firm.example", "manager", "employee-Ann")
    found = said(missing("Ann"), missing("Bob"), told=[before])
    assert [keys(mail) for mail in found.messages] == [("employee-Bob",)]
    assert found.repeated == 1


def test_another_step_period_or_time_is_another_mail() -> None:
    later = replace(MANAGER, not_before=MORNING + timedelta(days=1))
    found = said(
        missing("Ann"),
        missing("Ann", [replace(MANAGER, name="owner")]),
        missing("Bob", period="2026-11-09/2026-11-15"),
        missing("Cid", [later]),
    )
    assert len({mail.message_id for mail in found.messages}) == len(found.messages) == 4


def test_a_step_to_the_owner_goes_to_everybody_in_the_jobs_owner_role() -> None:
    owner = Step("owner", MORNING, escalates=True)
    found = said(missing("Ann", [owner]), missing("Bob", [owner]))
    assert [(mail.recipient, len(keys(mail))) for mail in found.messages] == [
        ("boss@firm.example", 2),
        ("chief@firm.example", 2),
    ]
    assert found.silent == ()


def test_who_cannot_be_reached_is_noted_and_told_to_the_owner_in_one_mail() -> None:
    late = Step("late", MORNING)
    found = said(
        missing("Ann", [replace(late, unreachable=Text("Ann has no e-mail address"))]),
        missing("Bob", [replace(late, unreachable=Text("Bob has no e-mail address"))]),
    )
    assert len(found.messages) == 2
    assert [finding.note for finding in asked(found.messages[0])] == [
        "Ann has no e-mail address",
        "Bob has no e-mail address",
    ]
    assert found.silent == ("Ann has no e-mail address", "Bob has no e-mail address")


def test_an_owner_role_with_nobody_in_it_is_noted() -> None:
    nobody = replace(OCCASION, tenant=tenant())
    found = said(missing("Ann", [Step("owner", MORNING)]), occasion=nobody)
    assert found.messages == ()
    assert found.silent == ("nobody is configured for the role delivery",)


def test_without_a_ladder_the_person_of_the_finding_is_told_else_the_owner() -> None:
    ann = Recipient("ann@firm.example", "Ann", MORNING)
    (mail,) = said(replace(missing("Ann", None), recipient=ann)).messages
    assert (mail.recipient, mail.not_before, mail.subject) == (
        "ann@firm.example",
        MORNING,
        "employee-Ann",
    )
    assert isinstance(mail.payload, Personal)
    assert mail.payload.others is False
    unreachable = said(missing("Bob", None))
    assert [mail.recipient for mail in unreachable.messages] == [
        "boss@firm.example",
        "chief@firm.example",
    ]
    assert unreachable.silent == ("Bob has no e-mail address",)


def test_a_case_that_opens_on_no_rung_is_silent() -> None:
    found = said(missing("Ann", []))
    assert (found.messages, found.silent) == ((), ())
    assert found.untold == ("persons: of 1 finding nobody is told now: no step is due yet",)


def test_a_person_is_told_in_the_language_of_the_account_unless_another_is_configured() -> None:
    def told_in(account: str, **mail: Any) -> str:
        firm = tenant(mail={"language": "de", **mail})
        step = replace(MANAGER, recipient=replace(MIA, language=account))
        spoken = replace(OCCASION, tenant=firm)
        (message,) = said(missing("Ann", [step]), occasion=spoken).messages
        return message.payload.language

    assert told_in("en_US") == "en_US"
    assert told_in("en_US", languages={MIA.email: "de_CH"}) == "de_CH"
    # No file, no account, and none that is known: as the tenant's others.
    assert [told_in(account) for account in ("fr_FR", "", "sr@latin")] == ["de", "de", "de"]
