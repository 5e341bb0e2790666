"""A change request through its whole life on the made-up firm: every mail, note and decision."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from odoo_gateway.sandbox import Sandbox
from tasks.domain.deciding import Answer
from tests.fakes.clock import Clock
from tests.fakes.command import typed_json
from tests.fakes.effects import effect_of
from tests.fakes.fleets import FILE, fleet_on, run_once
from tests.fakes.messages import NOW
from workers import wiring
from workers.effects import deciding, executor, proposing
from workers.ledger import audit, cases, decisions, effects, inbox, outbox
from workers.ledger.effects import Effect
from workers.ledger.inbox import Event
from workers.ledger.payloads import Asking
from workers.ledger.places import Place
from workers.ledger.statuses import EffectStatus
from workers.wiring import Fleet

JOB: Final = "change_requests"
ELISE, FEMKE, BRUNO, ANNA, CHIARA = (
    f"{name}@nordwind.example"
    for name in ("elise.dubois", "femke.jansen", "bruno.claes", "anna.kern", "chiara.conti")
)
# Femke stands in for Bruno, who leads the project and sold it, while he is away.
CONFIGURED: Final = f"""{FILE}
recipients.delivery = ["delivery@nordwind.example"]
effects.change_request = "approve"
effects.note = "automatic"
policies.change_requests.decided_by_matrix = true
stand_ins = [{{ person = "{BRUNO}", by = "{FEMKE}", from = 2026-11-25, until = 2026-12-05 }}]

[tenants.firm.roles]
project_manager = "project.project.user_id"
account_manager = ["sale.order.user_id"]
director = ["{ANNA}"]

[tenants.firm.matrices.changes]
about = ["change_request"]
levels = [
  {{ name = "lead", roles = ["project_manager", "account_manager"], hours = 8 }},
  {{ name = "director", roles = ["director"], hours = 16 }},
]

[[tenants.firm.matrices.changes.rules]]
name = "small"
currency = "EUR"
amount_up_to = 2000
levels = ["lead"]

[[tenants.firm.matrices.changes.rules]]
name = "large"
levels = ["lead", "director"]
"""
INTERFACE, SECOND, WHOLE = 33, 40, 41


class Firm:
    """The fleet, its Odoo as people change it, and what came of it."""

    def __init__(self, fleet: Fleet, odoo: Sandbox) -> None:
        self.fleet, self.odoo = fleet, odoo

    def table(self, model: str) -> dict[int, dict[str, Any]]:
        return self.odoo._database.tables[model]

    def quotation(self, number: int, amount: float, on: str) -> None:
        """Elise writes one that changes Hafenwerk's order."""
        like = self.table("sale.order")[INTERFACE]
        own = {"id": number, "name": f"S{number:05}", "create_date": on, "date_order": on}
        values = {"amount_untaxed": amount, "create_uid": 105, "state": "sent"}
        self.table("sale.order")[number] = {**like, **own, **values}

    def change(self, number: int, **values: Any) -> None:
        self.table("sale.order")[number].update(values)

    def run(self) -> None:
        """Another slot, a minute later."""
        self.later(minutes=1)
        run_once(self.fleet, JOB, 1)
        while executor.execute_next(self.fleet):
            pass

    def later(self, **span: float) -> None:
        clock = self.fleet.clock
        assert isinstance(clock, Clock)
        clock.forward(**span)

    def effects(self) -> list[Effect]:
        with self.fleet.ledger.reading() as connection:
            return list(reversed(effects.find(connection, kind="change_request")))

    def about(self, number: int) -> Effect:
        """The newest about a quotation."""
        return [each for each in self.effects() if each.record_id == number][-1]

    def decide(self, number: int, person: str, answer: Answer, reason: str = "") -> None:
        nonce = f"{number} {person} {answer} {self.fleet.clock()}"
        deciding.decide(self.fleet, self.about(number).id, person, answer, reason, nonce)

    def mails(self) -> list[tuple[str, str, str]]:
        """Who was asked about what, or told what, in order."""
        with self.fleet.ledger.reading() as connection:
            found = reversed(outbox.find(connection, 100))
        told = [each for each in found if each.subject.startswith("effect-")]
        return [
            (each.recipient.partition("@")[0], each.step, str(getattr(each.payload, "outcome", "")))
            for each in told
        ]

    def told_as_split(self, number: int) -> Sequence[str]:
        """What Bruno was told, when he was asked about it, that it may be a part of."""
        subject = f"effect-{self.about(number).id}"
        with self.fleet.ledger.reading() as connection:
            (asked,) = outbox.find(connection, 5, subject=subject, step="ask-lead")
        assert isinstance(asked.payload, Asking)
        return asked.payload.perhaps_split or ()

    def cases(self) -> set[str]:
        with self.fleet.ledger.reading() as connection:
            standing = cases.open_cases(connection, Place(JOB, "firm", 1))
        return {case.finding.key for case in standing}

    def notes(self, number: int) -> list[str]:
        of = [m for m in self.table("mail.message").values() if m["res_id"] == number]
        return [m["body"] for m in of if m.get("model") == "sale.order"]

    def activities(self, number: int) -> list[Mapping[str, Any]]:
        of = self.table("mail.activity").values()
        return [a for a in of if (a["res_model"], a["res_id"]) == ("sale.order", number)]


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Firm:
    odoo = Sandbox(NOW.date())
    fleet = fleet_on(tmp_path, Clock(NOW), odoo, file=CONFIGURED)
    monkeypatch.setattr(wiring, "fleet", lambda: fleet)
    made = Firm(fleet, odoo)
    made.change(INTERFACE, create_uid=105)
    # What else the made-up firm wants to change is no part of this.
    made.change(34, state="cancel")
    return made


