"""What is away costs no attempt: played at the shipped waits, over hours of a clock that is moved.

It is Monday, 2 March 2026, so that each job comes due, the one of Tuesdays by its own line.
"""

import asyncio
import json
import smtplib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from odoo_gateway.errors import OdooLoginRefused, OdooUnavailable
from odoo_gateway.sandbox import Sandbox
from tasks import catalogue
from tests.fakes.clock import Clock
from tests.fakes.fleets import TENANT, Switchable, fleet_on
from tests.fakes.receiver import receiving
from tests.fakes.shift import Shift
from tests.workers.messages.test_routing import SECRET
from tests.workers.test_runner import messages, opened, watched_before
from workers import dispatch, holding, outages, runner
from workers.config.tenants import Tenant
from workers.delivery import dispatcher, rechecking
from workers.demo.catcher import Catcher, catching
from workers.demo.processes import free_port
from workers.errors import DeliveryClosed, DeliveryUnavailable
from workers.ledger import outages as standing_outages
from workers.ledger import outbox, runs
from workers.ledger.database import Connection
from workers.ledger.errors import LedgerUnavailable
from workers.ledger.outages import Outage
from workers.ledger.places import Place
from workers.ledger.statuses import MessageStatus, RunStatus
from workers.smtp import SmtpServer
from workers.wiring import Fleet

OPS = "ops@nordwind.example"
FILE = f"""{TENANT}\
recipients.finance = ["finance@nordwind.example"]
recipients.delivery = ["delivery@nordwind.example"]
recipients.ops = ["{OPS}"]
mail = {{ cap_per_day = 0, cap_per_week = 0 }}
schedules.master_data = "0 6 * * 1"
"""
THREE_HOURS = 180
TEN_MINUTES = timedelta(minutes=10)


@dataclass
class Firm:
    """A fleet at its shipped defaults, and what it needs, each to be taken away and given back."""

    shift: Shift
    odoo: Switchable
    port: int
    folder: Path
    mailbox: ExitStack = field(default_factory=ExitStack)
    catchers: list[Catcher] = field(default_factory=list)
    ledger_is_there: bool = True

    @property
    def fleet(self) -> Fleet:
        return self.shift.fleet

    def take(self, what: str) -> None:
        """From now on it is away."""
        if what == "odoo":
            self.odoo.error = OdooUnavailable("http://odoo.example cannot be reached (refused)")
        elif what == "mail":
            self.mailbox.close()
        elif what == "ledger":
            self.ledger_is_there = False
        else:
            self.shift.broker_is_there = False

    def give_back(self, what: str) -> None:
        """From now on it is there again."""
        if what == "odoo":
            self.odoo.error = None
        elif what == "mail":
            self.open_mailbox()
        elif what == "ledger":
            self.ledger_is_there = True
        else:
            self.shift.broker_is_there = True

    def open_mailbox(self) -> None:
        folder = self.folder / f"mails-{len(self.catchers)}"
        self.catchers.append(self.mailbox.enter_context(catching(folder, self.port)))

    @property
    def mails(self) -> list[Any]:
        return [mail for catcher in self.catchers for mail in catcher.mails]

    def of_ops(self) -> list[str]:
        """The subjects of what ops were mailed, in order."""
        return [str(mail["Subject"]) for mail in self.mails if str(mail["To"]) == OPS]

    def rows(self) -> tuple[list[runs.Run], list[outbox.Message]]:
        with self.fleet.ledger.reading() as connection:
            return list(runs.latest(connection, 1000)), list(outbox.find(connection, 1000))


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    clock = Clock(datetime(2026, 3, 2, 3, 30, tzinfo=UTC))
    odoo, port = Switchable(Sandbox(clock().date())), free_port()
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=port, file=FILE)
    found = Firm(Shift(fleet, clock), odoo, port, tmp_path)
    _guard(fleet, lambda: found.ledger_is_there)
    with found.mailbox:
        found.open_mailbox()
        found.shift.minutes(5)
        yield found


def _guard(fleet: Fleet, is_there: Callable[[], bool]) -> None:
    """Have each use of the ledger fail while it is away."""
    for name in ("transaction", "reading"):
        setattr(fleet.ledger, name, _guarded(getattr(fleet.ledger, name), is_there))


