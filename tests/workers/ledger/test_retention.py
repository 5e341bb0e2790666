"""What is forgotten, and what is not however old it is."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, func, select

from tasks.domain.acts import Act, ActKind
from tasks.domain.cases import ChangeKind
from tasks.domain.findings import Measure
from workers.ledger import acts, audit, cases, measures, outbox, retention, runs
from workers.ledger.database import Connection, Ledger
from workers.ledger.errors import LedgerError
from workers.ledger.schema import metadata
from workers.ledger.statuses import MessageStatus

from .examples import (
    FINDING,
    MESSAGE,
    NOW,
    PLACE,
    TODAY,
    changes,
    claim_messages,
    claim_run,
    claimed_message,
    enqueue,
    open_run,
)

DAY = timedelta(days=1)
LATER = NOW + 500 * DAY
BEFORE = NOW + 100 * DAY
NOTED_BEFORE = NOW - DAY
LIMIT = 100


def run_at(connection: Connection, slot: datetime, *, dead: bool = False) -> int:
    claim = claim_run(connection, open_run(connection, slot))
    assert claim is not None
    if dead:
        runs.die(connection, claim, slot, "OdooRejected", "no")
    else:
        runs.succeed(connection, claim, slot, {})
    return claim.run.id


def rows(ledger: Ledger, table: str) -> int:
    with ledger.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(metadata.tables[table])) or 0)


def forget(ledger: Ledger, limit: int = LIMIT) -> dict[str, int]:
    with ledger.reading() as connection:
        chosen = retention.forgettable(connection, BEFORE, limit, NOTED_BEFORE)
    with ledger.transaction() as connection:
        retention.forget(connection, chosen, LATER)
    return {name: chosen.counts()[name] for name in ("messages", "cases", "runs")}


def test_old_runs_go_with_what_they_measured_and_the_audit_stays(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        for day in range(3):
            run_id = run_at(connection, NOW + day * DAY, dead=day == 1)
            measures.record(
                connection, run_id, [Measure("wip", 1.0)], NOW, measures.Provenance(NOW)
            )
        run_at(connection, LATER)
    noted = rows(ledger, "audit")
    assert forget(ledger) == {"messages": 0, "cases": 0, "runs": 3}
    assert (rows(ledger, "runs"), rows(ledger, "measures")) == (1, 0)
    assert rows(ledger, "audit") == noted > 0


def test_the_newest_success_of_a_place_stays_and_what_came_after_it(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        for day in range(3):
            run_at(connection, NOW + day * DAY, dead=day == 2)
    assert forget(ledger)["runs"] == 1
    with ledger.reading() as connection:
        (newest, _) = runs.latest(connection, 10)
    assert newest.slot == NOW + 2 * DAY


def test_a_batch_is_no_larger_than_it_may_be(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        for day in range(7):
            run_at(connection, NOW + day * DAY)
    assert [forget(ledger, limit=4)["runs"] for _ in range(3)] == [4, 2, 0]


def test_what_was_told_of_an_open_case_stays_so_that_nobody_is_told_again(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = run_at(connection, NOW)
        run_at(connection, LATER)
        cases.apply(connection, PLACE, run_id, changes(ChangeKind.OPENED), TODAY, NOW)
        outbox.sent(connection, claimed_message(connection, run_id=run_id), NOW)
    assert forget(ledger) == {"messages": 0, "cases": 0, "runs": 0}
    with ledger.transaction() as connection:
        assert outbox.enqueue(connection, MESSAGE, LATER) is None
        cases.apply(connection, PLACE, run_id, changes(ChangeKind.RESOLVED), TODAY, NOW)
        outbox.sent(connection, claimed_message(connection, LATER, period="later"), LATER)
    assert [forget(ledger) for _ in range(2)] == [
        {"messages": 1, "cases": 1, "runs": 0},
        {"messages": 0, "cases": 0, "runs": 1},
    ]


def test_a_message_that_waits_or_is_parked_stays_with_its_run(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = run_at(connection, NOW)
        run_at(connection, LATER)
        enqueue(connection, run_id=run_id)
    assert forget(ledger) == {"messages": 0, "cases": 0, "runs": 0}
    with ledger.transaction() as connection:
        (message,) = claim_messages(connection)
        outbox.park(connection, message, NOW, "DeliveryRefused", "550")
    assert forget(ledger) == {"messages": 0, "cases": 0, "runs": 0}
    with ledger.transaction() as connection:
        assert outbox.discard(connection, message.id, NOW)
        assert outbox.find(connection, 10, MessageStatus.DROPPED)
    assert forget(ledger)["messages"] == 1


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_no_search_sorts_the_whole_ledger(ledger: Ledger) -> None:
    plan: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            explained = f"EXPLAIN QUERY PLAN {statement}"
            steps = connection.connection.cursor().execute(explained, values)
            plan.extend(step for *_, step in steps)

    with ledger.reading() as connection:
        event.listen(connection, "before_cursor_execute", explain)
        retention.forgettable(connection, BEFORE, LIMIT, NOTED_BEFORE)
    assert any("ix_runs_finished" in step for step in plan)
    assert [step for step in plan if "TEMP B-TREE" in step] == []


def test_what_is_young_stays(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_at(connection, BEFORE)
        run_at(connection, LATER)
        audit.note(connection, audit.Entry("case.opened", NOW))
    assert forget(ledger) == {"messages": 0, "cases": 0, "runs": 0}


def test_the_last_that_a_reader_got_stays_and_a_digest_that_gave_way_does_not(
    ledger: Ledger,
) -> None:
    with ledger.transaction() as connection:
        run_id = run_at(connection, NOW)
        for day in range(3):
            message = claimed_message(connection, run_id=run_id, period=f"2026-11-0{day + 1}")
            if day < 2:
                outbox.sent(connection, message, NOW)
            else:
                outbox.drop(connection, message, NOW, "a newer one takes its place")
    assert forget(ledger)["messages"] == 2
    with ledger.reading() as connection:
        assert [m.period for m in outbox.find(connection, 10)] == ["2026-11-02"]


def forget_noted(ledger: Ledger, before: datetime) -> dict[str, int]:
    with ledger.reading() as connection:
        chosen = retention.forgettable(connection, BEFORE, LIMIT, before)
    with ledger.transaction() as connection:
        retention.forget(connection, chosen, LATER)
    return {name: chosen.counts()[name] for name in ("acts", "audit")}


def test_old_entries_of_the_audit_go_and_young_ones_stay(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        for days in range(4):
            audit.note(connection, audit.Entry("case.opened", NOW + days * DAY))
    assert forget_noted(ledger, NOW + 2 * DAY) == {"acts": 0, "audit": 2}
    assert rows(ledger, "audit") == 2
    assert forget_noted(ledger, NOW + 2 * DAY) == {"acts": 0, "audit": 0}
    with pytest.raises(LedgerError, match="append-only"), ledger.transaction() as connection:
        connection.execute(delete(metadata.tables["audit"]))


def test_acts_go_once_they_hold_no_longer(ledger: Ledger) -> None:
    act = Act(
        ActKind.SNOOZED, "ann@example.com", **PLACE.columns, key=FINDING.key, at=NOW, until=TODAY
    )
    kept = [
        replace(act, kind=ActKind.OPTED_OUT, key="", until=None),
        replace(act, kind=ActKind.HELD, until=None, model="sale.order", record_id=17),
        replace(act, kind=ActKind.ACKNOWLEDGED, until=None),
    ]
    ended = [
        act,
        replace(act, kind=ActKind.ACKNOWLEDGED, until=None, key="of-no-open-case"),
        replace(act, kind=ActKind.HELD, until=None, model="sale.order", record_id=18, key="b"),
        replace(act, kind=ActKind.LIFTED, until=None, model="sale.order", record_id=18, key="b"),
    ]
    with ledger.transaction() as connection:
        run_id = open_run(connection, NOW)
        opened = changes(ChangeKind.OPENED)
        cases.apply(connection, PLACE, run_id, opened, TODAY, NOW)
        for number, each in enumerate([*kept, *ended]):
            acts.record(connection, each, f"nonce-{number}")
    assert forget_noted(ledger, NOW)["acts"] == 0
    assert forget_noted(ledger, NOW + 2 * DAY)["acts"] == len(ended)
    with ledger.reading() as connection:
        assert set(acts.standing(connection, PLACE)) == set(kept)
