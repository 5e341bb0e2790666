"""What each person can mend of a blocked order, when they are told, and who holds up most."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tasks.domain.billing import Billing
from tasks.domain.cases import ChangeKind, ClosedCase, OpenCase, reconcile
from tasks.domain.checklists import Owner
from tasks.domain.findings import Finding, Report
from tasks.domain.periods import AsOf
from tasks.financial.invoice_readiness.gaps import GAP
from tasks.financial.invoice_readiness.job import JOB, judge
from tasks.financial.invoice_readiness.policy import ReadinessPolicy
from tasks.reads.invoicing.evidence import Evidence
from tasks.reads.invoicing.facts import DueMilestone
from tasks.reads.invoicing.owned import NO_TIME_APPROVER, Held
from tasks.reads.orders import SoldOrder
from tests.fakes.approvals import BRUSSELS, at, person
from tests.fakes.handoffs import people
from tests.tasks.financial.invoice_readiness.test_job import USD, facts, order, snapshot

# Sells, leads the project, approves hours (two), expenses, buys, and manages them all.
SAL, PIA, TIM, TOM, EVA, BO, MAX = (
    person(1, "Sal", 7),
    person(2, "Pia", 7),
    person(3, "Tim", 7),
    person(4, "Tom", 7),
    person(5, "Eva", 7),
    person(6, "Bo", 7),
    person(7, "Max"),
)
STAFF = (SAL, PIA, TIM, TOM, EVA, BO, MAX)
# A Monday, on which all came up.
NOW = at("2026-11-23 09:30")


def owner(who: Any) -> Owner:
    return Owner(who.name, who.user_id)


def held_by_six() -> SoldOrder:
    """Time and a milestone, of which all that can be missing is."""
    found = order(1, "1200", price_unit=Decimal(0))
    (time,) = found.lines
    stage = replace(time, sold=replace(time.sold, billing=Billing.MILESTONE))
    return replace(found, lines=[time, stage])


def judged(found: SoldOrder | None = None, as_of: AsOf = NOW, **policy: Any) -> Report:
    mine = found or held_by_six()
    known = facts(
        mine,
        salesperson=owner(SAL),
        managers=[owner(PIA)],
        milestones=[DueMilestone("Pilot", date(2026, 11, 22), False, manager=owner(PIA))],
        evidence=Evidence(given=1),
        unapproved_hours=[Held(owner(TIM), 2.0), Held(owner(TOM), 3.0)],
        open_expenses=[Held(owner(EVA), 2)],
        open_purchases=[Held(owner(BO), 1)],
        buys=True,
    )
    seen = snapshot(
        mine,
        facts={mine.order.id: known},
        waiting_since={mine.order.id: date(2026, 11, 23)},
        people=people(*STAFF),
    )
    return judge(seen, as_of, ReadinessPolicy.model_validate(policy))


def gaps(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.kind == GAP]


def test_six_owners_have_six_gaps_and_finance_one_finding() -> None:
    report = judged()
    assert {(gap.key, gap.owner, gap.reason) for gap in gaps(report)} == {
        ("gap-price-order-1-user-101", "Sal", "no price on 2 lines with something to bill"),
        (
            "gap-milestones-order-1-user-102",
            "Pia",
            "1 milestone late, first Pilot of 2026-11-22",
        ),
        ("gap-approved_time-order-1-user-103", "Tim", "2 h are not approved"),
        ("gap-approved_time-order-1-user-104", "Tom", "3 h are not approved"),
        ("gap-expenses-order-1-user-105", "Eva", "not posted yet: 2 expenses of the order"),
        ("gap-purchases-order-1-user-106", "Bo", "not ordered yet: 1 purchase for the order"),
    }
    (whole,) = [finding for finding in report.findings if finding.kind != GAP]
    assert (whole.key, whole.kind, whole.steps) == ("blocked-order-1", "blocked", None)
    assert all(JOB.is_personal(gap) for gap in gaps(report))
    assert not JOB.is_personal(whole)


def test_each_is_told_on_the_day_by_themselves() -> None:
    for gap in gaps(judged()):
        first, *_ = gap.steps or ()
        assert first.recipient is not None
        assert (first.name, first.recipient.email) == (
            "first",
            f"{str(gap.owner).lower()}@firm.example",
        )
        assert gap.title == f"S00001 Nordwind cannot be invoiced: {gap.title.split(': ')[1]}"


@pytest.mark.parametrize(
    ("days", "rungs"),
    [
        (0, [("first", "tim")]),
        (1, [("first", "tim"), ("deadline", "tim")]),
        (2, [("deadline", "tim")]),
        (7, [("manager", "max")]),
        (9, [("owner", None)]),
        (30, []),
    ],
)
def test_each_gap_climbs_a_ladder_of_its_own(
    days: int, rungs: list[tuple[str, str | None]]
) -> None:
    later = replace(
        NOW, instant=NOW.instant + timedelta(days=days), now=NOW.now + timedelta(days=days)
    )
    standing = {"gap-approved_time-order-1-user-103": date(2026, 11, 23)}
    report = judged(as_of=replace(later, standing=standing))
    (gap,) = [each for each in gaps(report) if each.owner == "Tim"]
    told = [
        (step.name, step.recipient.email.partition("@")[0] if step.recipient else None)
        for step in gap.steps or ()
    ]
    assert told == rungs


def test_what_was_old_when_the_fleet_came_is_listed_and_what_comes_up_late_is_told() -> None:
    old = replace(held_by_six())
    seen = facts(
        old, unapproved_hours=[Held(owner(TIM), 2.0, date(2026, 9, 1))], salesperson=owner(SAL)
    )
    found = snapshot(old, facts={1: seen}, waiting_since={}, people=people(*STAFF))
    key = "gap-approved_time-order-1-user-103"

    def steps(**values: Any) -> list[str]:
        report = judge(found, replace(NOW, **values), ReadinessPolicy())
        (gap,) = [each for each in gaps(report) if each.key == key]
        assert gap.since == date(2026, 9, 1)
        return [step.name for step in gap.steps or ()]

    assert steps() == []
    other = {"gap-price-order-9-user-101": date(2026, 11, 2)}
    assert steps(standing=other) == ["first"]
    # Those of orders were told before there were gaps.
    assert steps(standing={"blocked-order-1": date(2026, 11, 2)}) == []
    closed = replace(gaps(judged())[0])
    case = ClosedCase(closed, date(2026, 11, 2), date(2026, 11, 20))
    assert steps(closed=[case], standing={key: date(2026, 11, 23)}) == ["first"]


def test_who_is_nobody_in_odoo_is_told_to_the_role_in_one_gap() -> None:
    mine = order()
    nobody = [Held(NO_TIME_APPROVER, 2.0), Held(Owner("Zoe"), 1.0)]
    found = snapshot(mine, facts={1: facts(mine, unapproved_hours=nobody)}, people=people(*STAFF))
    (gap,) = gaps(judge(found, NOW, ReadinessPolicy()))
    assert gap.key == "gap-approved_time-order-1-user-0"
    assert gap.owner == "Zoe, nobody: set who approves these hours"
    assert gap.reason == "2 h are not approved; 1 h are not approved"
    assert {step.recipient for step in gap.steps or ()} <= {None}


def test_only_blocked_orders_have_gaps() -> None:
    hold = {"order": "S00001", "reason": "dispute"}
    assert gaps(judged(holds=[hold])) == []
    assert gaps(judged(excluded_customers=[5])) == []


def test_a_firm_may_have_finance_alone_told() -> None:
    report = judged(tell_owners=False)
    assert [finding.key for finding in report.findings] == ["blocked-order-1"]
    assert len(report.totals[0]["held_up_by"]) == 6


def test_a_gap_that_is_closed_resolves_and_no_other_is_told_anew() -> None:
    first = judged()
    known = [
        OpenCase(replace(each, told=tuple(s.name for s in each.steps or ())), NOW.day, NOW.day)
        for each in first.findings
    ]
    later = replace(first, findings=first.findings[:-1])
    (change,) = reconcile(later.findings, known, NOW.day).changes
    assert (change.kind, change.finding.key) == (ChangeKind.RESOLVED, first.findings[-1].key)


def test_who_holds_up_most_is_told_by_owner_and_currency() -> None:
    one, two, three = order(1, "100"), order(2, "300"), order(3, "9000", USD)
    hours = {"unapproved_hours": [Held(owner(TIM), 2.0)]}
    known = {
        1: facts(one, **hours, open_expenses=[Held(owner(EVA), 1)]),
        2: facts(two, **hours),
        3: facts(three, **hours),
    }
    found = snapshot(one, two, three, facts=known, people=people(*STAFF))
    report = judge(found, NOW, ReadinessPolicy())
    euros, dollars = report.totals
    assert euros["held_up_by"] == [
        {"owner": "Tim", "amount": "400.00", "orders": 2, "gaps": 2},
        {"owner": "Eva", "amount": "100.00", "orders": 1, "gaps": 1},
    ]
    assert dollars["held_up_by"] == [{"owner": "Tim", "amount": "9000.00", "orders": 1, "gaps": 1}]
    measured = {
        (measure.name, *measure.labels.values()): measure.value
        for measure in report.measures
        if measure.name.startswith("readiness_held_up")
    }
    assert measured == {
        ("readiness_held_up_amount", "Tim", "EUR"): 400.0,
        ("readiness_held_up_orders", "Tim", "EUR"): 2,
        ("readiness_held_up_amount", "Eva", "EUR"): 100.0,
        ("readiness_held_up_orders", "Eva", "EUR"): 1,
        ("readiness_held_up_amount", "Tim", "USD"): 9000.0,
        ("readiness_held_up_orders", "Tim", "USD"): 1,
    }


def test_a_rung_may_not_be_called_as_the_first_one() -> None:
    rung = {"name": "first", "working_days": 1}
    with pytest.raises(ValueError, match="first"):
        ReadinessPolicy.model_validate({"ladder": [rung]})


def test_what_was_signed_elsewhere_shows_acceptance() -> None:
    mine = held_by_six()
    place = ("project.task", 44)
    known = facts(mine, signable=frozenset({place}), evidence=Evidence())
    found = snapshot(mine, facts={1: known}, people=people(*STAFF))
    policy = ReadinessPolicy.model_validate({"acceptance_kinds": ["signed_elsewhere"]})
    signed = datetime(2026, 11, 20, 23, 30, tzinfo=BRUSSELS)
    told = judge(found, replace(NOW, signed={place: signed}), policy).rows[0]["checks"]
    (check,) = [each for each in told if each["check"] == "acceptance_evidence"]
    assert (check["result"], check["reason"]) == ("pass", "signed on 2026-11-20")
    (again,) = [
        each
        for each in judge(found, NOW, policy).rows[0]["checks"]
        if each["check"] == "acceptance_evidence"
    ]
    assert again["result"] == "fail"
    assert JOB.heeds_signatures
