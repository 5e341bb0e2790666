"""Each effect is done once, whenever its executor is killed, on each database."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from odoo_gateway.errors import OdooRejected, OdooUnavailable
from odoo_gateway.sandbox import Sandbox
from tasks.domain.matrix import Request
from tasks.domain.proposals import Mode, Proposal
from tests.fakes.clock import Clock
from tests.fakes.effects import Deadly, Killed, effect_of, follow_up, note, proposed
from tests.fakes.fleets import FILE, fleet_on
from workers import dispatch, trimming
from workers.effects import executor
from workers.errors import EffectRefused
from workers.ledger import audit, counters, effects, outbox
from workers.ledger.payloads import Asking
from workers.ledger.statuses import EffectStatus
from workers.wiring import Fleet

MODES = f'{FILE}effects = {{ follow_up = "automatic", note = "propose" }}\n'
BEYOND_SILENCE = timedelta(minutes=30)


@pytest.fixture
def odoo(clock: Clock) -> Deadly:
    return Deadly(Sandbox(clock().date()))


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Deadly, url: str) -> Fleet:
    environ = {"FLEET_DATABASE_URL": url}
    return fleet_on(tmp_path, clock, odoo, file=MODES, environ=environ, upgraded=False)


def in_odoo(odoo: Deadly, model: str = "mail.activity") -> list[str]:
    rows = odoo.call(model, "search_read", [[]], {"context": {"active_test": False}})
    key = "summary" if model == "mail.activity" else "body"
    return [row[key] for row in rows if row[key] in ("Bill it", "<p>Seen</p>")]


def events(fleet: Fleet) -> list[str]:
    with fleet.ledger.reading() as connection:
        noted = audit.entries(connection, 100)
    return [entry.event for entry in reversed(noted) if entry.event.startswith("effect")]


def run_all(fleet: Fleet) -> None:
    for _ in range(20):
        if not executor.execute_next(fleet):
            return


def test_what_is_automatic_is_written_once_and_read_back(fleet: Fleet, odoo: Deadly) -> None:
    number = proposed(fleet, follow_up())
    assert proposed(fleet, follow_up()) is None
    assert executor.waits(fleet)
    run_all(fleet)
    found = effect_of(fleet, number)
    assert (found.status, in_odoo(odoo)) == (EffectStatus.DONE, ["Bill it"])
    assert found.result is not None
    assert found.result["activity_id"] > 0
    assert events(fleet) == ["effect.proposed", "effect.done"]
    assert not executor.waits(fleet)
    with fleet.ledger.reading() as connection:
        counted = [each.labels for each in counters.all(connection) if "calls" in each.name]
    assert {
        "tenant": "firm",
        "model": "mail.activity",
        "method": "load",
        "outcome": "ok",
    } in counted


@pytest.mark.parametrize("proposal", [follow_up(), note()], ids=["follow_up", "note"])
@pytest.mark.parametrize(
    ("when", "writes"), [("before", 2), ("during", 1)], ids=["before", "during"]
)
def test_an_executor_that_is_killed_as_it_writes_neither_loses_nor_doubles(
    fleet: Fleet, odoo: Deadly, clock: Clock, proposal: Proposal, when: str, writes: int
) -> None:
    number = proposed(fleet, proposal)
    released(fleet, number)
    odoo.when = when
    with pytest.raises(Killed):
        executor.execute_next(fleet)
    assert effect_of(fleet, number).status is EffectStatus.WRITING
    assert not executor.execute_next(fleet)
    clock.now += BEYOND_SILENCE
    run_all(fleet)
    assert effect_of(fleet, number).status is EffectStatus.DONE
    # What Odoo had done already was found, and not written again.
    assert odoo.writes == writes
    assert in_odoo(odoo, "mail.message" if proposal.kind == "note" else "mail.activity") == [
        "<p>Seen</p>" if proposal.kind == "note" else "Bill it"
    ]


def released(fleet: Fleet, number: int | None) -> None:
    with fleet.ledger.transaction() as connection:
        effect = effects.get(connection, number or 0, lock=True)
        assert effect is not None
        if effect.status is EffectStatus.PROPOSED:
            effects.release(connection, effect, fleet.clock(), EffectStatus.READY, "ann")


@pytest.mark.parametrize("step", ["mark_writing", "done"])
@pytest.mark.parametrize("committed", [False, True])
def test_an_executor_that_is_killed_between_ledger_and_odoo_neither_loses_nor_doubles(
    fleet: Fleet,
    odoo: Deadly,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    committed: bool,
) -> None:
    number = proposed(fleet, follow_up())
    real: Callable[..., Any] = getattr(effects, step)

    def killed(*args: Any, **named: Any) -> None:
        real(*args, **named)
        if committed:
            args[0].commit()
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(effects, step, killed)
        with pytest.raises((Killed, SQLAlchemyError)):
            executor.execute_next(fleet)
    clock.now += BEYOND_SILENCE
    run_all(fleet)
    assert effect_of(fleet, number).status is EffectStatus.DONE
    assert (in_odoo(odoo), odoo.writes) == (["Bill it"], 1)


@pytest.mark.parametrize("when", ["before", "during"])
def test_an_answer_that_is_lost_is_looked_for_before_it_is_written_again(
    fleet: Fleet, odoo: Deadly, clock: Clock, when: str
) -> None:
    number = proposed(fleet, follow_up())
    odoo.when, odoo.error = when, OdooUnavailable("the connection was cut")
    run_all(fleet)
    found = effect_of(fleet, number)
    assert (found.status, found.error_class) == (EffectStatus.UNKNOWN, "EffectUnknown")
    clock.now += BEYOND_SILENCE
    run_all(fleet)
    assert effect_of(fleet, number).status is EffectStatus.DONE
    assert in_odoo(odoo) == ["Bill it"]
    assert odoo.writes == (2 if when == "before" else 1)


def test_an_odoo_that_is_away_costs_no_attempt(fleet: Fleet, odoo: Deadly, clock: Clock) -> None:
    number = proposed(fleet, follow_up())
    odoo.when, odoo.error, odoo.times = "before", OdooUnavailable("away"), 30
    for _ in range(30):
        executor.execute_next(fleet)
        clock.now += BEYOND_SILENCE
    assert effect_of(fleet, number).attempts <= 1
    run_all(fleet)
    assert effect_of(fleet, number).status is EffectStatus.DONE


def test_an_odoo_that_stays_away_for_a_week_leaves_it_to_a_person(
    fleet: Fleet, odoo: Deadly, clock: Clock
) -> None:
    number = proposed(fleet, follow_up())
    odoo.when, odoo.error, odoo.times = "before", OdooUnavailable("away"), 99
    executor.execute_next(fleet)
    clock.now += executor.USEFUL
    executor.execute_next(fleet)
    found = effect_of(fleet, number)
    assert (found.status, found.error_class) == (EffectStatus.PARKED, "EffectUnknown")


def test_a_fault_of_ours_costs_attempts_and_is_looked_for_all_the_same(
    fleet: Fleet, odoo: Deadly, clock: Clock
) -> None:
    number = proposed(fleet, follow_up())
    odoo.when, odoo.error = "during", KeyError("a bug")
    executor.execute_next(fleet)
    assert effect_of(fleet, number).attempts == 1
    assert effect_of(fleet, number).status is EffectStatus.UNKNOWN
    clock.now += BEYOND_SILENCE
    run_all(fleet)
    assert (effect_of(fleet, number).status, odoo.writes) == (EffectStatus.DONE, 1)


def test_what_kills_its_executor_each_time_is_parked_for_a_person(
    fleet: Fleet, odoo: Deadly, clock: Clock
) -> None:
    number = proposed(fleet, follow_up())
    odoo.when, odoo.times = "before", 99
    for _ in range(fleet.settings.environment.run_attempts):
        with pytest.raises(Killed):
            executor.execute_next(fleet)
        clock.now += BEYOND_SILENCE
    assert not executor.execute_next(fleet)
    found = effect_of(fleet, number)
    assert (found.status, found.error_class) == (EffectStatus.PARKED, "WorkerLost")
    odoo.when = ""
    with fleet.ledger.transaction() as connection:
        effects.again(connection, found, clock(), "ann")
    run_all(fleet)
    assert effect_of(fleet, number).status is EffectStatus.DONE


def test_what_odoo_refuses_is_parked_with_the_reason(fleet: Fleet, odoo: Deadly) -> None:
    number = proposed(fleet, follow_up(record_id=987_654))
    run_all(fleet)
    found = effect_of(fleet, number)
    assert (found.status, found.error_class) == (EffectStatus.PARKED, "EffectRefused")
    assert "987654" in str(found.error)
    with fleet.ledger.reading() as connection:
        (told,) = outbox.find(connection, 9)
    # The job's role, where nobody asked for it by name.
    assert told.recipient == "finance@nordwind.example"
    assert isinstance(told.payload, Asking)
    assert told.payload.outcome.startswith("not done: an activity for dirk.maes@")
    assert "987654" in told.payload.said
    odoo.when, odoo.error = "before", OdooRejected("no right")
    other = proposed(fleet, follow_up("another"))
    run_all(fleet)
    assert effect_of(fleet, other).error == "no right"


def test_what_shows_nothing_after_it_was_taken_is_no_success(
    fleet: Fleet, odoo: Deadly, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = proposed(fleet, follow_up())
    silent = {"ids": [77], "messages": [], "nextrow": 0}
    real = odoo.inner.call
    monkeypatch.setattr(
        odoo.inner,
        "call",
        lambda model, method, *rest: silent if method == "load" else real(model, method, *rest),
    )
    run_all(fleet)
    assert "shows nothing of it" in str(effect_of(fleet, number).error)


def test_proposals_wait_for_people_and_what_is_off_is_not_kept(fleet: Fleet) -> None:
    number = proposed(fleet, note())
    assert effect_of(fleet, number).mode is Mode.PROPOSE
    assert not executor.execute_next(fleet)
    nothing = fleet.settings.tenant("firm").settings.model_copy(update={"effects": {}})
    object.__setattr__(fleet.settings.tenant("firm"), "settings", nothing)
    assert proposed(fleet, follow_up("later")) is None


def test_what_was_done_is_taken_back_once(fleet: Fleet, odoo: Deadly) -> None:
    number = proposed(fleet, follow_up()) or 0
    with pytest.raises(EffectRefused, match="is ready: only what is done is undone"):
        executor.undo(fleet, number, "ann")
    run_all(fleet)
    executor.undo(fleet, number, "ann")
    assert (in_odoo(odoo), effect_of(fleet, number).status) == ([], EffectStatus.UNDONE)
    with pytest.raises(EffectRefused, match="is undone"):
        executor.undo(fleet, number, "ann")
    with pytest.raises(EffectRefused, match="there is no effect"):
        executor.undo(fleet, number + 1, "ann")


def test_an_effect_of_a_version_or_tenant_that_is_gone_is_parked(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = proposed(fleet, follow_up())
    with monkeypatch.context() as patched:
        patched.setattr(executor, "kinds", dict)
        run_all(fleet)
    assert "there is no kind follow_up" in str(effect_of(fleet, number).error)
    other = proposed(fleet, follow_up("other"))
    fleet.settings = replace(fleet.settings, tenants={})
    run_all(fleet)
    assert "is not configured any more" in str(effect_of(fleet, other).error)


def test_two_executors_do_each_effect_once(fleet: Fleet, odoo: Deadly) -> None:
    numbers = [proposed(fleet, follow_up(f"order {number}")) for number in range(5)]
    with fleet.ledger.transaction() as connection:
        taken = effects.claim(connection, fleet.clock(), timedelta(minutes=5), 5)
    assert taken is not None
    run_all(fleet)
    states = {effect_of(fleet, number).status for number in numbers if number != taken.id}
    assert states == {EffectStatus.DONE}
    assert len(in_odoo(odoo)) == 4


def withdrawn(fleet: Fleet, number: int | None) -> None:
    with fleet.ledger.transaction() as connection:
        effect = effects.get(connection, number or 0, lock=True)
        assert effect is not None
        effects.withdraw(connection, effect, fleet.clock(), "a job")


def test_what_was_withdrawn_is_done_by_nobody_until_it_is_asked_for_anew(
    fleet: Fleet, odoo: Deadly, clock: Clock
) -> None:
    number = proposed(fleet, note())
    withdrawn(fleet, number)
    run_all(fleet)
    assert (effect_of(fleet, number).status, in_odoo(odoo, "mail.message")) == (
        EffectStatus.WITHDRAWN,
        [],
    )
    clock.forward(hours=1)
    assert proposed(fleet, note()) == number
    again = effect_of(fleet, number)
    assert (again.status, again.created_at, again.silent) == (
        EffectStatus.PROPOSED,
        clock(),
        {},
    )
    assert proposed(fleet, note()) is None
    assert events(fleet) == ["effect.proposed", "effect.withdrawn", "effect.proposed"]


def test_while_it_waits_it_goes_by_those_whom_its_records_name_now(fleet: Fleet) -> None:
    def asked(*people: str) -> Proposal:
        held = {"sale.order.user_id": people}
        return replace(note(), request=Request("note", fleet.clock().date(), held=held))

    number = proposed(fleet, asked("ann@firm.example"))
    assert proposed(fleet, asked("bob@firm.example")) is None
    now = effect_of(fleet, number).request
    assert now is not None
    assert now.held == {"sale.order.user_id": ("bob@firm.example",)}
    with fleet.ledger.transaction() as connection:
        effects.release(connection, effect_of(fleet, number), fleet.clock(), EffectStatus.READY, "")
    assert proposed(fleet, asked("cat@firm.example")) is None
    then = effect_of(fleet, number).request
    assert then == now


def test_two_who_undo_at_the_same_time_undo_once(
    fleet: Fleet, odoo: Deadly, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = proposed(fleet, follow_up()) or 0
    run_all(fleet)
    real = odoo.inner.call
    said: list[str] = []

    def slow(model: str, method: str, args: Any, kwargs: Any) -> Any:
        if method == "unlink" and not said:
            said.append("begun")
            with pytest.raises(EffectRefused, match="is being undone by somebody else"):
                executor.undo(fleet, number, "bob")
        return real(model, method, args, kwargs)

    monkeypatch.setattr(odoo.inner, "call", slow)
    executor.undo(fleet, number, "ann")
    assert said == ["begun"]
    assert effect_of(fleet, number).status is EffectStatus.UNDONE


def test_what_could_not_be_undone_can_be_later(
    fleet: Fleet, odoo: Deadly, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = proposed(fleet, follow_up()) or 0
    run_all(fleet)
    real = odoo.inner.call

    def away(model: str, method: str, args: Any, kwargs: Any) -> Any:
        if method == "unlink":
            raise OdooUnavailable("away")
        return real(model, method, args, kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(odoo.inner, "call", away)
        with pytest.raises(OdooUnavailable):
            executor.undo(fleet, number, "ann")
    assert effect_of(fleet, number).status is EffectStatus.DONE
    executor.undo(fleet, number, "ann")
    assert (in_odoo(odoo), effect_of(fleet, number).status) == ([], EffectStatus.UNDONE)


def test_what_a_clock_that_ran_ahead_put_off_is_done_at_once(
    fleet: Fleet, odoo: Deadly, clock: Clock
) -> None:
    clock.now += timedelta(days=365)
    number = proposed(fleet, follow_up())
    odoo.when, odoo.error = "before", OdooUnavailable("the connection was cut")
    run_all(fleet)
    clock.now -= timedelta(days=365)
    assert not executor.execute_next(fleet)
    dispatch.put_clocks_right(fleet)
    run_all(fleet)
    assert effect_of(fleet, number).status is EffectStatus.DONE


def test_effects_and_decisions_are_forgotten_with_the_audit(
    fleet: Fleet, odoo: Deadly, clock: Clock
) -> None:
    number = proposed(fleet, follow_up())
    run_all(fleet)
    parked = proposed(fleet, follow_up(record_id=987_654))
    run_all(fleet)
    clock.now += timedelta(days=fleet.settings.environment.audit_retention_days - 1)
    assert trimming.trim_all(fleet)["effects"] == 0
    clock.now += timedelta(days=2)
    assert trimming.trim_all(fleet)["effects"] == 1
    with fleet.ledger.reading() as connection:
        assert effects.get(connection, number or 0) is None
        assert effects.get(connection, parked or 0) is not None