def _guarded(use: Callable[[], Any], is_there: Callable[[], bool]) -> Callable[[], Any]:
    @contextmanager
    def used() -> Iterator[Any]:
        if not is_there():
            raise LedgerUnavailable("the database is away")
        with use() as connection:
            yield connection

    return used


@pytest.mark.parametrize(("minutes", "step"), [(20, 1), (THREE_HOURS, 1), (24 * 60, 12)])
@pytest.mark.parametrize("what", ["odoo", "mail", "ledger", "broker"])
def test_an_outage_over_due_slots_loses_nothing_and_is_told_once(
    firm: Firm, what: str, minutes: int, step: int
) -> None:
    firm.shift.minutes(20, step=5)
    firm.take(what)
    firm.shift.minutes(minutes, step)
    firm.give_back(what)
    back = firm.shift.clock()
    firm.shift.minutes(10)
    found, told = firm.rows()
    # What a later digest has taken the place of waits for nothing.
    queued = [message for message in told if message.status is MessageStatus.QUEUED]
    waiting = [message for message in queued if message.waiting_since is not None]
    ended = max(run.finished_at for run in found if run.finished_at)
    firm.shift.minutes(60, step=5)
    later, messages = firm.rows()
    dead = [run for run in later if run.status is RunStatus.DEAD]
    parked = [message for message in messages if message.status is MessageStatus.PARKED]
    print(
        f"{what} away for {minutes} minutes: {len(found)} runs, {len(dead)} given up; "
        f"{len(messages)} messages, {len(parked)} given up; ops told {firm.of_ops()}; "
        f"the last run ended {max(ended - back, timedelta(0))} after the return; "
        f"{firm.shift.done['probe']} probes"
    )
    assert (dead, parked, waiting) == ([], [], [])
    assert all(run.status is RunStatus.SUCCEEDED and run.attempts == 1 for run in found)
    assert {run.id for run in found} >= {run.id for run in later if run.slot <= back}
    assert ended <= back + TEN_MINUTES
    if minutes >= THREE_HOURS:
        assert {run.job for run in found} == set(catalogue.jobs())
    name = "the Odoo of firm" if what == "odoo" else f"the {what}".replace("mail", "mail server")
    news = [f"Away: {name}"] if what == "odoo" else []
    assert firm.of_ops() == [*news, f"There again: {name}"]


