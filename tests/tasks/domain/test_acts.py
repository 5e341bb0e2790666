"""Acts: which still matter, and until when they stand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tasks.domain.acts import Act, ActKind, stands, unended

TODAY = date(2026, 11, 23)
ACT = Act(
    ActKind.SNOOZED,
    "ann@example.com",
    "invoice_readiness",
    "acme",
    1,
    "ready-order-17",
    datetime(2026, 11, 20, 9, tzinfo=UTC),
    model="sale.order",
    record_id=17,
)
BOB = "bob@example.com"


def did(kind: ActKind, **changes: object) -> Act:
    return replace(ACT, kind=kind, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("until", "expected"),
    [(None, True), (TODAY, True), (TODAY + timedelta(1), True), (TODAY - timedelta(1), False)],
)
def test_an_act_stands_to_the_end_of_its_last_day(until: date | None, expected: bool) -> None:
    assert stands(replace(ACT, until=until), TODAY) is expected


@pytest.mark.parametrize("kind", [ActKind.SNOOZED, ActKind.HELD])
def test_the_newest_snooze_and_hold_of_anybody_wins(kind: ActKind) -> None:
    older, newer = did(kind, until=TODAY), did(kind, person=BOB)
    assert unended([older, newer]) == (newer,)


def test_everybody_acknowledges_for_themselves() -> None:
    first, other = did(ActKind.ACKNOWLEDGED), did(ActKind.ACKNOWLEDGED, person=BOB)
    again = replace(first, at=first.at + timedelta(1))
    assert unended([first, other, again]) == (other, again)


@pytest.mark.parametrize("kind", [ActKind.ACKNOWLEDGED, ActKind.SNOOZED, ActKind.HELD])
def test_lifting_ends_what_anybody_did_about_the_case_and_nothing_else(kind: ActKind) -> None:
    other = did(kind, key="ready-order-18", record_id=18)
    assert unended([did(kind), other, did(ActKind.LIFTED, person=BOB)]) == (other,)


def test_what_was_done_after_lifting_matters() -> None:
    again = did(ActKind.SNOOZED, until=TODAY)
    assert unended([did(ActKind.SNOOZED), did(ActKind.LIFTED), again]) == (again,)


def test_a_hold_is_on_the_record_whatever_its_case_is_called() -> None:
    held = did(ActKind.HELD, key="blocked-order-17")
    again = did(ActKind.HELD, person=BOB)
    assert unended([held, again]) == (again,)
    assert unended([held, did(ActKind.LIFTED)]) == ()


def test_a_hold_is_lifted_by_whichever_job_speaks_of_the_order() -> None:
    held = did(ActKind.HELD)
    elsewhere = replace(did(ActKind.LIFTED), job="wip_aging", key="old-line-4")
    assert unended([held, elsewhere]) == ()
    snoozed = did(ActKind.SNOOZED)
    same_key = replace(did(ActKind.LIFTED), job="wip_aging", record_id=0)
    assert unended([snoozed, same_key]) == (snoozed,)


def test_a_snooze_is_of_one_case_of_the_record() -> None:
    blocked = did(ActKind.SNOOZED, key="blocked-order-17")
    assert unended([blocked, did(ActKind.LIFTED)]) == (blocked,)


def test_an_act_about_no_record_is_found_by_its_key() -> None:
    held, other = did(ActKind.HELD, record_id=0), did(ActKind.HELD, record_id=0, key="other")
    assert unended([held, other, did(ActKind.LIFTED, record_id=0)]) == (other,)


def test_opting_in_ends_opting_out_of_the_same_person() -> None:
    out, other = did(ActKind.OPTED_OUT, key=""), did(ActKind.OPTED_OUT, key="", person=BOB)
    assert unended([out, other, did(ActKind.OPTED_IN, key="")]) == (other,)


def test_lifting_leaves_opting_out_alone() -> None:
    out = did(ActKind.OPTED_OUT, key="")
    assert unended([out, did(ActKind.LIFTED, key="")]) == (out,)


def test_each_version_keeps_what_was_said_to_it_last() -> None:
    first = did(ActKind.RETURNED, key="handoff-v1")
    second = did(ActKind.ACCEPTED, key="handoff-v2", person=BOB)
    newer = did(ActKind.RETURNED, key="handoff-v1", person=BOB)
    assert unended([first, second, newer]) == (second, newer)
    lifted = did(ActKind.LIFTED, key="handoff-v2")
    assert unended([first, second, lifted]) == (first,)
