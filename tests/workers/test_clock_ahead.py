"""A clock that ran a year ahead and was put right stops nothing for longer than a minute or so."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from odoo_gateway.errors import OdooUnavailable
from tests.fakes.clock import Clock
from tests.fakes.fleets import Switchable, fleet_on
from tests.fakes.shift import Shift
from tests.workers.test_outages import FILE
from tests.workers.test_runner import READINESS, messages, opened, run_of
from workers import dispatch, outages, runner, wiring
from workers import notes as watching
from workers.broker.celery_settings import make_app
from workers.commands import status
from workers.delivery import dispatcher
from workers.demo.catcher import Catcher, catching
from workers.demo.processes import free_port
from workers.ledger import marks, outbox, runs, scopes
from workers.ledger import outages as standing
from workers.ledger.statuses import MessageStatus, RunStatus
from workers.messages.calm import Calm
from workers.watch.signals import BeatingScheduler, WorkerHeart
from workers.wiring import Fleet

YEAR = timedelta(days=365)


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    with catching(tmp_path / "mails", free_port()) as found:
        yield found


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher) -> Fleet:
    """One whose clock runs a year ahead, as tests begin."""
    found = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=FILE)
    dispatch.known_scopes(found, found.settings.tenant("firm"))
    clock.now += YEAR
    return found


def put_right(fleet: Fleet, clock: Clock) -> None:
    clock.now -= YEAR
    dispatch.put_clocks_right(fleet)


def test_a_run_that_was_put_off_is_tried_again_at_once(
    fleet: Fleet, clock: Clock, odoo: Switchable
) -> None:
    clock.now -= YEAR
    run_id = opened(fleet, READINESS)
    clock.now += YEAR
    with fleet.ledger.transaction() as connection:
        runs.put_off(connection, run_id, clock(), clock() + timedelta(minutes=4), "x", "away")
    put_right(fleet, clock)
    assert run_of(fleet, run_id).next_attempt_at == clock()


def test_a_run_that_was_published_and_lost_is_published_again(fleet: Fleet, clock: Clock) -> None:
    clock.now -= YEAR
    run_id = opened(fleet, READINESS)
    clock.now += YEAR
    dispatch.publish_due(fleet, lambda run: None)
    put_right(fleet, clock)
    published: list[int] = []
    dispatch.publish_due(fleet, lambda run: published.append(run.id))
    assert published == [run_id]


def test_what_a_dead_worker_held_is_free_after_a_minute(fleet: Fleet, clock: Clock) -> None:
    clock.now -= YEAR
    run_id = opened(fleet, READINESS)
    clock.now += YEAR
    with fleet.ledger.transaction() as connection:
        assert runs.claim(connection, run_id, clock(), timedelta(minutes=1), 9, 5)
    put_right(fleet, clock)
    assert runner.execute(fleet, run_id) is None, "its worker may be alive"
    clock.forward(minutes=1, seconds=1)
    executed = runner.execute(fleet, run_id)
    assert executed is not None
    assert executed.status is RunStatus.SUCCEEDED


def test_a_message_that_it_queued_goes_out(fleet: Fleet, clock: Clock, catcher: Catcher) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    (digest,) = messages(fleet)
    put_right(fleet, clock)
    (now,) = messages(fleet)
    assert now.next_attempt_at - clock() == digest.next_attempt_at - digest.created_at
    assert dispatcher.deliver(fleet)["sent"] == 1


@pytest.mark.parametrize("error_class", ["DeliveryFailed", None])
def test_a_message_that_it_put_off_is_tried_again(
    fleet: Fleet, clock: Clock, error_class: str | None
) -> None:
    clock.now -= YEAR
    runner.execute(fleet, opened(fleet, READINESS))
    clock.now += YEAR
    with fleet.ledger.transaction() as connection:
        (claimed,) = outbox.claim(connection, clock(), timedelta(minutes=5), 1, 8)
        until = clock() + timedelta(hours=12)
        if error_class:
            outbox.wait(connection, claimed, clock(), until, error_class, "no", tried=True)
        else:
            outbox.postpone(connection, claimed, clock(), until, "quiet hours")
    put_right(fleet, clock)
    (now,) = messages(fleet)
    assert now.next_attempt_at == clock()
    assert now.waiting_since in (None, clock())


def test_what_is_put_off_as_it_should_be_is_left_alone(fleet: Fleet, clock: Clock) -> None:
    clock.now -= YEAR
    runner.execute(fleet, opened(fleet, READINESS))
    with fleet.ledger.transaction() as connection:
        (claimed,) = outbox.claim(connection, clock(), timedelta(minutes=5), 1, 8)
        outbox.postpone(connection, claimed, clock(), clock() + timedelta(days=14), "days off")
    before = messages(fleet)
    assert dispatch.put_clocks_right(fleet) == 0
    assert messages(fleet) == before


def test_what_is_away_is_asked_for_again_and_has_been_away_since_now(
    fleet: Fleet, clock: Clock
) -> None:
    name = outages.of_odoo("firm")
    outages.begin(fleet, name, OdooUnavailable("away"))
    put_right(fleet, clock)
    with fleet.ledger.reading() as connection:
        assert standing.standing(connection)[name].since == clock()
    asked: list[str] = []
    outages.look_again(fleet, asked.append)
    assert asked == [name]


def test_signs_of_processes_that_lie_ahead_are_none(fleet: Fleet, clock: Clock) -> None:
    detail = {"queues": ["batch", "events", "delivery"], "processes": 1}
    watching.beat(fleet, marks.WORKER, "all@host", detail)
    watching.beat(fleet, marks.BEAT, "host", {})
    clock.now -= YEAR
    # Nobody is left who could put it right.
    needs = {problem.what for problem in status.look(fleet).problems}
    assert {"beat", "queue batch", "queue events", "queue delivery"} <= needs
    dispatch.put_clocks_right(fleet)
    with fleet.ledger.reading() as connection:
        assert {mark.kind for mark in marks.all(connection)} <= {marks.DISCOVERY}


def test_a_machine_whose_clock_is_behind_takes_nothing_from_those_that_are_right(
    fleet: Fleet, clock: Clock
) -> None:
    clock.now -= YEAR
    run_id = opened(fleet, READINESS)
    with fleet.ledger.transaction() as connection:
        claim = runs.claim(connection, run_id, clock(), timedelta(minutes=1), 9, 5)
    assert claim is not None
    for _ in range(3):
        watching.beat(fleet, marks.WORKER, "all@right", {"queues": ["batch"], "processes": 1})
        clock.forward(hours=-3)
        dispatch.put_clocks_right(fleet)
        clock.forward(hours=3)
    assert run_of(fleet, run_id).lease_until == claim.run.lease_until


def test_companies_are_asked_for_again(fleet: Fleet, clock: Clock, odoo: Switchable) -> None:
    dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    with fleet.ledger.transaction() as connection:
        assert marks.renew(connection, marks.DISCOVERY, "firm", clock(), clock())
    put_right(fleet, clock)
    calls = odoo.calls
    dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    assert odoo.calls > calls
    with fleet.ledger.transaction() as connection:
        assert scopes.last_seen(connection)["firm"] == clock()
        assert marks.renew(connection, marks.DISCOVERY, "firm", clock(), clock())
        assert not marks.renew(connection, marks.DISCOVERY, "firm", clock(), clock() - YEAR)


def test_mails_that_it_sent_count_for_no_day_that_has_not_come(fleet: Fleet, clock: Clock) -> None:
    mail = fleet.settings.tenant("firm").settings.mail.model_copy(
        update={"cap_per_day": 1, "cap_per_week": 1}
    )
    zone = next(iter(dispatch.known_scopes(fleet, fleet.settings.tenant("firm")))).zone
    calm, now = Calm(mail, zone), clock() - YEAR
    assert calm.after_cap([clock()], now) is None
    assert calm.after_cap([now], now) is not None


def test_a_worker_gives_signs_again_at_once(
    fleet: Fleet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "fleet", lambda: fleet)
    heart = WorkerHeart("all@host", ["batch"], 1)
    heart.beat()
    put_right(fleet, clock)
    heart.beat()
    with fleet.ledger.reading() as connection:
        (mark,) = (mark for mark in marks.all(connection) if mark.kind == marks.WORKER)
    assert mark.at == clock()


def test_beat_sends_again_within_a_tick(
    fleet: Fleet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "fleet", lambda: fleet)
    app: Celery = make_app(fleet)
    monkeypatch.setattr(app, "now", clock)
    sent: list[str] = []

    def send(self: Any, entry: Any, **_: object) -> None:
        sent.append(entry.name)

    monkeypatch.setattr(BeatingScheduler, "apply_async", send)
    monkeypatch.setattr(BeatingScheduler, "producer", None)
    scheduler = BeatingScheduler(app, lazy=True)
    scheduler.setup_schedule()
    scheduler.tick()
    clock.forward(minutes=1)
    scheduler.tick()
    assert sent
    clock.now -= YEAR
    sent.clear()
    clock.forward(minutes=1)
    # Each time it sends one of those that are due.
    for _ in range(100):
        scheduler.tick()
        clock.forward(seconds=1)
    assert {"recover", "deliver"} <= set(sent)


def test_the_fleet_goes_on_by_itself(
    fleet: Fleet, clock: Clock, odoo: Switchable, catcher: Catcher
) -> None:
    odoo.error = OdooUnavailable("away")
    Shift(fleet, clock).minutes(30, step=5)
    odoo.error = None
    clock.now -= YEAR
    right: datetime = clock()
    Shift(fleet, clock).minutes(60 * 24, step=15)
    states = {(run.slot > right, run.status) for run in _runs(fleet) if run.slot <= clock()}
    assert states <= {(True, RunStatus.SUCCEEDED), (False, RunStatus.SUCCEEDED)}
    assert MessageStatus.SENT in {message.status for message in messages(fleet)}


def _runs(fleet: Fleet) -> list[runs.Run]:
    with fleet.ledger.reading() as connection:
        return list(runs.latest(connection, 1000))