def test_a_change_request_from_raised_to_signed_and_applied(firm: Firm) -> None:
    # Raised by Elise. Bruno leads the project and sold it: he is asked once, as the lower level.
    firm.run()
    assert firm.mails() == [("bruno.claes", "ask-lead", "")]
    assert firm.cases() >= {"not-decided-order-33"}

    # Refused with a reason: she hears of it, it stands on the quotation, and nobody is asked more.
    firm.decide(INTERFACE, BRUNO, Answer.REFUSED, "the interface is part of the contract")
    firm.run()
    assert firm.about(INTERFACE).status is EffectStatus.DECLINED
    assert firm.mails()[1:] == [
        (
            "elise.dubois",
            "said-1",
            "bruno.claes@nordwind.example refuses: the change request S00033 over 4400.00 EUR, to "
            "be applied by bruno.claes@nordwind.example until 2026-11-30",
        )
    ]
    assert "part of the contract" in firm.notes(INTERFACE)[-1]
    assert "not-decided-order-33" not in firm.cases()

    # Raised again as two that are small each. The next day they are asked for one by one.
    firm.later(days=1)
    firm.change(INTERFACE, amount_untaxed=1900.0)
    firm.quotation(SECOND, 1900.0, "2026-11-24 08:00:00")
    firm.run()
    assert [each[:2] for each in firm.mails()[2:]] == [("bruno.claes", "ask-lead")] * 2
    code, found = typed_json("matrix", "splits", "changes")
    assert code == 0
    split = next(each for each in found["splits"] if each["contract"])
    numbers = f"effect-{firm.about(INTERFACE).id}, effect-{firm.about(SECOND).id}"
    assert (split["contract"], split["together"]) == ("sale.order,1", "lead, director")
    assert split["effects"] == numbers
    (suspicion,) = firm.told_as_split(SECOND)
    assert suspicion.startswith("perhaps split: from 2026-11-11 to 2026-11-24 elise.dubois@")
    assert "3800.00 EUR" in suspicion

    # Elise cancels both, and raises the whole: what Bruno was asked is not asked any more.
    for number in (INTERFACE, SECOND):
        firm.change(number, state="cancel")
    firm.quotation(WHOLE, 4500.0, "2026-11-24 09:30:00")
    firm.run()
    assert firm.about(SECOND).status is EffectStatus.WITHDRAWN
    with pytest.raises(deciding.DecisionRefused, match="it is not asked for any more"):
        firm.decide(SECOND, BRUNO, Answer.APPROVED)
    asked = firm.about(WHOLE)
    assert asked.status is EffectStatus.WAITING
    assert asked.request is not None
    assert asked.request.contract_id == "sale.order,1"

    # Bruno goes on leave: Femke is asked in his place. Neither she nor Elise may do the rest.
    firm.later(hours=18)
    proposing.remind(firm.fleet)
    assert firm.mails()[-1][:2] == ("femke.jansen", "ask-lead")
    with pytest.raises(deciding.DecisionRefused, match="you asked for it"):
        firm.decide(WHOLE, ELISE, Answer.APPROVED)
    firm.decide(WHOLE, FEMKE, Answer.APPROVED)
    assert firm.mails()[-1][:2] == ("anna.kern", "ask-director")
    with pytest.raises(deciding.DecisionRefused, match="you have agreed already"):
        firm.decide(WHOLE, FEMKE, Answer.APPROVED)
    firm.decide(WHOLE, ANNA, Answer.APPROVED)
    firm.run()
    assert firm.about(WHOLE).status is EffectStatus.DONE
    (activity,) = firm.activities(WHOLE)
    assert activity["summary"] == "agreed to, to be applied: S00041, EUR 4,500.00"
    assert (activity["user_id"], activity["date_deadline"]) == (102, "2026-12-01")

    # Nobody applies it for more than a week.
    firm.later(days=8)
    firm.run()
    assert firm.cases() >= {"not-applied-order-41", "unsigned-order-41"}

    # The customer signs and confirms on the portal, and Bruno revises the budget.
    signed = "2026-12-03 09:10:00"
    partner = firm.table("sale.order")[WHOLE]["partner_id"]
    firm.table("res.users")[900] = {
        "id": 900,
        "name": "Public user",
        "login": "public",
        "share": True,
        "active": False,
    }
    firm.change(WHOLE, state="sale", date_order=signed, signed_on=signed, signed_by="Ute Hafen")
    firm.table("mail.message")[9000] = {
        "id": 9000,
        "model": "sale.order",
        "res_id": WHOLE,
        "message_type": "comment",
        "author_id": partner,
        "create_uid": 900,
        "date": signed,
        "attachment_ids": [1],
        "body": "<p>Order signed by Ute Hafen</p>",
    }
    firm.later(days=1)
    firm.run()
    assert not {key for key in firm.cases() if key.endswith("-order-41")}
    code, found = typed_json("run", JOB, "--dry-run", "--company", "1")
    (row,) = (
        row
        for scope in found["scopes"]
        for row in scope["rows"]
        if row["record_id"] == WHOLE and row["kind"] == "change_request"
    )
    assert (row["status"], row["signed"]) == ("applied", "2026-12-03")
    assert row["decided_by"] == [FEMKE, ANNA]

    said = told(firm)
    print("\n".join(said))
    assert [line.partition(" ")[2] for line in said if "decision" in line] == [
        "decision.made effect-1 refused by bruno.claes as lead",
        "decision.denied effect-4 approved by bruno.claes",
        "decision.denied effect-5 approved by elise.dubois",
        "decision.made effect-5 approved by femke.jansen as lead instead of bruno.claes",
        "decision.denied effect-5 approved by femke.jansen",
        "decision.made effect-5 approved by anna.kern as director",
    ]


