"""Many workers at once: every run and message is one worker's, and limits hold."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Barrier
from typing import TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import update

from tasks.domain.cases import ChangeKind, reconcile
from tasks.domain.findings import Step
from workers.ledger import cases, outbox, runs
from workers.ledger.database import Ledger, connect
from workers.ledger.errors import LeaseLost, StaleCases
from workers.ledger.runs import Claim
from workers.ledger.schema import messages
from workers.ledger.statuses import MessageStatus

from .examples import (
    FINDING,
    LEASE,
    MESSAGE,
    NOW,
    PLACE,
    SLOT,
    TODAY,
    changes,
    claim_messages,
    claim_run,
    claimed_run,
    enqueue,
    open_run,
    open_runs,
)
from .racing import race, together

T = TypeVar("T")
ROUNDS = 100
CLAIMERS = 8
LIMIT = 3
TENANTS = 20


def claim_each(url: str, run_ids: list[int]) -> list[int]:
    ledger, won = connect(url), []
    for run_id in run_ids:
        together()
        with ledger.transaction() as connection:
            if claim_run(connection, run_id):
                won.append(run_id)
    ledger.close()
    return won


def claim_batches(url: str, size: int) -> list[int]:
    ledger, won = connect(url), []
    for _ in range(ROUNDS // size):
        together()
        with ledger.transaction() as connection:
            won += [message.id for message in claim_messages(connection, limit=size)]
    ledger.close()
    return won


def publish_batches(url: str, size: int) -> list[int]:
    ledger, told = connect(url), []
    for _ in range(ROUNDS // size):
        together()
        with ledger.transaction() as connection:
            told += [run.id for run in runs.to_publish(connection, NOW, LEASE, size)]
    ledger.close()
    return told


def climb_each(url: str) -> list[str]:
    """What one of several runs says that see the same case on the same rung at the same time."""
    ledger, said = connect(url), []
    for turn in range(ROUNDS):
        finding = replace(FINDING, steps=(Step(f"rung-{turn}", NOW),))
        together()
        with ledger.transaction() as connection:
            known = cases.open_cases(connection, PLACE, lock=True)
            result = reconcile([finding], known, TODAY)
            cases.apply(connection, PLACE, 1, result, TODAY, NOW)
        said += [change.step for change in result.changes]
    ledger.close()
    return said


def open_each(url: str) -> int:
    ledger, opened = connect(url), 0
    for turn in range(ROUNDS):
        together()
        with ledger.transaction() as connection:
            slot = SLOT + turn * LEASE
            opened += runs.open_slot(connection, PLACE, slot, NOW, "trace") is not None
    ledger.close()
    return opened


def resend_each(url: str, message_ids: list[int]) -> int:
    ledger, queued = connect(url), 0
    for message_id in message_ids:
        together()
        with ledger.transaction() as connection:
            (message,) = outbox.find(connection, 1, id=message_id)
            if outbox.copy_under_way(connection, message, lock=True) is None:
                outbox.resend(connection, message, f"<{uuid4().hex}@fleet>", NOW, by="ann")
                queued += 1
    ledger.close()
    return queued


def enqueue_each(url: str) -> int:
    ledger, queued = connect(url), 0
    for turn in range(ROUNDS):
        together()
        with ledger.transaction() as connection:
            message = replace(MESSAGE, subject=f"order-{turn}")
            queued += outbox.enqueue(connection, message, NOW) is not None
    ledger.close()
    return queued


def at_once(*contenders: Callable[[], T]) -> list[T]:
    """Call each in a thread of its own, all at the same moment."""
    line = Barrier(len(contenders), timeout=60)

    def run(contend: Callable[[], T]) -> T:
        line.wait()
        return contend()

    with ThreadPoolExecutor(len(contenders)) as pool:
        return list(pool.map(run, contenders))


@pytest.fixture
def waiting_runs(ledger: Ledger) -> list[int]:
    with ledger.transaction() as connection:
        return open_runs(connection, ROUNDS)


def test_two_processes_claim_each_run_once(url: str, waiting_runs: list[int]) -> None:
    won = race(2, claim_each, url, waiting_runs)
    assert sorted(won[0] + won[1]) == waiting_runs


def test_two_processes_publish_each_run_once(url: str, waiting_runs: list[int]) -> None:
    told = race(2, publish_batches, url, 5)
    assert sorted(told[0] + told[1]) == waiting_runs


def test_two_processes_claim_each_message_once(url: str, ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        ids = [enqueue(connection, subject=f"order-{n}") for n in range(ROUNDS)]
    won = race(2, claim_batches, url, 5)
    assert sorted(won[0] + won[1]) == ids


def test_two_runs_at_once_speak_of_each_rung_once(url: str, ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        cases.apply(connection, PLACE, open_run(connection), changes(ChangeKind.OPENED), TODAY, NOW)
    said = race(2, climb_each, url)
    assert sorted(said[0] + said[1]) == sorted(f"rung-{turn}" for turn in range(ROUNDS))


def test_two_processes_open_each_slot_once(url: str) -> None:
    assert sum(race(2, open_each, url)) == ROUNDS


def test_two_processes_queue_each_message_once(url: str) -> None:
    assert sum(race(2, enqueue_each, url)) == ROUNDS


def test_several_processes_queue_one_copy_of_a_message(url: str) -> None:
    ledger = connect(url)
    with ledger.transaction() as connection:
        ids = [enqueue(connection, subject=f"order-{turn}") for turn in range(ROUNDS)]
        connection.execute(update(messages).values(status=MessageStatus.SENT))
    ledger.close()
    assert sum(race(3, resend_each, url, ids)) == ROUNDS


def test_eight_claimers_cannot_exceed_their_tenants_limit(ledger: Ledger) -> None:
    def claim(run_id: int) -> bool:
        with ledger.transaction() as connection:
            return claim_run(connection, run_id, tenant_limit=LIMIT) is not None

    for number in range(TENANTS):
        with ledger.transaction() as connection:
            run_ids = open_runs(connection, CLAIMERS, tenant=f"tenant-{number}")
        won = at_once(*(partial(claim, run_id) for run_id in run_ids))
        assert sum(won) == LIMIT


def test_a_run_is_either_settled_late_or_taken_over_never_both(ledger: Ledger) -> None:
    late = NOW + LEASE

    def settle(claim: Claim) -> bool:
        try:
            with ledger.transaction() as connection:
                runs.succeed(connection, claim, late, {})
        except LeaseLost:
            return False
        return True

    def take_over(claim: Claim) -> bool:
        with ledger.transaction() as connection:
            return claim_run(connection, claim.run.id, late) is not None

    for turn in range(ROUNDS):
        with ledger.transaction() as connection:
            run_id = open_run(connection, company_id=turn)
            claim = claim_run(connection, run_id)
        assert claim is not None
        assert sum(at_once(partial(settle, claim), partial(take_over, claim))) == 1


def test_a_case_opened_by_two_transactions_at_once_is_opened_by_one(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = claimed_run(connection).run.id

    def open_case() -> bool:
        try:
            with ledger.transaction() as connection:
                opened = changes(ChangeKind.OPENED)
                cases.apply(connection, PLACE, run_id, opened, TODAY, NOW)
        except StaleCases:
            return False
        return True

    assert sorted(at_once(open_case, open_case)) == [False, True]
    with ledger.reading() as connection:
        assert len(cases.open_cases(connection, PLACE)) == 1
