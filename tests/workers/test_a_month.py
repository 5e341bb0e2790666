"""A month of daily runs on a firm with a history: the exact mails that each reader gets."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from odoo_gateway.sandbox import Sandbox, firm
from tasks import catalogue
from tasks.domain.acts import Act, ActKind
from tests.fakes.clock import Clock
from tests.fakes.fleets import TENANT, Switchable, fleet_on
from workers import dispatch, runner
from workers.delivery import dispatcher
from workers.demo.catcher import Catcher
from workers.ledger import acts, outbox
from workers.ledger.outbox import Message
from workers.ledger.statuses import MessageStatus
from workers.wiring import Fleet

BRUSSELS = ZoneInfo("Europe/Brussels")
FIRST = date(2026, 11, 2)
MARCO = 13
FINANCE, CONTROLLER = "finance@nordwind.example", "controller@nordwind.example"
# When jobs run, mails wait until, and people act; nothing happens in between.
HOURS = (5, 6, 8, 10, 16)
JOBS = ("invoice_readiness", "timesheet_reminders")
FILE = (
    TENANT
    + """\
companies = [1]
recipients.finance = [{finance}]
recipients.delivery = ["delivery@nordwind.example"]
policies.timesheet_reminders = {{ look_back_weeks = 2, exempt_employees = [{exempt}] }}
"""
)
# The order's customer, whose invoice address has an e-mail or not.
CUSTOMERS = {1: 20, 2: 21, 3: 22, 13: 32}
Told = tuple[str, str, str]

# The written expectation: when, to whom, and what is new to that reader.
EXPECTED: Sequence[Told] = (
    (
        "Mon 02 Nov 06:00",
        "finance",
        "opened S1 ready as far as verifiable, S13 blocked, S2 ready as far as verifiable",
    ),
    ("Wed 04 Nov 06:00", "finance", "moved S13 ready as far as verifiable"),
    ("Mon 09 Nov 06:00", "finance", "settled S1 ready as far as verifiable"),
    ("Wed 11 Nov 06:00", "finance", "moved S2 blocked"),
    ("Fri 13 Nov 08:00", "marco.bianchi", "deadline"),
    # Finance has snoozed S2 until the 17th, and the controller reads for the first time.
    (
        "Mon 16 Nov 06:00",
        "controller",
        "opened S13 ready as far as verifiable, S3 ready as far as verifiable",
    ),
    ("Mon 16 Nov 06:00", "finance", "opened S3 ready as far as verifiable"),
    ("Mon 16 Nov 08:00", "marco.bianchi", "late"),
    ("Wed 18 Nov 06:00", "controller", "returned S2 blocked"),
    ("Wed 18 Nov 06:00", "finance", "returned S2 blocked"),
    ("Wed 18 Nov 08:00", "chiara.conti", "manager"),
    # The controller has put S13 on hold until the 24th.
    ("Fri 20 Nov 06:00", "controller", "held S13 held"),
    ("Fri 20 Nov 06:00", "finance", "held S13 held"),
    # Marco has logged his hours on the 19th, and on the 23rd one entry is gone again.
    # S2 has waited for more than 90 days.
    ("Mon 23 Nov 06:00", "controller", "worsened S2 blocked"),
    ("Mon 23 Nov 06:00", "finance", "worsened S2 blocked"),
    ("Tue 24 Nov 08:00", "delivery", "owner"),
    ("Wed 25 Nov 06:00", "controller", "returned S13 ready as far as verifiable"),
    ("Wed 25 Nov 06:00", "finance", "returned S13 ready as far as verifiable"),
    ("Thu 26 Nov 06:00", "controller", "opened S1 ready as far as verifiable"),
    ("Thu 26 Nov 06:00", "finance", "opened S1 ready as far as verifiable"),
)


def test_everybody_reads_what_is_new_to_them_and_nothing_else(
    tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher
) -> None:
    month = Month(tmp_path, clock, odoo, catcher)
    month.live()
    assert month.told() == list(EXPECTED)
    assert len(catcher.mails) == len(EXPECTED)
    # A daily mail to everybody whom something concerns, whether it is new or not.
    print(f"{len(EXPECTED)} mails; a naive daily digest would have sent {month.naive.total()}")
    assert month.naive == {FINANCE: 21, CONTROLLER: 11, "marco.bianchi@nordwind.example": 14}


@dataclass
class Month:
    """The month as the firm lives it: what Odoo says hour by hour, and what people do."""

    folder: Path
    clock: Clock
    odoo: Switchable
    catcher: Catcher
    naive: Counter[str] = field(default_factory=Counter)

    def live(self) -> None:
        """From the first working day to the last."""
        for day in range(1, 31):
            for hour in HOURS:
                self.clock.now = datetime(2026, 11, day, hour, tzinfo=BRUSSELS).astimezone(UTC)
                self._hour(self._fleet())

    def told(self) -> list[Told]:
        """Every message that went out, in the words of the expectation."""
        with self._fleet().ledger.reading() as connection:
            sent = outbox.find(connection, 100, MessageStatus.SENT)
        return sorted(map(_told, sent), key=lambda told: (told[0][4:6], told[0][-5:], *told[1:]))

    def _hour(self, fleet: Fleet) -> None:
        today = self.clock().astimezone(BRUSSELS).date()
        self.odoo.inner = _odoo(today)
        tenant = fleet.settings.tenant("firm")
        scopes = dispatch.known_scopes(fleet, tenant)
        for job in (catalogue.jobs()[name] for name in JOBS):
            for run_id in dispatch.open_slots_of(fleet, job, [(tenant, scopes)]):
                self._count(job.name, runner.execute(fleet, run_id))
        while dispatcher.deliver(fleet):
            pass
        self._act(fleet)

    def _count(self, job: str, executed: runner.Executed | None) -> None:
        assert executed is not None
        assert executed.seen is not None
        if job == "invoice_readiness":
            self.naive.update(self._finance())
        elif executed.seen.report.findings:
            self.naive["marco.bianchi@nordwind.example"] += 1

    def _finance(self) -> Sequence[str]:
        joined = self.clock().date() >= date(2026, 11, 16)
        return (FINANCE, CONTROLLER) if joined else (FINANCE,)

    def _fleet(self) -> Fleet:
        finance = ", ".join(f'"{reader}"' for reader in self._finance())
        others = ", ".join(str(number) for number in range(1, 41) if number != MARCO)
        file = FILE.format(finance=finance, exempt=others)
        return fleet_on(self.folder, self.clock, self.odoo, smtp_port=self.catcher.port, file=file)

    def _act(self, fleet: Fleet) -> None:
        hour = self.clock().astimezone(BRUSSELS).strftime("%d %H:%M")
        done = {
            "12 10:00": (ActKind.SNOOZED, FINANCE, "blocked-order-2", 2, date(2026, 11, 17)),
            "19 10:00": (ActKind.HELD, CONTROLLER, "ready-order-13", 13, date(2026, 11, 24)),
        }.get(hour)
        if done is None:
            return
        kind, person, key, order, until = done
        here = {"job": "invoice_readiness", "tenant": "firm", "company_id": 1}
        about = {"model": "sale.order", "record_id": order, "severity": "info"}
        with fleet.ledger.transaction() as connection:
            act = Act(kind, person, key=key, at=self.clock(), until=until, **here, **about)  # type: ignore[arg-type]
            assert acts.record(connection, act, nonce=hour)


def _told(message: Message) -> Told:
    assert message.sent_at is not None
    when = f"{message.sent_at.astimezone(BRUSSELS):%a %d %b %H:%M}"
    who = message.recipient.partition("@")[0]
    if message.stored["template"] != "digest":
        return when, who, message.step
    news = {kind: found for kind, found in message.stored["news"].items() if kind != "since"}
    said = [f"{kind} {_named(found)}" for kind, found in news.items() if found]
    return when, who, "; ".join(said)


def _named(found: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(sorted(f"S{each['record_id']} {each['group']}" for each in found))


def _differences(today: date) -> Iterator[tuple[tuple[str, int], dict[str, Any]]]:
    """What the firm of the first day is like on another: the history, as Odoo would show it."""
    day = today.day
    there = {1: day < 9 or day >= 26, 2: True, 3: day >= 16, 13: True}
    addressed = {13: day >= 4, 2: day < 11}
    for line in _rows()["sale.order.line"]:
        if not there.get(line["order_id"]):
            yield ("sale.order.line", line["id"]), {"state": "cancel"}
    for order, customer in CUSTOMERS.items():
        address = f"accounts{order}@customer.example" if addressed.get(order, True) else False
        yield ("res.partner", customer), {"email": address}
    for line in _rows()["account.analytic.line"]:
        if line["employee_id"] == MARCO and not _logged(date.fromisoformat(line["date"]), today):
            yield ("account.analytic.line", line["id"]), {"unit_amount": 0.0}


def _logged(day: date, today: date) -> bool:
    """Marco logs in the evening, but the 12th and 13th on the 19th, and loses the 12th again."""
    if day == date(2026, 11, 12):
        return 19 < today.day < 23
    if day == date(2026, 11, 13):
        return today.day > 19
    return day < today


@cache
def _odoo(today: date) -> Sandbox:
    return Sandbox(FIRST, rows=_rows(), corrupt=dict(_differences(today)))


@cache
def _rows() -> dict[str, list[dict[str, Any]]]:
    rows = {model: list(found) for model, found in firm.build(FIRST).items()}
    lines = rows["account.analytic.line"]
    others = [line for line in lines if line["employee_id"] != MARCO]
    pattern = next(line for line in lines if line["employee_id"] == MARCO)
    days = [FIRST + timedelta(days=n) for n in range(-28, 29)]
    his = [
        {**pattern, "id": 9000 + n, "date": str(day), "unit_amount": 8.0, "holiday_id": False}
        for n, day in enumerate(days)
        if day.weekday() < 5
    ]
    rows["account.analytic.line"] = [*others, *his]
    # Nobody is away in this month.
    rows["resource.calendar.leaves"] = []
    return rows