def ended_while_it_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass over the outbox hears of what stands, and by then it is over."""

    def ending(this_round: rechecking.Round) -> Mapping[str, Outage]:
        with this_round.fleet.ledger.reading() as connection:
            found = standing_outages.standing(connection)
        for name in found:
            outages.end(this_round.fleet, name)
        return found

    monkeypatch.setattr(rechecking.Round, "away", property(ending))


def test_a_mail_noted_as_waiting_as_the_outage_ends_goes_out_with_the_others(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It is no longer night.
    firm.shift.clock.forward(hours=6)
    runner.execute(firm.fleet, opened(firm.fleet, "invoice_readiness"))
    outages.begin(firm.fleet, outages.MAIL, DeliveryUnavailable("refused"))
    ended_while_it_is_noted(monkeypatch)
    assert dispatcher.deliver(firm.fleet)["waiting"] == 1
    (digest,) = (m for m in messages(firm.fleet) if m.job == "invoice_readiness")
    assert digest.next_attempt_at == firm.shift.clock()
    assert dispatcher.deliver(firm.fleet)["sent"] == 1


def test_a_run_noted_as_waiting_as_the_outage_ends_is_due_with_the_others(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = opened(firm.fleet, "wip_aging")
    firm.take("odoo")
    suspect = outages.suspect

    def ending(fleet: Fleet, tenant: Tenant, error: Exception) -> Outage | None:
        found = suspect(fleet, tenant, error)
        firm.give_back("odoo")
        assert outages.probe(fleet, outages.of_odoo(tenant.name))
        return found

    monkeypatch.setattr(outages, "suspect", ending)
    executed = runner.execute(firm.fleet, run_id)
    assert executed is not None
    assert executed.status is RunStatus.PENDING
    (run,) = (run for run in firm.rows()[0] if run.id == run_id)
    assert run.next_attempt_at == firm.shift.clock()


def test_a_restart_of_odoo_is_no_news(firm: Firm) -> None:
    firm.shift.minutes(30, step=5)
    firm.take("odoo")
    firm.shift.minutes(5)
    firm.give_back("odoo")
    firm.shift.minutes(15)
    found, _ = firm.rows()
    assert found
    assert {run.status for run in found} == {RunStatus.SUCCEEDED}
    assert firm.of_ops() == []


def test_a_key_that_odoo_refuses_is_told_at_once_and_burns_no_slot(firm: Firm) -> None:
    firm.odoo.error = OdooLoginRefused("http://odoo.example no longer accepts the login")
    firm.shift.minutes(40)
    assert firm.of_ops() == ["We are refused: the Odoo of firm"]
    found, _ = firm.rows()
    assert found
    assert {(run.status, run.attempts) for run in found} == {(RunStatus.PENDING, 0)}
    asked = firm.odoo.calls
    firm.shift.minutes(60)
    # One question at a time, at most every few minutes, whatever waits.
    assert firm.odoo.calls - asked <= 60
    firm.odoo.error = None
    firm.shift.minutes(10)
    found, _ = firm.rows()
    assert {run.status for run in found} == {RunStatus.SUCCEEDED}
    assert firm.of_ops()[1:] == ["There again: the Odoo of firm"]


def test_one_run_that_odoo_never_answers_holds_up_no_other(firm: Firm) -> None:
    inner = firm.odoo.inner

    class Choking:
        def call(self, model: str, method: str, args: Any, kwargs: Any) -> Any:
            if model == "hr.expense":
                raise OdooUnavailable("did not answer within 60 s")
            return inner.call(model, method, args, kwargs)

    firm.odoo.inner = Choking()
    firm.shift.minutes(THREE_HOURS, step=5)
    found, _ = firm.rows()
    states = {run.job: (run.status, run.attempts) for run in found}
    assert states.pop("pending_approvals") == (RunStatus.PENDING, 0)
    assert states["timesheet_reminders"][0] is RunStatus.SUCCEEDED
    assert firm.of_ops() == []
    firm.odoo.inner = inner
    firm.shift.minutes(12)
    found, _ = firm.rows()
    assert {run.status for run in found} == {RunStatus.SUCCEEDED}


def test_two_beats_tell_once_that_the_ledger_is_back(firm: Firm) -> None:
    since = firm.shift.clock()
    firm.shift.clock.forward(hours=3)
    told = [outages.was_away(firm.fleet, outages.LEDGER, since, "away") for _ in range(2)]
    assert told == [True, False]


class Picky:
    """A mail server that takes all mails but what `unwanted` says, which it answers so.

    `answers`: by the command, MAIL or RCPT; "hang up" is none.
    """

    def __init__(self, unwanted: str = "@", **answers: str) -> None:
        self.unwanted, self.answers = unwanted, answers
        self.accepted: list[str] = []

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self._answer("MAIL", address, server)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return await self._answer("RCPT", address, server)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.accepted += envelope.rcpt_tos
        return "250 kept"

    async def _answer(self, command: str, address: str, server: SMTP) -> str:
        answer = self.answers.get(command, "") if self.unwanted in address else ""
        if answer == "hang up":
            cast(asyncio.Transport, server.transport).abort()
            await asyncio.sleep(0)
        return answer or "250 ok"


@pytest.mark.parametrize("answer", ["421 closing", "451 try later", "hang up"])
def test_what_the_mail_server_says_to_our_own_address_it_says_to_all(
    firm: Firm, answer: str
) -> None:
    firm.mailbox.close()
    picky = Picky(MAIL=answer)
    with serving(picky, firm.port):
        firm.shift.minutes(THREE_HOURS, step=10)
        assert picky.accepted == []
        assert outages.standing(firm.fleet, outages.MAIL) is not None
        picky.answers.clear()
        firm.shift.minutes(10)
        assert outages.standing(firm.fleet, outages.MAIL) is None
        _, messages = firm.rows()
    assert {message.attempts for message in messages if message.sent_at} == {1}
    assert picky.accepted


@pytest.mark.parametrize("answer", ["450 greylisted", "421 closing", "hang up"])
def test_one_mail_that_fails_holds_up_no_other_and_is_no_outage_for_ever(
    firm: Firm, answer: str
) -> None:
    firm.mailbox.close()
    picky = Picky("finance@", RCPT=answer)
    with serving(picky, firm.port):
        firm.shift.minutes(2 * THREE_HOURS, step=5)
        others = {message.recipient for message in firm.rows()[1]} - {"finance@nordwind.example"}
        assert others <= set(picky.accepted)
        assert len(others) > 3
        assert OPS not in others
        mine = [m for m in firm.rows()[1] if m.recipient == "finance@nordwind.example"]
        # A later digest takes the place of one that waits.
        told = {(m.status, m.attempts) for m in mine}
        assert told - {(MessageStatus.DROPPED, 0)} == {(MessageStatus.QUEUED, 0)}
        picky.answers.clear()
        firm.shift.minutes(10)
    assert "finance@nordwind.example" in picky.accepted
    assert OPS not in picky.accepted


@contextmanager
def serving(handler: Picky, port: int) -> Iterator[None]:
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@pytest.mark.parametrize(
    ("code", "error"), [(535, DeliveryClosed), (454, DeliveryUnavailable), (530, DeliveryClosed)]
)
def test_a_login_that_is_refused_parks_nothing(
    firm: Firm, monkeypatch: pytest.MonkeyPatch, code: int, error: type[DeliveryUnavailable]
) -> None:
    def refused(self: SmtpServer) -> smtplib.SMTP:
        raise smtplib.SMTPAuthenticationError(code, b"no")

    monkeypatch.setattr(SmtpServer, "_connect", refused)
    with pytest.raises(error) as caught:
        firm.fleet.mail.probe()
    assert type(caught.value) is error
    firm.shift.minutes(THREE_HOURS, step=10)
    _, messages = firm.rows()
    assert {(m.status, m.attempts) for m in messages} == {(MessageStatus.QUEUED, 0)}


def test_a_webhook_that_is_away_is_tried_by_one_message_until_it_is_back(
    tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    with receiving() as receiver:
        route = (
            f'[tenants.firm.webhooks.flow]\nurl = "{receiver.url}"\n'
            '[[tenants.firm.routes]]\njobs = ["invoice_readiness"]\nchannels = ["flow"]\n'
            "digest = false\n"
        )
        secret = {"FLEET_FIRM_WEBHOOK_FLOW_SECRET": SECRET}
        fleet = fleet_on(
            tmp_path, clock, odoo, smtp_port=free_port(), file=FILE + route, environ=secret
        )
        shift = Shift(fleet, clock)
        receiver.status = 503
        watched_before(fleet, "invoice_readiness")
        runner.execute(fleet, opened(fleet, "invoice_readiness"))
        shift.minutes(THREE_HOURS)
        # Every four minutes, but for the first ones.
        assert len(receiver.got) <= THREE_HOURS / 4 + 4
        waiting = [message for message in messages(fleet) if message.channel == "flow"]
        assert len(waiting) > 10
        assert {(m.status, m.attempts) for m in waiting} == {(MessageStatus.QUEUED, 0)}
        receiver.status = 204
        receiver.got.clear()
        shift.minutes(10)
        assert len(receiver.got) == len(waiting)
        news = [m.stored["outage"]["what"] for m in messages(fleet) if m.step == "return"]
    assert news == ["webhook"]


def test_news_of_the_mail_server_take_the_chat_of_ops(
    tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    with receiving() as receiver:
        chat = (
            f'[tenants.firm.webhooks.room]\nkind = "chat"\nurl = "{receiver.url}"\n'
            '[[tenants.firm.routes]]\naudiences = ["ops"]\nchannels = ["room"]\n'
        )
        fleet = fleet_on(tmp_path, clock, odoo, smtp_port=free_port(), file=FILE + chat)
        shift = Shift(fleet, clock)
        outages.begin(fleet, outages.MAIL, DeliveryUnavailable("refused"))
        shift.minutes(20)
        texts = [json.loads(body)["text"] for body in receiver.bodies]
    assert texts == ["Away: the mail server"]


def test_a_worker_that_lives_holds_its_run_and_a_dead_one_for_a_minute(firm: Firm) -> None:
    fleet, clock = firm.fleet, firm.shift.clock
    longest = fleet.settings.environment.run_lease_seconds
    now = clock()
    dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    with fleet.ledger.transaction() as connection:
        opened = runs.open_slot(connection, Place("wip_aging", "firm", 1), now, now, "trace")
        run_id = int(opened or 0)
        length = holding.lease(fleet, longest)
        claim = runs.claim(connection, run_id, now, length, 1, max_attempts=5)
    assert claim is not None
    assert length == timedelta(minutes=1)
    lives_for = timedelta(minutes=10)

    class Life:
        """Ends after ten minutes, as if somebody had killed it."""

        def wait(self, seconds: float) -> bool:
            assert _leased(fleet, run_id) > clock()
            clock.forward(seconds=seconds)
            return clock() >= now + lives_for

    def hold(connection: Connection, at: datetime, until: timedelta) -> None:
        runs.extend(connection, claim, at, until)

    holding._give_signs(fleet, longest, hold, Life())
    assert clock() < _leased(fleet, run_id) <= now + lives_for + length
    assert runner.execute(fleet, run_id) is None
    clock.forward(minutes=1)
    executed = runner.execute(fleet, run_id)
    assert executed is not None
    assert executed.status is RunStatus.SUCCEEDED


def test_who_hangs_longer_than_its_work_may_take_gives_no_more_signs(firm: Firm) -> None:
    signs: list[datetime] = []

    class Endless:
        def wait(self, seconds: float) -> bool:
            firm.shift.clock.forward(seconds=seconds)
            return False

    begun = firm.shift.clock()

    def hold(connection: Connection, at: datetime, until: timedelta) -> None:
        signs.append(at + until)

    holding._give_signs(firm.fleet, 900, hold, Endless())
    assert signs[-1] <= begun + timedelta(seconds=900)


def _leased(fleet: Fleet, run_id: int) -> datetime:
    with fleet.ledger.reading() as connection:
        run = runs.get(connection, run_id)
    assert run is not None
    assert run.lease_until is not None
    return run.lease_until


@pytest.mark.parametrize("name", ["firm", "odoo", "mail_room", "webhook"])
@pytest.mark.parametrize("kind", ["chat", "webhook"])
def test_news_of_odoo_take_the_way_of_ops_whatever_its_name(
    name: str, kind: str, tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    with receiving() as receiver:
        way = (
            f'[tenants.firm.webhooks.{name}]\nkind = "{kind}"\nurl = "{receiver.url}"\n'
            f'[[tenants.firm.routes]]\naudiences = ["ops"]\nchannels = ["{name}"]\n'
        )
        secret = {f"FLEET_FIRM_WEBHOOK_{name.upper()}_SECRET": SECRET} if kind == "webhook" else {}
        fleet = fleet_on(
            tmp_path, clock, odoo, smtp_port=free_port(), file=FILE + way, environ=secret
        )
        outages.begin(fleet, outages.of_odoo("firm"), OdooUnavailable("refused"))
        clock.forward(minutes=11)
        assert outages.tell(fleet) == 1
        told = {(m.channel, m.step) for m in messages(fleet)}
    assert told == {("email", "outage"), (name, "outage")}


def test_of_two_ways_of_ops_the_one_that_is_away_is_not_told_of_itself(
    tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    ways = "".join(
        f'[tenants.firm.webhooks.{name}]\nkind = "chat"\nurl = "http://127.0.0.1:9/{name}"\n'
        for name in ("firm", "room")
    )
    route = '[[tenants.firm.routes]]\naudiences = ["ops"]\nchannels = ["firm", "room"]\n'
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=free_port(), file=FILE + ways + route)
    outages.begin(fleet, outages.of_target("firm", "firm"), DeliveryUnavailable("refused"))
    clock.forward(minutes=11)
    outages.tell(fleet)
    assert {m.channel for m in messages(fleet)} == {"email", "room"}
