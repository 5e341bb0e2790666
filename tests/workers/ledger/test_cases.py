"""Cases: remembered between runs, changed as reconciled, every change in the audit."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domain.cases import Change, ChangeKind, OpenCase, Reconciliation, reconcile
from tasks.domain.findings import Finding, Recipient, Severity, Step
from workers.ledger import audit, cases
from workers.ledger.database import Connection, Ledger
from workers.ledger.errors import LedgerError, StaleCases
from workers.ledger.places import Place
from workers.ledger.schema import cases as table

from .examples import FINDING, NOW, PLACE, SECOND, TODAY, changes, open_run

TOMORROW = TODAY + timedelta(days=1)
WORSE = replace(FINDING, severity=Severity.CRITICAL, amount=Decimal("2000"), currency="USD")

words = st.text(st.characters(exclude_categories=["Cs"]))
recipients = st.builds(Recipient, words, words, st.none() | st.datetimes(timezones=st.just(UTC)))
instants = st.datetimes(timezones=st.just(UTC))
steps = st.builds(
    Step,
    name=words,
    at=instants,
    recipient=st.none() | recipients,
    not_before=st.none() | instants,
    escalates=st.booleans(),
    unreachable=words,
    url=words,
    remedy=words,
)
findings = st.builds(
    Finding,
    key=words,
    severity=st.sampled_from(Severity),
    title=words,
    reason=words,
    remedy=words,
    owner=words,
    model=words,
    record_id=st.integers(0, 2**31),
    url=words,
    since=st.none() | st.dates(),
    amount=st.none() | st.decimals(allow_nan=False, allow_infinity=False),
    currency=st.none() | words,
    period=words,
    recipient=st.none() | recipients,
    steps=st.none() | st.lists(steps, max_size=2).map(tuple),
    told=st.lists(words, max_size=2).map(tuple),
    kind=words,
)


def test_resolved_cases_are_told_with_the_day_of_the_scopes_zone(ledger: Ledger) -> None:
    midnight = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    with ledger.transaction() as connection:
        run_id = open_run(connection)
        apply(connection, changes(ChangeKind.OPENED), run_id)
        resolved = changes(ChangeKind.RESOLVED)
        cases.apply(connection, PLACE, run_id, resolved, TODAY, midnight)
        brussels = ZoneInfo("Europe/Brussels")
        _, (closed,) = cases.remembered(connection, PLACE, NOW, brussels)
        assert (closed.opened_on, closed.closed_on) == (TODAY, TOMORROW)
        assert closed.finding == FINDING
        assert cases.remembered(connection, PLACE, midnight, brussels) == ((), ())


def apply(
    connection: Connection, reconciliation: Reconciliation, run_id: int, days: int = 0
) -> None:
    later = timedelta(days=days)
    cases.apply(connection, PLACE, run_id, reconciliation, TODAY + later, NOW + later)


def opened(connection: Connection, *found: Finding) -> int:
    run_id = open_run(connection)
    steps = tuple(Change(ChangeKind.OPENED, finding, "opened") for finding in found or (FINDING,))
    apply(connection, Reconciliation(steps, ()), run_id)
    return run_id


def the_case(connection: Connection) -> OpenCase:
    (case,) = cases.open_cases(connection, PLACE)
    return case


def rows(connection: Connection) -> list[dict[str, object]]:
    return [row._asdict() for row in connection.execute(table.select().order_by(table.c.id))]


@settings(deadline=None)
@given(findings)
def test_findings_survive_json_unchanged(finding: Finding) -> None:
    text = json.dumps(cases.to_json(finding))
    back = cases.from_json(json.loads(text))
    assert back == finding
    assert repr(back.amount) == repr(finding.amount)
    assert type(back.severity) is Severity


def test_findings_written_before_a_field_came_or_went_can_still_be_read() -> None:
    values = cases.to_json(FINDING)
    del values["recipient"]
    assert cases.from_json({**values, "mood": "sad"}) == replace(FINDING, recipient=None)


def test_an_opened_case_is_remembered_whole(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = opened(connection)
        assert the_case(connection) == OpenCase(FINDING, TODAY, TODAY)
        (row,) = rows(connection)
        (entry,) = audit.entries(connection, 10)
    assert (row["severity"], row["amount"], row["currency"]) == ("warning", "1200.50", "EUR")
    assert (row["opened_run_id"], row["last_seen_at"], row["resolved_at"]) == (run_id, NOW, None)
    assert (entry.event, entry.case_id, entry.run_id) == ("case.opened", row["id"], run_id)
    assert entry.detail["key"] == "order-17"


def test_cases_belong_to_their_job_and_scope(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        opened(connection)
        assert cases.open_cases(connection, Place("bench_alert", "acme", 1)) == ()
        assert cases.open_cases(connection, Place("wip_aging", "other", 1)) == ()
        assert cases.open_cases(connection, Place("wip_aging", "acme", 2)) == ()


def test_a_worsened_case_takes_the_new_finding_and_has_spoken_today(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = opened(connection)
        apply(connection, changes(ChangeKind.WORSENED, finding=WORSE), run_id, days=1)
        assert the_case(connection) == OpenCase(WORSE, TODAY, TOMORROW)
        (row,) = rows(connection)
    assert (row["severity"], row["amount"], row["currency"]) == ("critical", "2000", "USD")


@pytest.mark.parametrize("kind", [ChangeKind.REMINDED, ChangeKind.ESCALATED])
def test_a_case_has_spoken_on_the_day_of_its_last_change(ledger: Ledger, kind: ChangeKind) -> None:
    with ledger.transaction() as connection:
        run_id = opened(connection)
        apply(connection, changes(ChangeKind.REMINDED), run_id, days=1)
        apply(connection, changes(kind), run_id, days=2)
        assert the_case(connection).spoken_on == TODAY + timedelta(days=2)


def test_an_unchanged_case_is_seen_but_has_not_spoken(ledger: Ledger) -> None:
    milder = replace(FINDING, amount=Decimal("7"))
    with ledger.transaction() as connection:
        run_id = opened(connection)
        apply(connection, Reconciliation((), (milder,)), run_id, days=1)
        assert the_case(connection) == OpenCase(milder, TODAY, TODAY)
        assert rows(connection)[0]["last_seen_at"] == NOW + timedelta(days=1)
        assert len(audit.entries(connection, 10)) == 1


def test_a_resolved_case_is_closed_and_its_key_may_open_again(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = opened(connection)
        apply(connection, changes(ChangeKind.RESOLVED), run_id, days=1)
        assert cases.open_cases(connection, PLACE) == ()
        apply(connection, changes(ChangeKind.OPENED), run_id, days=2)
        first, second = rows(connection)
    assert (first["state"], first["resolved_at"]) == ("resolved", NOW + timedelta(days=1))
    assert first["last_seen_at"] == NOW
    assert (second["state"], second["opened_on"]) == ("open", TODAY + timedelta(days=2))


def test_every_change_of_a_run_is_audited_in_order(ledger: Ledger) -> None:
    other = replace(FINDING, key="order-18")
    third = replace(FINDING, key="order-19")
    with ledger.transaction() as connection:
        run_id = opened(connection, FINDING, other)
        steps = (
            Change(ChangeKind.OPENED, third, "opened"),
            Change(ChangeKind.WORSENED, WORSE, "worsened-critical"),
            Change(ChangeKind.RESOLVED, other, "resolved"),
        )
        apply(connection, Reconciliation(steps, ()), run_id, days=1)
        found = audit.entries(connection, 3)[::-1]
    assert [(entry.event, entry.detail["step"]) for entry in found] == [
        ("case.opened", "opened"),
        ("case.worsened", "worsened-critical"),
        ("case.resolved", "resolved"),
    ]
    assert len({entry.case_id for entry in found}) == 3


def test_many_cases_open_with_their_own_ids(ledger: Ledger) -> None:
    many = [replace(FINDING, key=f"order-{n}") for n in range(2500)]
    with ledger.transaction() as connection:
        opened(connection, *many)
        by_id = {row["id"]: row["key"] for row in rows(connection)}
        noted = {entry.case_id: entry.detail["key"] for entry in audit.entries(connection, 5000)}
        assert [case.finding for case in cases.open_cases(connection, PLACE)] == many
    assert noted == by_id


@pytest.mark.parametrize(
    "kind", [ChangeKind.WORSENED, ChangeKind.REMINDED, ChangeKind.ESCALATED, ChangeKind.RESOLVED]
)
def test_a_case_that_no_longer_stands_cannot_go_on(ledger: Ledger, kind: ChangeKind) -> None:
    with ledger.transaction() as connection:
        run_id = opened(connection)
        apply(connection, changes(ChangeKind.RESOLVED), run_id)
        with pytest.raises(StaleCases, match="order-17"):
            apply(connection, changes(kind), run_id)


def test_a_case_that_stands_cannot_open_again(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = opened(connection)
        with pytest.raises(StaleCases, match="order-17"):
            apply(connection, changes(ChangeKind.OPENED), run_id)


def test_the_life_of_a_case_over_many_days(ledger: Ledger) -> None:
    worse = replace(FINDING, severity=Severity.CRITICAL)
    spoken = []
    with ledger.transaction() as connection:
        run_id = open_run(connection)
        for day in range(8):
            today = TODAY + timedelta(days=day)
            known = cases.open_cases(connection, PLACE)
            found = FINDING if day < 5 else worse
            result = reconcile([found] if day < 7 else [], known, today)
            apply(connection, result, run_id, days=day)
            spoken += [(day, change.step) for change in result.changes]
    assert spoken == [
        (0, "opened"),
        (5, "worsened-critical"),
        (7, "resolved"),
    ]


def test_locked_cases_are_the_same_cases(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        opened(connection)
        locked = cases.open_cases(connection, PLACE, lock=True)
        assert locked == cases.open_cases(connection, PLACE)


def test_nothing_to_write_writes_nothing(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        apply(connection, Reconciliation((), ()), open_run(connection))
        assert rows(connection) == []
        assert audit.entries(connection, 10) == ()


def test_a_case_rests_on_a_run_that_exists(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match=r"(?i)foreign key"), ledger.transaction() as connection:
        cases.apply(connection, PLACE, 999, changes(ChangeKind.OPENED), TODAY, NOW + SECOND)


def test_the_newest_case_of_a_key_is_found_open_or_resolved(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = open_run(connection)
        assert cases.newest(connection, PLACE, FINDING.key) is None
        ids = []
        for kind in (ChangeKind.OPENED, ChangeKind.RESOLVED, ChangeKind.OPENED):
            cases.apply(connection, PLACE, run_id, changes(kind), TODAY, NOW)
            found = cases.newest(connection, PLACE, FINDING.key)
            assert found is not None
            ids.append(found.id)
            resolved = kind is ChangeKind.RESOLVED
            assert (found.finding, found.resolved_at) == (FINDING, NOW if resolved else None)
        assert ids[0] == ids[1] < ids[2]
