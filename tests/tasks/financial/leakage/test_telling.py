"""Whom a leak is told to, and what becomes of it once somebody accepts or returns it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import pytest
from pydantic import ValidationError

from tasks.domain.acts import Act, ActKind
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.domain.verdicts import Verdicts
from tasks.financial.leakage.job import JOB
from tasks.financial.leakage.policy import LeakagePolicy
from tests.tasks.conftest import MONDAY
from tests.tasks.financial.leakage.making import (
    HOURS,
    LINE,
    NOW,
    ORDER,
    PROJECT,
    ago,
    finding,
    hours,
    keys,
    line,
    look,
    measured,
    odoo,
    order,
    project,
    row_of,
)

KEY: Final = "no-order-line-800-v1"
FINANCE: Final = "frida.bauer@nordwind.example"


def unlinked(amount: float = 4.0, **values: Any) -> Any:
    return odoo({HOURS: [hours(1, False, amount, 3)], PROJECT: [project(**values)]})


def said(report: Report, kind: ActKind = ActKind.ACCEPTED, days: int = 1) -> Act:
    """What somebody says on the page of the case, as the web keeps it."""
    (found,) = report.findings
    at = MONDAY - timedelta(days=days)
    return Act(
        kind,
        *(FINANCE, JOB.name, "firm", 1, found.key, at),
        reason="agreed with the customer",
        severity=found.severity.value,
        model=found.model,
        record_id=found.record_id,
        contents=found.contents,
    )


def after(*acts: Act, now: AsOf = NOW) -> AsOf:
    return replace(now, acts=acts)


def test_what_is_accepted_is_quiet_and_says_by_whom_and_why() -> None:
    report = look(unlinked(), now=after(said(look(unlinked()))))
    assert (report.findings, report.totals) == ((), ())
    row = row_of(report, "no-order-line")
    assert row["status"] == "accepted"
    assert row["reason"].endswith(f"; accepted by {FINANCE}: agreed with the customer")
    assert measured(report) == {}
    (measure,) = (m for m in report.measures if m.excluded)
    assert measure.excluded == {"accepted": 1}


def test_it_stays_quiet_where_less_leaks() -> None:
    assert look(unlinked(3.0), now=after(said(look(unlinked())))).findings == ()


def test_it_is_told_anew_once_more_leaks() -> None:
    report = look(unlinked(4.5), now=after(said(look(unlinked()))))
    assert keys(report) == {"no-order-line-800-v2"}
    assert finding(report, "no-order-line-800-v2").reason.endswith(
        f"; {FINANCE} accepted it on 2026-11-22; since then other: amount, hours"
    )


def test_what_is_accepted_twice_is_told_a_third_time_when_it_grows_again() -> None:
    first = said(look(unlinked()), days=3)
    second = said(look(unlinked(5.0), now=after(first)), days=2)
    assert look(unlinked(5.0), now=after(first, second)).findings == ()
    assert keys(look(unlinked(6.0), now=after(first, second))) == {"no-order-line-800-v3"}


def test_what_is_returned_is_told_again_with_the_reason() -> None:
    returned = said(look(unlinked()), ActKind.RETURNED, days=0)
    report = look(unlinked(), now=after(returned))
    assert finding(report, KEY).reason.endswith(
        f"; {FINANCE} returned it: agreed with the customer"
    )
    assert finding(report, KEY).steps
    grown = look(unlinked(9.0), now=after(returned))
    assert finding(grown, "no-order-line-800-v2").reason.endswith("since then other: amount, hours")


def test_an_act_about_another_model_or_of_another_sort_says_nothing() -> None:
    accepted = said(look(unlinked()))
    for act in (
        replace(accepted, model="res.partner"),
        replace(accepted, kind=ActKind.SNOOZED),
        replace(accepted, key="no-order-line-801-v1"),
    ):
        assert keys(look(unlinked(), now=after(act))) == {KEY}


def test_a_key_without_a_number_is_the_first() -> None:
    act = replace(said(look(unlinked())), key="stem-vx")
    assert Verdicts([act], {act.model}).on("stem", act.contents).version == 1


def test_in_another_currency_it_is_another_loss() -> None:
    act = said(look(unlinked()))
    other = replace(act, contents={**act.contents, "currency": "USD"})
    assert keys(look(unlinked(), now=after(other))) == {"no-order-line-800-v2"}


def test_who_leads_the_project_is_told_first_and_then_finance() -> None:
    (found,) = look(unlinked()).findings
    (step,) = found.steps or ()
    assert (step.name, step.recipient and step.recipient.email) == (
        "first",
        "chiara.conti@nordwind.example",
    )
    later = replace(NOW, standing={found.key: date(2026, 11, 9)})
    (old,) = look(odoo({HOURS: [hours(1, False, days=14)]}), now=later).findings
    (last,) = old.steps or ()
    assert (last.name, last.recipient) == ("owner", None)


def test_without_a_manager_it_is_finances_turn() -> None:
    (found,) = look(unlinked(user_id=False)).findings
    assert found.owner == "finance"
    assert [step.recipient for step in found.steps or ()] == [None]


def test_what_a_first_run_finds_is_as_old_as_it_is_and_what_comes_later_is_new() -> None:
    old = odoo({HOURS: [hours(1, False, days=40)]})
    assert look(old).findings[0].steps == ()
    seen = {"other": date(2026, 11, 2), KEY: date(2026, 11, 20)}
    (found,) = look(old, now=replace(NOW, standing=seen)).findings
    assert [step.name for step in found.steps or ()] == ["first"]


def test_a_line_is_part_of_its_order() -> None:
    rows = {ORDER: [order()], LINE: [line(qty_delivered=4.0)], HOURS: [hours(1)]}
    (found,) = look(odoo(rows)).findings
    assert (found.part_of, found.hours) == ((ORDER, 9), 4.0)
    assert found.title == "S00009: Line 90: hours never invoiced"
    assert found.url.endswith("/sale.order/9")
    assert (str(found.since), f"{found.amount} {found.currency}") == (ago(9), "400.00 EUR")
    assert JOB.offers(found.held_as[0], found.kind)[:2] == (ActKind.ACCEPTED, ActKind.RETURNED)


def test_leaks_that_nobody_can_value_are_counted_beside_the_amount() -> None:
    free = {**hours(2, False, 2.0, 3), "project_id": 801, "amount": 0.0}
    rows = {HOURS: [hours(1, False, 4.0, 3), free], PROJECT: [project(), project(801)]}
    report = look(odoo(rows))
    assert measured(report) == {
        ("leaks", "no-order-line"): 2,
        ("leakage_amount", "no-order-line", "EUR"): 200.0,
    }
    amounts = [m for m in report.measures if m.name == "leakage_amount"]
    assert amounts[0].excluded == {"no_cost": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours_within_days": -1},
        {"exempt_tasks": [0]},
        {"ladder": [{"name": "one", "working_days": 1}, {"name": "one", "working_days": 2}]},
        {"unknown": 1},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LeakagePolicy.model_validate(wrong)


def test_nothing_rests_on_the_clock() -> None:
    for at in (datetime(2026, 12, 31, 22, 59, tzinfo=MONDAY.tzinfo), MONDAY + timedelta(days=5)):
        later = replace(NOW, instant=at, now=at)
        assert keys(look(unlinked(), now=later)) == {KEY}
