"""What becomes of an order: proposed, drafted, out of date, taken back, or waiting."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tasks.domain.acts import Act, ActKind
from tasks.domain.deciding import State
from tasks.domain.findings import Severity
from tasks.domain.periods import AsOf
from tasks.domain.proposals import Proposed
from tasks.financial.milestone_billing.job import JOB
from tests.fakes.drafting import (
    FIXED,
    HOUR,
    LINES,
    MOVE,
    REACHED,
    SOLD,
    STAGED,
    accepted,
    ago,
    draft,
    entry,
    hours,
    line,
    milestone,
    order,
)
from tests.tasks.conftest import MONDAY
from tests.tasks.financial.milestone_billing.looking import NOW, failed, look, odoo, on_day, row

DRAFTED: dict[str, Any] = {"qty_invoiced": 2.0, "untaxed_amount_invoiced": 0.0}
BILLS: dict[str, Any] = {"account_move": [draft()], "account_move_line": [entry()]}


def drafted(**more: Any) -> Any:
    """All that was delivered by then is on a draft."""
    untaxed = {"untaxed_amount_to_invoice": more.get("qty_delivered", 2.0) * 1_000.0}
    return odoo(line(**{**DRAFTED, **untaxed, **more}), **BILLS)


def test_what_is_delivered_by_hand_is_proposed_at_once() -> None:
    report = look(odoo())
    (found,) = report.rows
    assert (found["status"], found["amount"]) == ("proposed", "2000.00")
    assert found["triggers"] == ["what is delivered has come to its threshold"]
    (finding,) = report.findings
    assert (finding.key, finding.severity) == (f"proposed-order-{SOLD}", Severity.INFO)
    assert "Advice: 2.0 x 1000.0 = 2000.00 EUR (no tax)" in finding.reason
    assert finding.remedy == "have the draft made, or make it in Odoo"
    assert (str(finding.amount), finding.currency) == ("2000.00", "EUR")
    assert finding.held_as == ("sale.order", SOLD)


def test_the_draft_is_shown_with_its_taxes_discount_and_seller() -> None:
    taxed = line(discount=10.0, tax_ids=[1], price_subtotal=4_500.0)
    taxed["untaxed_amount_to_invoice"] = 1_800.0
    report = look(odoo(taxed))
    (finding,) = report.findings
    assert "Advice: 2.0 x 1000.0 less 10.0 % = 1800.00 EUR (21%)" in finding.reason
    (asked,) = report.proposals
    assert asked.request is not None
    assert (str(asked.request.amount), asked.request.currency) == ("1800.00", "EUR")
    assert asked.request.requester == "bruno.claes@nordwind.example"
    assert asked.why == "S09100: what is delivered has come to its threshold"
    nobody = look(odoo(sale_order=[order(user_id=False)])).proposals[0].request
    assert nobody is not None
    assert (nobody.requester, nobody.held) == ("", {})


def test_a_reached_and_accepted_milestone_is_a_trigger() -> None:
    reached = {"project_milestone": [milestone()]}
    found = row(odoo(line(product_id=STAGED), **reached, ir_attachment=[accepted()]))
    assert found["status"] == "proposed"
    assert found["triggers"] == ["the milestone Design was reached on 2026-11-15"]
    undated = {"project_milestone": [milestone(reached_date=False)]}
    found = row(odoo(line(product_id=STAGED), **undated, ir_attachment=[accepted()]))
    assert found["triggers"] == ["the milestone Design is reached"]


def test_only_the_milestones_that_are_not_billed_yet_count() -> None:
    first = milestone(REACHED + 1, name="Analysis", reached_date=ago(40), quantity_percentage=0.2)
    sold = line(product_id=STAGED, qty_delivered=3.0, qty_invoiced=1.0)
    both = odoo(sold, project_milestone=[first, milestone()], ir_attachment=[accepted()])
    found = row(both)
    assert (found["status"], len(found["triggers"])) == ("proposed", 1)


def test_a_fixed_price_waits_for_the_kickoff() -> None:
    fixed = line(product_id=FIXED)
    begun = milestone(name="Kick-Off workshop", sale_line_id=False, quantity_percentage=0.0)
    alone = row(odoo(fixed))
    assert (alone["status"], failed(alone)) == ("waiting", ["kickoff"])
    assert alone["reason"] == "nothing that bills it was reached"
    approved = odoo(fixed, project_milestone=[begun], ir_attachment=[accepted()])
    assert row(approved)["status"] == "proposed"
    assert failed(row(odoo(fixed, project_milestone=[begun]))) == ["accepted_milestones"]
    to_come = odoo(fixed, project_milestone=[{**begun, "is_reached": False}])
    assert row(to_come)["status"] == "waiting"
    other = odoo(fixed, project_milestone=[{**begun, "name": "Handover"}])
    assert row(other)["status"] == "waiting"
    confirmed = row(odoo(fixed), fixed_from="confirmation")
    assert (confirmed["status"], confirmed["triggers"]) == (
        "proposed",
        ["a fixed price is billed from the confirmation on"],
    )


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ({"time_from_hours": 2.5}, "2 h wait, and are billed from 2.5 h on"),
        (
            {"minimum_amounts": {"EUR": 2_000.01}},
            "2000.00 EUR wait, and are billed from 2000.01 EUR on",
        ),
        ({"from_day_of_month": 25}, "billed from day 25 of the month on"),
    ],
)
def test_hours_wait_for_their_threshold(policy: dict[str, Any], why: str) -> None:
    logged = odoo(line(product_id=HOUR), account_analytic_line=[hours()])
    found = row(logged, **policy)
    assert (found["status"], found["reason"]) == ("waiting", why)
    assert look(logged, **policy).findings == ()


def test_from_its_threshold_on_time_is_billed() -> None:
    logged = odoo(line(product_id=HOUR), account_analytic_line=[hours()])
    exact: dict[str, Any] = {
        "time_from_hours": 2.0,
        "minimum_amounts": {"EUR": 2_000},
        "from_day_of_month": 23,
    }
    assert row(logged, **exact)["status"] == "proposed"


def test_the_31st_is_the_last_day_of_a_shorter_month() -> None:
    assert row(odoo(), on_day(29), from_day_of_month=31)["status"] == "waiting"
    assert row(odoo(), on_day(30), from_day_of_month=31)["status"] == "proposed"


def test_a_milestone_is_billed_with_the_hours_that_are_due_whatever_they_come_to() -> None:
    lines = (line(product_id=STAGED), line(LINES + 1, product_id=HOUR))
    found = row(
        odoo(
            *lines,
            project_milestone=[milestone()],
            ir_attachment=[accepted()],
            account_analytic_line=[hours(so_line=LINES + 1)],
        ),
        time_from_hours=100,
        minimum_amounts={"EUR": 1_000_000},
    )
    assert (found["status"], found["amount"], len(found["lines"])) == ("proposed", "4000.00", 2)


def test_a_draft_is_told_to_finance_with_its_link_and_no_second_is_proposed() -> None:
    report = look(drafted())
    (finding,) = report.findings
    assert (finding.key, finding.model, finding.record_id) == (
        f"drafted-move-{MOVE}",
        "account.move",
        MOVE,
    )
    assert finding.url.endswith(f"/account.move/{MOVE}")
    assert finding.held_as == ("sale.order", SOLD)
    assert (str(finding.amount), report.proposals) == ("2000.00", ())
    assert report.rows[0]["draft_ids"] == [MOVE]


def test_what_is_delivered_after_the_draft_makes_no_second_one() -> None:
    report = look(drafted(qty_delivered=3.0))
    (finding,) = report.findings
    assert (finding.kind, finding.severity) == ("draft_differs", Severity.WARNING)
    assert finding.reason.endswith("since then more is to be billed")
    assert finding.url.endswith(f"/account.move/{MOVE}")
    assert report.proposals == ()


def test_what_is_taken_back_after_the_draft_is_told() -> None:
    report = look(drafted(qty_delivered=1.0))
    (finding,) = report.findings
    assert finding.kind == "draft_differs"
    assert finding.reason == "more is on the draft, or invoiced, than is delivered by now"
    assert report.proposals == ()


def test_what_is_taken_back_after_it_was_invoiced_makes_no_credit_note() -> None:
    report = look(odoo(line(qty_delivered=1.0, qty_invoiced=2.0)))
    (finding,) = report.findings
    assert (finding.kind, str(finding.amount)) == ("taken_back", "-1000.00")
    assert finding.reason == "more is invoiced than delivered: Advice"
    assert report.proposals == ()


def test_a_draft_that_bills_no_work_is_waited_for() -> None:
    paid = line(LINES + 1, is_downpayment=True, qty_delivered=0.0, product_uom_qty=0.0)
    of_it = {"account_move": [draft()], "account_move_line": [entry(sale_line_ids=[LINES + 1])]}
    found = row(odoo(line(), paid, **of_it))
    why = "a draft of a down payment waits, which bills none of this"
    assert (found["status"], found["reason"]) == ("waiting", why)
    given_back = line(qty_delivered=-2.0, qty_invoiced=-2.0, untaxed_amount_invoiced=0.0)
    credit: dict[str, Any] = {"move_type": "out_refund"}
    moves = {"account_move": [draft(**credit)], "account_move_line": [entry(**credit)]}
    found = row(odoo({**given_back, "untaxed_amount_to_invoice": -2_000.0}, **moves))
    why = "a draft credit note waits, which bills none of this"
    assert (found["status"], found["reason"]) == ("waiting", why)


def test_a_held_order_and_an_excluded_customer_are_set_aside() -> None:
    act = Act(
        kind=ActKind.HELD,
        person="ann@example.com",
        job=JOB.name,
        tenant="default",
        company_id=1,
        key="",
        at=MONDAY,
        reason="dispute",
        model="sale.order",
        record_id=SOLD,
    )
    held = look(odoo(), replace(NOW, acts=(act,)))
    assert [(a.group, a.reason) for a in held.set_aside] == [
        ("held", "held without an end: dispute")
    ]
    excluded = look(odoo(), excluded_customers=[order()["partner_id"]])
    assert [a.group for a in excluded.set_aside] == ["excluded"]
    for report in (held, excluded):
        assert (report.findings, report.proposals) == ((), ())


def test_what_cannot_be_verified_is_not_proposed() -> None:
    logged = odoo(line(product_id=HOUR), account_analytic_line=[hours()])
    report = look(logged, time_approval_required=True)
    assert report.rows[0]["status"] == "unverified"
    assert report.rows[0]["reason"] == "not verified: approved time"
    assert [a.group for a in report.set_aside] == ["not all checks could be made"]
    assert [gap.check for gap in report.not_verifiable] == ["approved_time"]
    assert (report.findings, report.proposals) == ((), ())


def remembered(report: Any, state: State, ago: timedelta = timedelta(days=3), **other: Any) -> AsOf:
    """The moment, at which what was proposed then is remembered in that state."""
    (asked,) = report.proposals
    at = MONDAY - ago
    before = Proposed(
        kind=asked.kind,
        model=asked.model,
        record_id=asked.record_id,
        identity=other.get("identity", asked.identity),
        asked_at=at,
        state=state,
        decided_at=None if state in (State.WAITING, State.STUCK) else at,
    )
    return replace(NOW, proposed=(before,))


def test_what_waits_for_people_is_asked_for_again_and_nothing_withdrawn() -> None:
    first = look(odoo())
    again = look(odoo(), remembered(first, State.WAITING))
    assert [p.identity for p in again.proposals] == [p.identity for p in first.proposals]
    assert again.withdrawn == ()


def test_once_other_things_are_due_the_question_is_withdrawn() -> None:
    now = remembered(look(odoo()), State.WAITING)
    later = look(odoo(line(qty_delivered=3.0)), now)
    assert len(later.withdrawn) == len(later.proposals) == 1
    assert later.proposals[0].identity != later.withdrawn[0].identity
    assert len(look(drafted(), now).withdrawn) == 1
    assert look(drafted(), remembered(look(odoo()), State.APPROVED)).withdrawn == ()


def test_what_was_refused_is_not_asked_for_again() -> None:
    report = look(odoo(), remembered(look(odoo()), State.REFUSED))
    assert report.proposals == ()
    assert [a.reason for a in report.set_aside] == [
        "somebody refused this very draft on 2026-11-20"
    ]


def test_a_draft_that_was_made_and_is_gone_is_not_made_again() -> None:
    first = look(odoo())
    report = look(odoo(), remembered(first, State.APPROVED))
    assert report.proposals == ()
    (finding,) = report.findings
    assert finding.kind == "gone"
    why = "this very draft was agreed to on 2026-11-20, and is not there; a draft invoice of"
    assert finding.reason.startswith(why)
    made_now = look(odoo(), remembered(first, State.APPROVED, timedelta(minutes=5)))
    assert (made_now.rows[0]["status"], made_now.findings) == ("waiting", ())
    other = look(odoo(), remembered(first, State.APPROVED, identity="draft of before"))
    assert len(other.proposals) == 1


def test_the_same_hours_after_an_invoice_are_another_draft() -> None:
    (first,) = look(odoo()).proposals
    (second,) = look(odoo(line(qty_delivered=4.0, qty_invoiced=2.0))).proposals
    assert first.values["expected"]["lines"] == second.values["expected"]["lines"]
    assert first.identity != second.identity


def test_an_order_of_which_a_record_could_not_be_read_is_not_judged() -> None:
    corrupt = {("sale.order.line", LINES + 1): {"discount": "much"}}
    report = look(odoo(line(), line(LINES + 1), corrupt=corrupt), drifts=True)
    (found,) = report.rows
    assert (found["status"], found["amount"], found["lines"]) == ("not_verifiable", None, None)
    assert (report.findings, report.proposals) == ((), ())


def test_totals_and_measures_tell_what_is_in_which_state() -> None:
    report = look(odoo())
    (total,) = report.totals
    assert (total["currency"], total["proposed"], total["drafted"]) == ("EUR", "2000.00", "0.00")
    measured = {(m.name, *m.labels.values()): m.value for m in report.measures if m.value}
    assert measured == {
        ("drafting_amount", "proposed", "EUR"): 2_000.0,
        ("drafting_orders", "proposed"): 1,
    }


def test_where_hidden_lines_may_be_due_nothing_is_proposed() -> None:
    rule = {"sale.order.line": [("id", "!=", LINES + 7)]}
    report = look(odoo(rules=rule))
    assert (report.rows, report.findings, report.proposals) == ((), (), ())
    assert report.not_verifiable


def test_a_day_that_is_over_is_not_looked_at() -> None:
    over = replace(NOW, instant=MONDAY - timedelta(days=3))
    assert look(odoo(), over).rows == ()


@pytest.mark.parametrize("version", [16, 17, 18])
def test_older_odoos_are_told_the_same(version: int) -> None:
    assert row(odoo(version=version))["lines"] == row(odoo())["lines"]