def told(firm: Firm) -> list[str]:
    """The audit of effects and decisions, oldest first."""
    with firm.fleet.ledger.reading() as connection:
        entries = reversed(audit.entries(connection, 500))
    found = []
    for entry in entries:
        group, _, what = entry.event.partition(".")
        if group not in ("effect", "decision") or entry.detail.get("kind") == "note":
            continue
        said = f"{entry.at:%Y-%m-%d} {entry.event} effect-{entry.detail['effect']}"
        if group == "decision":
            said += f" {entry.detail['answer']} by {short(entry.detail['person'])}"
            said += f" as {entry.detail['level']}" if what == "made" else ""
            instead = entry.detail.get("instead_of")
            said += f" instead of {short(instead)}" if instead else ""
        found.append(said)
    return found


def short(address: str) -> str:
    return address.partition("@")[0]


def test_a_change_after_the_decision_is_not_applied_unseen(firm: Firm) -> None:
    firm.run()
    firm.decide(INTERFACE, BRUNO, Answer.APPROVED)
    firm.decide(INTERFACE, ANNA, Answer.APPROVED)
    firm.change(INTERFACE, amount_untaxed=9900.0)
    while executor.execute_next(firm.fleet):
        pass
    parked = firm.about(INTERFACE)
    assert parked.status is EffectStatus.PARKED
    assert parked.error == (
        "S00033 was changed since it was asked for: it is over 9900.0, and 4400.00 was agreed to. "
        "The fleet asks anew for what it says now"
    )
    assert firm.activities(INTERFACE) == []
    assert firm.mails()[-1][0] == "elise.dubois"
    firm.run()
    assert firm.about(INTERFACE).status is EffectStatus.WAITING


def test_one_that_goes_back_to_what_was_withdrawn_is_asked_for_anew(firm: Firm) -> None:
    firm.run()
    firm.change(INTERFACE, amount_untaxed=5000.0)
    firm.run()
    first, second = firm.effects()
    assert (first.status, second.status) == (EffectStatus.WITHDRAWN, EffectStatus.WAITING)
    firm.later(days=1)
    firm.change(INTERFACE, amount_untaxed=4400.0)
    firm.run()
    first, second = firm.effects()
    assert (first.status, second.status) == (EffectStatus.WAITING, EffectStatus.WITHDRAWN)
    assert first.created_at.date() == date(2026, 11, 24)
    assert [each[:2] for each in firm.mails()] == [("bruno.claes", "ask-lead")] * 3


def test_who_leads_the_project_now_is_asked(firm: Firm) -> None:
    firm.run()
    firm.table("project.project")[101]["user_id"] = 103
    firm.run()
    proposing.remind(firm.fleet)
    assert [each[0] for each in firm.mails()] == ["bruno.claes", "chiara.conti"]
    firm.decide(INTERFACE, CHIARA, Answer.APPROVED)
    assert firm.about(INTERFACE).status is EffectStatus.WAITING


