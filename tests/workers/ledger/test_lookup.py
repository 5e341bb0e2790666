"""What people ask of the ledger, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tasks.domain.cases import ChangeKind
from tasks.domain.findings import Recipient, Step
from tasks.domain.texts import Text
from workers.ledger import audit, cases, lookup, outbox
from workers.ledger.audit import Entry
from workers.ledger.database import Ledger
from workers.ledger.lookup import Wanted
from workers.ledger.statuses import CaseState, MessageStatus, RunStatus

from .examples import FINDING, MESSAGE, NOW, PLACE, TODAY, changes, open_run

ZOE = "zoë@example.com"
ON_A_LADDER = replace(
    FINDING,
    key="order-170",
    record_id=170,
    title=Text("S00170 Müller & Söhne: 100 % blocked"),
    owner="O'Brien",
    recipient=None,
    steps=(Step("manager", NOW, Recipient(ZOE)),),
)


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    with ledger.transaction() as connection:
        run = open_run(connection)
        open_run(connection, tenant="other", now=NOW - timedelta(days=9))
        for finding in (FINDING, ON_A_LADDER):
            opened = changes(ChangeKind.OPENED, finding=finding)
            cases.apply(connection, PLACE, run, opened, TODAY, NOW)
        outbox.enqueue(connection, MESSAGE, NOW)
        told = replace(MESSAGE, recipient=ZOE, subject="order-170", finding_keys=("order-170",))
        outbox.enqueue(connection, told, NOW)
        audit.note(connection, Entry("act.recorded", NOW, detail={"person": ZOE}))
    return ledger


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), ["order-17", "order-170"]),
        (Wanted(person="ANN@example.com"), ["order-17"]),
        (Wanted(person=ZOE), ["order-170"]),
        (Wanted(person="ann@example"), []),
        (Wanted(person="O'Brien"), ["order-170"]),
        (Wanted(person="%"), []),
        (Wanted(record="17"), ["order-17"]),
        (Wanted(record="müller & söhne"), ["order-170"]),
        (Wanted(record="100 % blocked"), ["order-170"]),
        (Wanted(record="100 _ blocked"), []),
        (Wanted(tenant="other"), []),
        (Wanted(since=NOW + timedelta(seconds=1)), []),
        (Wanted(limit=1), ["order-170"]),
    ],
    ids=str,
)
def test_cases_are_found(filled: Ledger, wanted: Wanted, found: list[str]) -> None:
    if wanted.record == "müller & söhne" and "sqlite" in str(filled.address):
        wanted = replace(wanted, record="Müller & Söhne")  # SQLite folds no umlauts
    with filled.reading() as connection:
        rows = lookup.find_cases(connection, wanted, CaseState.OPEN)
        assert sorted(case.finding.key for case, *_ in rows) == found
        assert lookup.find_cases(connection, wanted, CaseState.RESOLVED) == []


def test_messages_are_found_by_reader_and_record(filled: Ledger) -> None:
    with filled.reading() as connection:
        for wanted in (Wanted(person=ZOE.upper()), Wanted(record="170")):
            (message,) = lookup.find_messages(connection, wanted, MessageStatus.QUEUED)
            assert message.recipient == ZOE
        (message,) = lookup.find_messages(connection, Wanted(record="17"))
        assert message.recipient == "ann@example.com"
        assert lookup.find_messages(connection, Wanted(record="1")) == []


def test_runs_are_found_by_tenant_and_age(filled: Ledger) -> None:
    with filled.reading() as connection:
        assert [run.tenant for run in lookup.find_runs(connection, Wanted())] == ["acme", "other"]
        (run,) = lookup.find_runs(connection, Wanted(since=NOW), RunStatus.PENDING)
        assert run.tenant == "acme"


def test_the_audit_is_found_by_person_case_and_event(filled: Ledger) -> None:
    with filled.reading() as connection:
        entries = lookup.find_entries(connection, Wanted(person=ZOE))
        assert "act.recorded" in {entry.event for entry in entries}
        (opened,) = lookup.find_entries(connection, Wanted(record="170"), "case.")
        assert opened.event == "case.opened"
