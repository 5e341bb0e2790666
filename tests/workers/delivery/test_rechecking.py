"""What people did since a message was queued is known when it is checked again."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from odoo_gateway.sandbox import Sandbox, firm
from odoo_gateway.transport import Transport
from tasks.domain.acts import Act, ActKind
from tasks.domain.findings import NOT_SEEN, Finding
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, Switchable, fleet_on
from tests.workers.test_dispatcher import deliver_all
from tests.workers.test_runner import READINESS, REMINDERS, messages, opened
from workers import runner
from workers.delivery.rechecking import Checked, Round
from workers.demo.catcher import Catcher
from workers.ledger import acts, cases, payloads
from workers.ledger.outbox import Message
from workers.ledger.places import Place
from workers.ledger.statuses import MessageStatus
from workers.wiring import Fleet

FINANCE = "finance@nordwind.example"


def act(
    fleet: Fleet,
    job: str,
    kind: ActKind,
    key: str,
    about: tuple[str, int] = ("", 0),
    until: date | None = None,
) -> None:
    """Somebody acts on the page, a minute after what happened before."""
    cast(Clock, fleet.clock).forward(minutes=1)
    model, record_id = about
    done = Act(kind, FINANCE, job, "firm", 1, key, fleet.clock(), "we talked", until)
    with fleet.ledger.transaction() as connection:
        nonce = f"{kind}-{fleet.clock()}"
        acts.record(connection, replace(done, model=model, record_id=record_id), nonce)


def a_reminder(fleet: Fleet) -> tuple[Message, str]:
    runner.execute(fleet, opened(fleet, REMINDERS))
    message = next(found for found in messages(fleet) if len(found.finding_keys) == 1)
    return message, message.finding_keys[0]


def a_ready_order(fleet: Fleet) -> tuple[Message, Finding]:
    runner.execute(fleet, opened(fleet, READINESS))
    (message,) = messages(fleet)
    with fleet.ledger.reading() as connection:
        known = [case.finding for case in cases.open_cases(connection, Place(READINESS, "firm", 1))]
    return message, next(finding for finding in known if finding.key.startswith("ready"))


def checked(fleet: Fleet, message: Message) -> Checked:
    return Round(fleet, [message]).check(message)


def now_of(fleet: Fleet, message: Message) -> Message:
    (found,) = (each for each in messages(fleet) if each.id == message.id)
    return found


def keys_of(message: Message, listing: str = "findings") -> set[str]:
    return {found["key"] for found in message.stored[listing]}


def test_what_was_snoozed_meanwhile_is_told_after_its_last_day(
    fleet: Fleet, clock: Clock, catcher: Catcher
) -> None:
    message, key = a_reminder(fleet)
    act(fleet, REMINDERS, ActKind.SNOOZED, key, until=date(2026, 11, 25))
    deliver_all(fleet)
    waiting = now_of(fleet, message)
    assert waiting.status is MessageStatus.QUEUED
    assert waiting.error == f"{FINANCE} snoozed it until 2026-11-25"
    assert str(waiting.next_attempt_at) == "2026-11-25 23:00:00+00:00"
    clock.forward(days=3)
    deliver_all(fleet)
    assert message.message_id in {mail["Message-ID"] for mail in catcher.mails}


def test_what_was_acknowledged_meanwhile_is_not_told(fleet: Fleet, catcher: Catcher) -> None:
    message, key = a_reminder(fleet)
    act(fleet, REMINDERS, ActKind.ACKNOWLEDGED, key)
    deliver_all(fleet)
    dropped = now_of(fleet, message)
    assert dropped.status is MessageStatus.DROPPED
    assert dropped.error == f"{FINANCE} acknowledged it"
    assert message.message_id not in {mail["Message-ID"] for mail in catcher.mails}


def test_what_was_acknowledged_before_it_was_said_is_told(fleet: Fleet) -> None:
    message, key = a_reminder(fleet)
    act(fleet, REMINDERS, ActKind.ACKNOWLEDGED, key)
    later = replace(message, created_at=fleet.clock() + timedelta(minutes=1))
    assert checked(fleet, later).drop == ""


def test_an_order_held_meanwhile_is_told_as_held_and_once_lifted_as_ready(fleet: Fleet) -> None:
    digest, ready = a_ready_order(fleet)
    act(fleet, READINESS, ActKind.HELD, ready.key, ready.held_as, date(2026, 12, 24))
    held = checked(fleet, digest).message
    assert ready.key in keys_of(digest) - keys_of(held)
    assert ready.key not in held.finding_keys
    assert ready.key in keys_of(held, "set_aside")
    assert held.stored["at"] == fleet.clock().isoformat()
    assert held.stored["first"]
    act(fleet, READINESS, ActKind.LIFTED, ready.key, ready.held_as)
    lifted = checked(fleet, replace(held, created_at=fleet.clock())).message
    assert keys_of(lifted) == keys_of(digest)


def test_a_digest_names_who_snoozed_meanwhile_and_asks_odoo_nothing(
    fleet: Fleet, odoo: Switchable
) -> None:
    digest, ready = a_ready_order(fleet)
    before = odoo.calls
    act(fleet, READINESS, ActKind.SNOOZED, ready.key, until=date(2026, 11, 25))
    told = checked(fleet, digest).message
    (found,) = (each for each in told.stored["findings"] if each["key"] == ready.key)
    assert (found["snoozed_by"], found["snoozed_until"]) == (FINANCE, "2026-11-25")
    act(fleet, READINESS, ActKind.LIFTED, ready.key)
    again = checked(fleet, told).message
    assert payloads.findings(again.payload) == payloads.findings(digest.payload)
    assert odoo.calls == before


@pytest.mark.parametrize("kind", [ActKind.SNOOZED, ActKind.ACKNOWLEDGED, ActKind.HELD])
def test_what_somebody_dealt_with_is_not_told_by_itself(fleet: Fleet, kind: ActKind) -> None:
    digest, ready = a_ready_order(fleet)
    alone = replace(
        digest, stored={**digest.stored, "template": "urgent"}, finding_keys=(ready.key,)
    )
    assert checked(fleet, alone).drop == ""
    act(fleet, READINESS, kind, ready.key, ready.held_as, date(2026, 11, 25))
    assert checked(fleet, alone).drop == f"{FINANCE} {kind} it until 2026-11-25"


class Asking:
    """A transport that notes which employees are asked for by their ids."""

    def __init__(self, inner: Transport) -> None:
        self.inner = inner
        self.employees: set[int] = set()
        self.searches = 0

    def call(self, model: str, method: str, args: Any, kwargs: Any) -> Any:
        """As Transport.call."""
        domain = args[0] if args and isinstance(args[0], list) else []
        if model == "hr.employee" and method in {"search_read", "web_search_read"}:
            self.searches += 1
            for term in domain:
                if isinstance(term, list | tuple) and term[:2] in (("id", "in"), ["id", "in"]):
                    self.employees |= set(term[2])
        return self.inner.call(model, method, args, kwargs)


def test_of_all_people_only_those_of_the_batch_are_looked_at_again_and_once(
    fleet: Fleet, odoo: Switchable
) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    batch = [found for found in messages(fleet) if found.kind == "person"][:2]
    keys = {key for message in batch for key in message.finding_keys}
    about = {int(key.split("-")[1]) for key in keys}
    odoo.inner = asking = Asking(odoo.inner)
    this_round = Round(fleet, batch)
    told = [this_round.check(message) for message in batch]
    assert all(not each.drop for each in told)
    assert about <= asking.employees
    assert len(asking.employees) < len(firm.build(fleet.clock().date())["hr.employee"])
    seen = asking.searches
    this_round.check(batch[0])
    assert asking.searches == seen


def test_what_was_settled_for_a_while_and_stands_again_is_told(
    fleet: Fleet, clock: Clock, odoo: Switchable
) -> None:
    message, _ = a_reminder(fleet)
    as_it_is = odoo.inner
    people = [each["id"] for each in firm.build(clock().date())["hr.employee"]]
    elsewhere = {("hr.employee", each): {"company_id": 2} for each in people}
    odoo.inner = Sandbox(clock().date(), corrupt=elsewhere)
    clock.forward(minutes=1)
    runner.execute(fleet, opened(fleet, REMINDERS))
    odoo.inner = as_it_is
    assert checked(fleet, message).drop == ""


@pytest.mark.parametrize(
    ("job", "row", "values"),
    [
        (REMINDERS, ("hr.employee", 7), {"resource_id": False}),
        ("pending_approvals", ("hr.expense", 3), {"create_date": False}),
    ],
)
def test_that_a_row_cannot_be_read_is_told_beside_what_is_about_others(
    tmp_path: Path, clock: Clock, job: str, row: tuple[str, int], values: dict[str, Any]
) -> None:
    odoo = Sandbox(clock().date(), corrupt={row: values})
    owner = 'recipients.delivery = ["delivery@nordwind.example"]\n'
    fleet = fleet_on(tmp_path, clock, odoo, file=FILE + owner)
    runner.execute(fleet, opened(fleet, job))
    batch = [found for found in messages(fleet) if found.kind == "person"]
    (of_the_row,) = (found for found in batch if found.finding_keys == (NOT_SEEN,))
    this_round = Round(fleet, batch)
    assert len(batch) > 1
    assert this_round.check(of_the_row).drop == ""