def decided_by(firm: Firm, number: int) -> list[str]:
    with firm.fleet.ledger.reading() as connection:
        made = decisions.about(connection, firm.about(number).id)
    return [each.person for each in made]


def at(text: str) -> timedelta:
    """From nine in London on Monday."""
    return datetime.fromisoformat(f"{text}+00:00") - NOW


@pytest.mark.parametrize(
    ("days_off", "until"),
    [
        # Asked at ten in Brussels, Bruno works six hours of Monday; his
        # eighth is over at ten on Tuesday.
        ((), "2026-11-24T08:50"),
        # On leave on Tuesday, at ten on Wednesday, though from then on Femke stands in for him.
        (("2026-11-24",), "2026-11-25T08:50"),
    ],
)
def test_the_time_of_a_level_is_that_of_its_peoples_own_calendar(
    firm: Firm, days_off: tuple[str, ...], until: str
) -> None:
    for number, day in enumerate(days_off, 9000):
        firm.table("resource.calendar.leaves")[number] = {
            "id": number,
            "time_type": "leave",
            "resource_id": 202,
            "company_id": 1,
            "calendar_id": False,
            "date_from": f"{day} 00:00:00",
            "date_to": f"{day} 22:00:00",
        }
    firm.run()
    firm.later(seconds=at(until).total_seconds())
    proposing.remind(firm.fleet)
    # Ten minutes more, and the director may decide, too.
    before = [each[1] for each in firm.mails() if each[0] == "anna.kern"]
    firm.later(minutes=30)
    proposing.remind(firm.fleet)
    after = [each[1] for each in firm.mails() if each[0] == "anna.kern"]
    assert (before, after) == ([], ["ask-director"])
    firm.decide(INTERFACE, ANNA, Answer.APPROVED)
    assert decided_by(firm, INTERFACE) == [ANNA]
    assert firm.about(INTERFACE).status is EffectStatus.READY


def test_where_all_have_had_their_time_the_role_of_the_job_is_told_once(firm: Firm) -> None:
    firm.run()
    for _ in range(6):
        firm.later(days=3)
        for _ in range(3):
            proposing.remind(firm.fleet)
    stuck = [(each[0], each[2]) for each in firm.mails() if each[1] == "stuck"]
    assert [each[0] for each in stuck] == ["delivery", "elise.dubois"]
    assert stuck[0][1].startswith("not decided: the change request S00033")
    with firm.fleet.ledger.reading() as connection:
        entries = audit.entries(connection, 50, event="effect.level_silent")
    assert [entry.detail["level"] for entry in reversed(entries)] == ["lead", "director"]
    # They may decide all the same.
    firm.decide(INTERFACE, ANNA, Answer.APPROVED)
    assert firm.about(INTERFACE).status is EffectStatus.READY


def test_where_nobody_may_decide_the_role_of_the_job_is_told_at_once(firm: Firm) -> None:
    # Anna raised it herself, leads the project and sold it.
    firm.change(INTERFACE, create_uid=101, user_id=101)
    firm.table("project.project")[101]["user_id"] = 101
    firm.run()
    assert effect_of(firm.fleet, firm.about(INTERFACE).id).status is EffectStatus.WAITING
    assert [(each[0], each[1]) for each in firm.mails()] == [
        ("anna.kern", "stuck"),
        ("delivery", "stuck"),
    ]


@pytest.mark.parametrize(
    ("source", "open_case"), [("signed_webhook", False), ("odoo_webhook", True)]
)
def test_only_a_source_that_signs_shows_a_signature_outside_odoo(
    tmp_path: Path, source: str, open_case: bool
) -> None:
    file = f"""{FILE}
[tenants.firm.sources]
sign.kind = "{source}"
"""
    secret = "whsec_" + "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0" if not open_case else "s3cret" * 8
    odoo = Sandbox(NOW.date())
    environ = {"FLEET_FIRM_IN_SIGN_SECRET": secret}
    firm = Firm(fleet_on(tmp_path, Clock(NOW), odoo, file=file, environ=environ), odoo)
    firm.change(INTERFACE, state="sale", date_order="2026-11-12 09:00:00")
    told = Event(
        tenant="firm",
        source="sign",
        event_id="1",
        kind="sale.order.signed",
        model="sale.order",
        record_id=INTERFACE,
        occurred_at=NOW,
        trace_id="trace",
    )
    with firm.fleet.ledger.transaction() as connection:
        inbox.receive(connection, [told], NOW)
    firm.run()
    assert ("unsigned-order-33" in firm.cases()) == open_case
