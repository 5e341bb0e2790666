"""Acts: recorded once per form, audited, append-only; those that matter are found again."""

from dataclasses import astuple, replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from tasks.domain.acts import Act, ActKind
from tasks.domain.cases import ChangeKind
from workers.ledger import acts, audit, cases
from workers.ledger.database import Connection, Ledger
from workers.ledger.errors import LedgerError
from workers.ledger.places import Place

from .examples import FINDING, NOW, PLACE, SECOND, TODAY, changes, open_run
from .racing import race

SNOOZED = Act(
    ActKind.SNOOZED,
    "ann@example.com",
    **PLACE.columns,
    key=FINDING.key,
    at=NOW,
    reason="the customer pays on Friday",
    until=TODAY + timedelta(days=3),
    severity="warning",
    model="sale.order",
    record_id=17,
)
HELD = replace(SNOOZED, kind=ActKind.HELD)
OUT = replace(SNOOZED, kind=ActKind.OPTED_OUT, key="", until=None)


def applied(connection: Connection, kind: ChangeKind, run_id: int, days: int = 0) -> None:
    now = NOW + timedelta(days=days)
    cases.apply(connection, PLACE, run_id, changes(kind), now.date(), now)


def test_an_act_is_recorded_whole_and_found_again(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        assert acts.record(connection, SNOOZED, "nonce-1") == 1
    with ledger.reading() as connection:
        assert acts.standing(connection, PLACE) == (SNOOZED,)
        assert acts.standing(connection, replace(PLACE, job="utilization_variance")) == ()


def test_what_was_decided_on_is_kept_and_older_acts_have_none(ledger: Ledger) -> None:
    contents = {"file Plan.pdf": "a" * 40}
    accepted = replace(SNOOZED, kind=ActKind.ACCEPTED, until=None, contents=contents)
    with ledger.transaction() as connection:
        acts.record(connection, accepted, "nonce-1")
        assert acts.standing(connection, PLACE) == (accepted,)
        written = connection.execute(text("SELECT detail FROM acts")).scalar_one()
        assert "Plan.pdf" in str(written)
        (entry,) = audit.entries(connection, 10)
        assert (entry.event, entry.detail["contents"]) == ("case.accepted", contents)


def test_a_decision_outlives_its_case(ledger: Ledger) -> None:
    accepted = replace(SNOOZED, kind=ActKind.ACCEPTED, until=None)
    with ledger.transaction() as connection:
        run_id = open_run(connection)
        applied(connection, ChangeKind.OPENED, run_id)
        acts.record(connection, accepted, "nonce-1")
        applied(connection, ChangeKind.RESOLVED, run_id, days=1)
        assert acts.standing(connection, PLACE) == (accepted,)


def test_a_nonce_is_used_once_whatever_it_is_used_for(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        acts.record(connection, SNOOZED, "nonce-1")
        assert acts.record(connection, HELD, "nonce-1") is None
        assert acts.standing(connection, PLACE) == (SNOOZED,)
        assert len(audit.entries(connection, 10)) == 1


def contend(url: str) -> int | None:
    from workers.ledger.database import connect

    ledger = connect(url)
    try:
        with ledger.transaction() as connection:
            return acts.record(connection, SNOOZED, "nonce-1")
    finally:
        ledger.close()


def test_of_two_that_send_a_form_at_the_same_moment_one_wins(url: str) -> None:
    assert race(2, contend, url).count(None) == 1


def test_an_act_is_audited_with_who_when_and_what_the_case_was(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = open_run(connection)
        applied(connection, ChangeKind.OPENED, run_id)
        acts.record(connection, replace(SNOOZED, person="Ann@Example.com"), "nonce-1")
        opened = audit.entries(connection, 1, event="case.opened")[0]
        (entry,) = audit.entries(connection, 10, event="case.snoozed")
        (row,) = connection.execute(text("SELECT trace_id FROM acts"))
    assert (entry.at, entry.case_id, row.trace_id) == (NOW, opened.case_id, "trace-1")
    assert entry.detail == {
        "person": "ann@example.com",
        "key": FINDING.key,
        "reason": "the customer pays on Friday",
        "until": "2026-11-23",
        "severity": "warning",
        "model": "sale.order",
        "record_id": 17,
        "title": FINDING.title,
        "amount": "1200.50",
        "currency": "EUR",
    }


def test_opting_out_is_audited_as_of_mails(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        acts.record(connection, OUT, "nonce-1")
        assert [entry.event for entry in audit.entries(connection, 10)] == ["mails.opted_out"]
        acts.record(connection, replace(OUT, kind=ActKind.OPTED_IN), "nonce-2")
        assert acts.standing(connection, PLACE) == ()


def test_a_resolved_case_takes_its_snooze_along_and_leaves_the_hold(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = open_run(connection)
        applied(connection, ChangeKind.OPENED, run_id)
        for number, act in enumerate((SNOOZED, HELD, OUT)):
            acts.record(connection, act, f"nonce-{number}")
        assert acts.standing(connection, PLACE) == (SNOOZED, HELD, OUT)
        applied(connection, ChangeKind.RESOLVED, run_id, days=1)
        assert acts.standing(connection, PLACE) == (HELD, OUT)
        applied(connection, ChangeKind.OPENED, run_id, days=2)
        again = replace(SNOOZED, at=NOW + timedelta(days=2) + SECOND)
        acts.record(connection, again, "nonce-9")
        assert acts.standing(connection, PLACE) == (HELD, OUT, again)


def test_a_hold_counts_in_every_job_of_the_scope_until_any_of_them_lifts_it(
    ledger: Ledger,
) -> None:
    _, tenant, company_id = astuple(PLACE)
    other = "utilization_variance"
    lifted = replace(HELD, kind=ActKind.LIFTED, job=other, key="old-line-4", at=NOW + SECOND)
    with ledger.transaction() as connection:
        acts.record(connection, SNOOZED, "nonce-1")
        acts.record(connection, HELD, "nonce-2")
        assert acts.standing(connection, Place(other, tenant, company_id)) == (HELD,)
        assert acts.standing(connection, Place(other, tenant, company_id + 1)) == ()
        acts.record(connection, lifted, "nonce-3")
        assert acts.standing(connection, Place(other, tenant, company_id)) == ()
        assert acts.standing(connection, PLACE) == (SNOOZED,)


@pytest.mark.parametrize("statement", ["UPDATE acts SET person = 'x'", "DELETE FROM acts"])
def test_acts_refuse_to_change_or_be_forgotten(ledger: Ledger, statement: str) -> None:
    with ledger.transaction() as connection:
        acts.record(connection, SNOOZED, "nonce-1")
    with pytest.raises(LedgerError, match="append-only"), ledger.transaction() as connection:
        connection.execute(text(statement))


def test_a_nonce_is_known_as_used_from_its_act_on(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        assert not acts.used(connection, "nonce-1")
        acts.record(connection, SNOOZED, "nonce-1")
        assert acts.used(connection, "nonce-1")
