"""A handoff is accepted or returned, and what changes after that is found."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from tasks.commercial.handoff_gate.snapshot import Sale
from tasks.domain.acts import Act, ActKind
from tasks.domain.findings import Report
from tests.fakes.approvals import at, told
from tests.fakes.handoffs import (
    PROJECT,
    SAL,
    SALE,
    document,
    judged,
    of_kind,
    row,
    said,
    sale,
)

LATER = at("2026-11-26 09:30")
ACCEPTED, RETURNED = ActKind.ACCEPTED, ActKind.RETURNED
LACKING = sale(documents=[])


def after(*acts: Act, of: Sale = SALE, **changes: Any) -> Report:
    return judged(of, as_of=changes.pop("as_of", LATER), acts=acts, **changes)


def standing(report: Report) -> tuple[str, int, list[str]]:
    found = row(report)
    return found["status"], found["version"], [finding.key for finding in report.findings]


def steps(report: Report, kind: str) -> Sequence[tuple[str, str]]:
    (found,) = of_kind(report, kind)
    return told(found)


def test_a_complete_handoff_is_to_be_accepted_by_the_lead_at_once() -> None:
    report = judged()
    assert standing(report) == ("waiting", 1, ["handoff-order-7-v1"])
    (found,) = report.findings
    assert found.title == "S00007 Werft: the handoff is to be accepted"
    assert (found.reason, found.owner) == ("nothing is missing", "Lee")
    # Since Monday 10:00, so within two days of work.
    assert told(found) == [("deadline", "Lee"), ("late", "Lee")]
    assert told(judged(as_of=at("2026-11-23 11:00")).findings[0])[0] == ("first", "Lee")


def test_of_an_incomplete_one_the_lead_hears_when_it_is_due_and_what_is_missing() -> None:
    early = judged(LACKING, as_of=at("2026-11-23 11:00"))
    assert steps(early, "handoff") == []
    due = judged(LACKING)
    assert steps(due, "handoff")[0] == ("deadline", "Lee")
    (found,) = of_kind(due, "handoff")
    assert found.reason == "1 of 11 items is missing: statement of work"
    two = judged(sale({"payment_term_id": None}, documents=[]))
    assert of_kind(two, "handoff")[0].reason.startswith("2 of 11 items are missing: ")


def test_what_nobody_could_check_is_told_to_whoever_accepts() -> None:
    (found,) = of_kind(judged(sale(shares=None)), "handoff")
    assert found.reason == "nothing is missing; not verifiable: billing milestones"


def test_an_accepted_handoff_is_nobodys_any_more() -> None:
    accepted = said(ACCEPTED, judged())
    report = after(accepted)
    assert standing(report) == ("accepted", 1, [])
    found = row(report)
    assert (found["decided_by"], found["decided_on"]) == ("lee@firm.example", "2026-11-25")


def test_an_incomplete_one_may_be_accepted_and_its_gaps_stay_with_their_owners() -> None:
    accepted = said(ACCEPTED, judged(LACKING))
    report = after(accepted, of=LACKING)
    assert standing(report) == ("accepted", 1, ["statement_of_work-order-7"])


def test_who_sold_it_does_not_accept_it() -> None:
    own = said(ACCEPTED, judged(), who=SAL)
    assert standing(after(own))[0] == "waiting"
    led_by_sales = judged(delivery_leads={1: SAL.user_id})
    (found,) = led_by_sales.findings
    assert (found.owner, told(found)[0]) == ("delivery", ("deadline", "owner"))


def test_a_returned_handoff_goes_back_to_sales_with_the_reason_and_the_gaps() -> None:
    returned = said(RETURNED, judged(LACKING), why="the statement of work")
    report = after(returned, of=LACKING, as_of=at("2026-11-25 10:30"))
    status, version, keys = standing(report)
    assert (status, version) == ("returned", 1)
    assert keys == ["statement_of_work-order-7", "handoff-order-7-v1", "returned-order-7-v1"]
    (found,) = of_kind(report, "returned-handoff")
    assert found.title == "S00007 Werft: the handoff was returned"
    assert found.reason == (
        "lee@firm.example: the statement of work; 1 of 11 items is missing: statement of work"
    )
    assert (found.owner, told(found), str(found.since)) == ("Sal", [("first", "Sal")], "2026-11-25")
    # It is with sales: the lead, who may still accept it, is not asked meanwhile.
    assert steps(report, "handoff") == []


def test_sales_are_told_again_and_then_their_manager() -> None:
    returned = said(RETURNED, judged(LACKING), why="no")
    for now, expected in (
        ("2026-11-27 09:00", [("deadline", "Sal")]),
        ("2026-12-02 09:00", [("manager", "Max")]),
    ):
        report = after(returned, of=LACKING, as_of=at(now))
        assert steps(report, "returned-handoff") == expected


def test_as_soon_as_something_changes_it_is_handed_in_again() -> None:
    returned = said(RETURNED, judged(LACKING), why="no")
    report = after(returned)
    assert standing(report) == ("waiting", 2, ["handoff-order-7-v2"])
    # It stands since today, and was asked for before.
    assert steps(report, "handoff") == [("first", "Lee"), ("deadline", "Lee")]
    opened = replace(LATER, standing={"handoff-order-7-v2": date(2026, 11, 26)})
    monday = at("2026-11-30 09:00")
    later = replace(opened, instant=monday.instant, now=monday.now)
    assert steps(after(returned, as_of=later), "handoff") == [("late", "Lee")]
    accepted = replace(
        said(ACCEPTED, report, "2026-11-26 11:00"), key="handoff-order-7-v2", at=LATER.instant
    )
    assert standing(after(returned, accepted)) == ("accepted", 2, [])


def test_a_return_may_be_followed_by_acceptance_without_a_change() -> None:
    returned = said(RETURNED, judged(LACKING), why="no")
    accepted = said(ACCEPTED, judged(LACKING), "2026-11-25 12:00")
    assert standing(after(accepted, returned, of=LACKING))[:2] == ("accepted", 1)


def test_a_document_that_is_another_one_after_acceptance_is_told_to_the_lead() -> None:
    accepted = said(ACCEPTED, judged())
    replaced = sale(documents=[document(checksum="another")])
    report = after(accepted, of=replaced)
    assert standing(report) == ("changed", 2, ["handoff-order-7-v2"])
    (found,) = of_kind(report, "changed-handoff")
    assert found.title == "S00007 Werft: the handoff changed after it was accepted"
    assert found.reason == (
        "lee@firm.example accepted it on 2026-11-25; since then: SOW Werft.pdf is another one"
    )
    assert (found.owner, told(found)) == ("Lee", [("first", "Lee"), ("deadline", "Lee")])
    assert found.contents["file SOW Werft.pdf"] == "another"
    again = said(ACCEPTED, report, "2026-11-26 09:00")
    assert standing(after(accepted, again, of=replaced))[:2] == ("accepted", 2)


def test_what_came_and_went_after_acceptance_is_named() -> None:
    accepted = said(ACCEPTED, judged())
    moved = sale({"client_order_ref": "PO-2"}, documents=[document("SOW new.pdf", 2)], notes=[])
    (found,) = of_kind(after(accepted, of=moved), "changed-handoff")
    assert found.reason.endswith(
        "since then: SOW Werft.pdf went, SOW new.pdf came, purchase order changed, scope notes "
        "changed"
    )


def test_what_delivery_does_after_acceptance_is_no_change() -> None:
    accepted = said(ACCEPTED, judged())
    refined = sale(projects=[replace(PROJECT, date_start=None, allocated_hours=0.0)])
    status, _, keys = standing(after(accepted, of=refined))
    assert status == "accepted"
    assert keys == ["kickoff_date-order-7", "hours_budget-order-7"]


def test_files_that_no_item_is_shown_by_are_no_part_of_it() -> None:
    accepted = said(ACCEPTED, judged())
    more = sale(documents=[document(), document("Minutes.pdf", 2)])
    assert standing(after(accepted, of=more))[0] == "accepted"


def test_two_files_of_a_name_are_both_held_by_their_checksums() -> None:
    both = sale(documents=[document(), document(number=2)])
    (found,) = judged(both).findings
    assert found.contents["file SOW Werft.pdf"] == "sum1 sum2"


def test_what_was_said_to_other_orders_counts_for_nothing_here() -> None:
    accepted = replace(said(ACCEPTED, judged()), record_id=8)
    snoozed = replace(said(ACCEPTED, judged()), kind=ActKind.SNOOZED)
    assert standing(after(accepted, snoozed))[0] == "waiting"
