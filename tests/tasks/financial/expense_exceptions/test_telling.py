"""Whom an exception is told to, and what becomes of it once somebody accepts or returns it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import pytest
from pydantic import ValidationError

from odoo_gateway.sandbox import Sandbox
from tasks.domain.acts import Act, ActKind
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.financial.expense_exceptions.job import JOB
from tasks.financial.expense_exceptions.policy import ExpensePolicy
from tests.fakes.overlay import Overlay
from tests.tasks.conftest import MONDAY, reading
from tests.tasks.financial.expense_exceptions.making import (
    ELISE,
    EXPENSE,
    FEMKE,
    NOW,
    TRAVEL,
    USD,
    ago,
    expense,
    finding,
    keys,
    look,
    measured,
    odoo,
    row,
)

EMPLOYEE, UGO, LIAM = "hr.employee", 21, 39
LIMIT: Final[Any] = [{"amount": 100, "currency": "EUR"}]
BOSS, HERSELF = "bruno.claes@nordwind.example", "elise.dubois@nordwind.example"
DEAR: Final = "over-limit-9101-v1"


def dear(**values: Any) -> dict[str, Any]:
    return expense(9101, **{"total_amount": 250.0, **values})


def said(
    report: Report,
    key: str,
    kind: ActKind = ActKind.ACCEPTED,
    person: str = BOSS,
    at: datetime = MONDAY - timedelta(hours=1),
) -> Act:
    """What somebody says on the page of a case, as the web keeps it."""
    found = finding(report, key)
    return Act(
        kind,
        *(person, JOB.name, "firm", 1, key, at),
        reason="the customer asked for it",
        severity=found.severity.value,
        model=found.model,
        record_id=found.record_id,
        contents=found.contents,
    )


def after(*acts: Act, now: AsOf = NOW) -> AsOf:
    return replace(now, acts=acts)


def accepted() -> AsOf:
    return after(said(look(odoo(dear()), limits=LIMIT), DEAR))


def test_what_is_accepted_is_quiet_and_says_by_whom_and_why() -> None:
    report = look(odoo(dear()), now=accepted(), limits=LIMIT)
    assert keys(report) == set()
    assert row(report, 9101)["status"] == "accepted"
    assert row(report, 9101)["accepted"] == "over-limit"
    assert row(report, 9101)["reason"] == (
        f"above its limit: accepted by {BOSS}: the customer asked for it"
    )
    assert measured(report) == {}
    (counted,) = (m for m in report.measures if m.labels == {"kind": "over-limit"})
    assert counted.excluded == {"accepted": 1}


def test_accepting_one_thing_accepts_no_other_of_the_same_expense() -> None:
    bare = odoo(dear(), receipts=[])
    assert keys(look(bare, now=accepted(), limits=LIMIT)) == {"no-receipt-9101-v1"}


def test_without_a_remark_it_is_accepted_all_the_same() -> None:
    act = replace(said(look(odoo(dear()), limits=LIMIT), DEAR), reason="")
    report = look(odoo(dear()), now=after(act), limits=LIMIT)
    assert row(report, 9101)["reason"] == f"above its limit: accepted by {BOSS}"


@pytest.mark.parametrize(
    ("edited", "limits", "what"),
    [
        ({"total_amount": 260.0}, LIMIT, "amount"),
        ({"currency_id": USD, "total_amount_currency": 250.0}, LIMIT, "amount"),
        ({"date": ago(3)}, LIMIT, "day"),
        ({"product_id": TRAVEL}, LIMIT, "product"),
        ({"employee_id": FEMKE}, LIMIT, "employee"),
        ({}, [{"amount": 50, "currency": "EUR"}], "what it is held against"),
    ],
)
def test_what_changed_since_it_was_accepted_is_told_anew(
    edited: dict[str, Any], limits: Any, what: str
) -> None:
    report = look(odoo(dear(**edited)), now=accepted(), limits=limits)
    assert keys(report) == {"over-limit-9101-v2"}
    assert finding(report, "over-limit-9101-v2").reason.endswith(
        f"; {BOSS} accepted it on {ago(0)}; since then other: {what}"
    )


def test_a_second_version_can_be_accepted_too_and_the_first_counts_again_if_it_is_back() -> None:
    first = accepted().acts[0]
    edited = odoo(dear(total_amount=260.0))
    second = said(look(edited, now=after(first), limits=LIMIT), "over-limit-9101-v2")
    assert keys(look(edited, now=after(first, second), limits=LIMIT)) == set()
    back = look(odoo(dear()), now=after(first, second), limits=LIMIT)
    assert keys(back) == {"over-limit-9101-v3"}
    assert keys(look(odoo(dear()), now=after(first), limits=LIMIT)) == set()


def test_nobody_accepts_their_own_expense() -> None:
    before = look(odoo(dear()), limits=LIMIT)
    own = said(before, DEAR, person=HERSELF)
    report = look(odoo(dear()), now=after(own), limits=LIMIT)
    # Under another key, since the page of the first offers it no more.
    assert keys(report) == {"over-limit-9101-v2"}
    assert finding(report, "over-limit-9101-v2").reason.endswith(
        f"; {HERSELF} cannot accept their own expense"
    )
    others = said(report, "over-limit-9101-v2")
    assert keys(look(odoo(dear()), now=after(own, others), limits=LIMIT)) == set()


def test_what_is_returned_is_with_who_spent_it() -> None:
    back = said(look(odoo(dear()), limits=LIMIT), DEAR, ActKind.RETURNED)
    report = look(odoo(dear()), now=after(back), limits=LIMIT)
    found = finding(report, DEAR)
    assert found.owner == "Elise Dubois"
    assert found.reason.endswith(f"; {BOSS} returned it: the customer asked for it")
    edited = look(odoo(dear(total_amount=120.0)), now=after(back), limits=LIMIT)
    assert finding(edited, "over-limit-9101-v2").owner == "Bruno Claes"
    assert "returned it on" in finding(edited, "over-limit-9101-v2").reason
    later = replace(back, kind=ActKind.ACCEPTED, at=MONDAY)
    assert keys(look(odoo(dear()), now=after(back, later), limits=LIMIT)) == set()


def test_what_finance_returns_is_with_who_spent_it_too() -> None:
    late = odoo(expense(9101, state="approved", approval_date=f"{ago(9)} 10:00:00"))
    before = look(late)
    assert finding(before, "not-posted-9101-v1").owner == "finance"
    back = said(before, "not-posted-9101-v1", ActKind.RETURNED)
    assert finding(look(late, now=after(back)), "not-posted-9101-v1").owner == "Elise Dubois"


def test_what_is_said_to_other_cases_counts_for_nothing() -> None:
    act = accepted().acts[0]
    others: Sequence[Act] = (
        replace(act, key="over-limit-910-v1"),
        replace(act, key="duplicate-expense-9101-v1"),
        replace(act, kind=ActKind.ACKNOWLEDGED),
        replace(act, model="sale.order"),
    )
    assert keys(look(odoo(dear()), now=after(*others), limits=LIMIT)) == {DEAR}
    odd = replace(act, key="over-limit-9101-vx")
    assert keys(look(odoo(dear()), now=after(odd), limits=LIMIT)) == set()


@pytest.mark.parametrize("kind", sorted(JOB.handed_in))
def test_the_page_of_each_kind_offers_to_accept_and_to_return_it(kind: str) -> None:
    assert JOB.offers(EXPENSE, kind)[:2] == (ActKind.ACCEPTED, ActKind.RETURNED)


def test_of_duplicates_another_one_is_another_thing() -> None:
    twice = [expense(number, product_id=TRAVEL) for number in (9101, 9103)]
    now = after(said(look(odoo(*twice)), "duplicate-expense-9103-v1"))
    assert keys(look(odoo(*twice), now=now)) == set()
    third = odoo(*twice, expense(9102, product_id=TRAVEL))
    assert keys(look(third, now=now)) == {"duplicate-expense-9102-v1", "duplicate-expense-9103-v2"}


def steps(report: Report, key: str) -> list[tuple[str, str]]:
    found = finding(report, key).steps or ()
    return [(s.name, s.recipient.name if s.recipient else "finance") for s in found]


def entered(days: int) -> dict[str, Any]:
    return dear(create_date=f"{ago(days)} 10:00:00")


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (0, [("first", "Bruno Claes")]),
        (3, [("first", "Bruno Claes")]),
        (7, [("again", "Bruno Claes")]),
        (14, [("owner", "finance")]),
        (40, []),
        (400, []),
    ],
)
def test_the_approver_is_told_then_finance(days: int, told: list[tuple[str, str]]) -> None:
    assert steps(look(odoo(entered(days)), limits=LIMIT), DEAR) == told


def test_what_comes_up_after_the_first_run_begins_its_ladder_then() -> None:
    known = replace(NOW, standing={"stale-7-v1": date(2026, 10, 1), DEAR: date(2026, 11, 20)})
    assert steps(look(odoo(entered(60)), now=known, limits=LIMIT), DEAR) == [
        ("first", "Bruno Claes")
    ]
    fresh = replace(NOW, standing={"stale-7-v1": date(2026, 10, 1)})
    assert steps(look(odoo(entered(60)), now=fresh, limits=LIMIT), DEAR) == [
        ("first", "Bruno Claes")
    ]
    first_run = replace(NOW, standing={DEAR: date(2026, 11, 20)})
    assert steps(look(odoo(entered(60)), now=first_run, limits=LIMIT), DEAR) == []


def test_a_return_begins_the_ladder_of_who_spent_it() -> None:
    old = odoo(entered(60))
    back = said(look(old, limits=LIMIT), DEAR, ActKind.RETURNED, at=MONDAY - timedelta(days=3))
    found = look(old, now=after(back), limits=LIMIT)
    assert steps(found, DEAR) == [("first", "Elise Dubois")]


def test_an_archived_employee_is_not_told_but_the_approver() -> None:
    of_ugo = dear(employee_id=UGO, state="draft")
    report = look(odoo(of_ugo), limits=LIMIT)
    assert finding(report, DEAR).owner == "Bruno Claes"
    assert row(report, 9101)["employee"] == "Ugo Ferrari"


@pytest.mark.parametrize(
    ("values", "owner"),
    [
        ({"manager_id": False}, "finance"),
        ({"manager_id": 105}, "finance"),
        ({"state": "draft"}, "Elise Dubois"),
        ({"state": "approved", "approval_date": f"{ago(1)} 10:00:00"}, "Bruno Claes"),
        ({"state": "posted"}, "finance"),
        ({"state": "paid"}, "finance"),
        ({"company_id": 1, "employee_id": LIAM, "state": "draft"}, "Bruno Claes"),
    ],
)
def test_whose_turn_it_is(values: dict[str, Any], owner: str) -> None:
    """Nobody decides on their own; who has no user in Odoo is written to by nobody."""
    assert finding(look(odoo(dear(**values)), limits=LIMIT), DEAR).owner == owner


def test_an_employees_approver_is_asked_where_the_expense_names_none() -> None:
    corrupt = {(EMPLOYEE, ELISE): {"expense_manager_id": 103}}
    found = look(odoo(dear(manager_id=False), corrupt=corrupt), limits=LIMIT)
    assert finding(found, DEAR).owner == "Chiara Conti"
    for version in (16, 17, 18):
        older = odoo(dear(manager_id=False), corrupt=corrupt, version=version)
        assert finding(look(older, limits=LIMIT), DEAR).owner == "Chiara Conti"


def test_people_may_be_exempt() -> None:
    report = look(odoo(dear(), receipts=[]), limits=LIMIT, exempt_employees=[ELISE])
    assert keys(report) == set()
    assert (row(report, 9101)["status"], row(report, 9101)["reason"]) == (
        "exempt",
        "exempt by name",
    )
    pounds = [{"amount": 1, "currency": "GBP"}]
    assert row(look(odoo(dear()), limits=pounds, exempt_employees=[ELISE]), 9101)["status"] == (
        "exempt"
    )


def test_each_unit_has_its_own_policy() -> None:
    made = odoo(dear(), expense(9102, employee_id=4, total_amount=250.0))
    strict = ExpensePolicy(limits=LIMIT)
    policy = ExpensePolicy().with_units({4: strict}, {})
    report = JOB.run(reading(made), NOW, policy)
    assert keys(report) == {"over-limit-9102-v1"}
    assert row(report, 9102)["policy"] == strict.version


def test_companies_do_not_mix() -> None:
    theirs = dear(company_id=2, employee_id=30, manager_id=129, currency_id=USD)
    made = odoo(theirs, expense(9102))
    assert [r["expense_id"] for r in look(made).rows] == [9102]
    report = look(made, 2, limits=[{"amount": 100, "currency": "USD"}])
    assert keys(report) == {DEAR}
    assert finding(report, DEAR).currency == "USD"


@pytest.mark.parametrize("name", ["🍺", "x" * 5_000, "\u202eevil", "شركة", " ", "{amount}"])
def test_odd_names_break_nothing(name: str) -> None:
    report = look(odoo(dear(name=name)), limits=LIMIT)
    assert "evil" not in name or "\u202e" not in finding(report, DEAR).title
    assert keys(report) == {DEAR}


def test_an_expense_without_a_day_is_judged_by_when_it_was_entered() -> None:
    undated = expense(9101, date=False, create_date=f"{ago(40)} 10:00:00")
    assert finding(look(odoo(undated)), "stale-9101-v1").reason == f"of {ago(40)}, and not approved"


def test_calls_do_not_grow_with_the_number_of_expenses() -> None:
    def calls(count: int) -> int:
        made = [
            expense(n, product_id=TRAVEL, analytic_distribution={"101": 100.0})
            for n in range(9101, 9101 + count)
        ]
        overlay = Overlay(odoo(*made), {})
        look(overlay, limits=[{**LIMIT[0], "category": 2}])
        return len(list(overlay.seen))

    assert calls(3) == calls(90)


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ({"limits": [{**LIMIT[0], "product": 1, "category": 2}]}, "not both"),
        ({"limits": [*LIMIT, *LIMIT]}, "one limit for each"),
        ({"limits": [{"amount": -1, "currency": "EUR"}]}, "greater than or equal"),
        ({"limits": [{"amount": 1, "currency": "euro"}]}, "pattern"),
        ({"ladder": [{"name": "a", "working_days": 1}] * 2}, "a name of its own, not a"),
        ({"stale_after_days": -1}, "greater than or equal"),
    ],
)
def test_a_policy_that_says_nothing_sensible_is_refused(policy: Any, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        ExpensePolicy.model_validate(policy)


def test_an_empty_ladder_tells_nobody() -> None:
    assert steps(look(odoo(dear()), limits=LIMIT, ladder=[]), DEAR) == []


def test_a_day_that_is_over_is_not_told_of() -> None:
    then = AsOf(MONDAY - timedelta(days=3), NOW.zone, MONDAY)
    report = look(odoo(dear()), now=then, limits=LIMIT)
    assert (report.rows, report.findings) == ((), ())


@pytest.mark.parametrize("days", range(7))
def test_on_any_day_of_the_week_the_firm_looks_the_same(days: int) -> None:
    instant = MONDAY + timedelta(days=days)
    moment = AsOf(instant, NOW.zone, instant)
    found = look(Sandbox(instant.date()), now=moment)
    assert {f.kind for f in found.findings} == {"not-posted", "no-receipt"}
