"""WIP by billing kind: earned less posted, aged by entry, advance billing apart."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox, firm
from tasks.domain.acts import Act, ActKind
from tasks.domain.ageing import BUCKETS
from tasks.domain.findings import Report
from tasks.domain.holds import Hold
from tasks.domain.periods import AsOf
from tasks.financial.wip_aging.job import JOB
from tasks.financial.wip_aging.policy import WipPolicy
from tests.fakes.overlay import Overlay
from tests.tasks.conftest import changed, reading


def wip(transport: Any, now: AsOf, company_id: int = 1, **policy: Any) -> Report:
    return JOB.run(reading(transport, company_id), now, WipPolicy(**policy))


def rows(report: Report, billing: str) -> list[Mapping[str, Any]]:
    return [row for row in report.rows if row["billing"] == billing]


@pytest.fixture
def both(sandbox: Sandbox, now: AsOf) -> list[Report]:
    return [wip(sandbox, now, company_id) for company_id in (1, 2)]


def test_a_row_follows_the_contract(both: list[Report]) -> None:
    assert list(both[0].rows[0]) == [
        "sale_order_line_id",
        "sale_order_id",
        "sale_order",
        "project_id",
        "partner_id",
        "partner",
        "currency",
        "billing",
        "delivered",
        "invoiced",
        "in_draft",
        "wip",
        "advance_billing",
        "oldest_date",
        "age_days",
        "bucket",
        "difference",
        "difference_reason",
        "aged",
        "cost",
        "cost_currency",
        "provision",
        "policy",
    ]


def test_every_kind_of_billing_has_a_row(both: list[Report]) -> None:
    found = {row["billing"] for report in both for row in report.rows}
    assert found == {"time_and_materials", "milestone", "manual", "fixed", "expense"}


@pytest.mark.parametrize("part", [1, 0.5])
def test_a_discount_of_a_fixed_amount_is_earned_and_as_old_as_what_it_is_taken_off(
    part: float, sandbox: Sandbox, now: AsOf
) -> None:
    """Nobody delivers it: Alpen Reisen's licence of 4800, made a discount of 480."""
    (licence,) = sandbox.call(
        "sale.order.line", "search_read", [[["price_unit", "=", 4800.0]], ["order_id"]], {}
    )
    domain = [["order_id", "=", licence["order_id"][0]], ["price_unit", "=", 112.5]]
    (worked,) = sandbox.call("sale.order.line", "search_read", [domain, ["qty_delivered"]], {})
    ordered = {"product_uom_qty": worked["qty_delivered"] / part}
    for invoiced in (0.0, 1.0):
        values = {
            "price_unit": -480.0,
            "price_subtotal": -480.0,
            "qty_invoiced": invoiced,
            "qty_to_invoice": 1.0 - invoiced,
            "untaxed_amount_invoiced": -480.0 * invoiced,
            "untaxed_amount_to_invoice": -480.0 * (1 - invoiced),
        }
        odoo = changed(
            corrupt={
                ("sale.order.line", licence["id"]): values,
                ("sale.order.line", worked["id"]): ordered,
            }
        )
        report = wip(odoo, now, provision_percent={"91+": 50, "31-60": 20, "61-90": 20})
        mine = {
            row["billing"]: row
            for row in report.rows
            if row["sale_order_id"] == licence["order_id"][0]
        }
        if invoiced and part == 1:
            assert "fixed" not in mine
            continue
        discount, hours = mine["fixed"], mine["time_and_materials"]
        earned = -480 * Decimal(str(part))
        if invoiced:
            assert (discount["wip"], Decimal(discount["advance_billing"])) == ("0.00", 480 + earned)
            continue
        assert (Decimal(discount["wip"]), discount["advance_billing"]) == (earned, "0.00")
        assert discount["difference_reason"] == (None if part == 1 else DISCOUNT)
        assert {part["bucket"] for part in discount["aged"]} == {
            part["bucket"] for part in hours["aged"]
        }
        assert sum(Decimal(part["value"]) for part in discount["aged"]) == earned
        assert Decimal(discount["provision"]) <= 0
        assert not [f for f in report.findings if f.record_id == licence["id"]]
        for total in report.totals:
            assert sum(map(Decimal, total["buckets"].values())) == Decimal(total["wip"])


def test_an_invoice_at_another_price_is_no_wip_and_the_difference_to_odoo_is_told(
    sandbox: Sandbox, now: AsOf
) -> None:
    """Old Mill Press: four days at 700, all invoiced, at 600 rather."""
    domain = [["price_unit", "=", 700.0]]
    (days,) = sandbox.call("sale.order.line", "search_read", [domain, ["name"]], {})
    domain = [["sale_line_ids", "in", [days["id"]]]]
    (entry,) = sandbox.call("account.move.line", "search_read", [domain, ["quantity"]], {})
    lowered = changed(
        corrupt={
            ("sale.order.line", days["id"]): {
                "untaxed_amount_invoiced": 2400.0,
                "untaxed_amount_to_invoice": 400.0,
            },
            ("account.move.line", entry["id"]): {"price_unit": 600.0, "price_subtotal": 2400.0},
        }
    )
    usual, report = wip(sandbox, now, 2), wip(lowered, now, 2)
    assert report.rows == usual.rows
    (total,) = (total for total in report.totals if total["currency"] == "USD")
    (before,) = (total for total in usual.totals if total["currency"] == "USD")
    assert Decimal(total["odoo_to_invoice"]) == Decimal(before["odoo_to_invoice"]) + 400
    assert (total["excluded"], total["residual"]) == ("400.00", before["residual"])
    (line,) = total["excluded_lines"]
    assert (line["sale_order_line_id"], line["amount"]) == (days["id"], "400.00")
    (aside,) = report.set_aside
    assert aside.reason == line["reason"] == "an invoice bills another price than the order"


def test_wip_is_never_below_zero_and_advance_billing_never_above(both: list[Report]) -> None:
    for report in both:
        for row in report.rows:
            assert Decimal(row["wip"]) >= 0 >= Decimal(row["advance_billing"])
            assert not (Decimal(row["wip"]) and Decimal(row["advance_billing"]))


def test_the_parts_of_a_row_add_up_to_its_wip(both: list[Report]) -> None:
    for report in both:
        for row in report.rows:
            assert sum(Decimal(part["value"]) for part in row["aged"]) == Decimal(row["wip"])


def test_totals_are_the_sums_of_the_rows_per_currency(both: list[Report]) -> None:
    for report in both:
        for total in report.totals:
            found = [row for row in report.rows if row["currency"] == total["currency"]]
            for key in ("wip", "advance_billing", "in_draft"):
                assert Decimal(total[key]) == sum(Decimal(row[key]) for row in found)
            assert list(total["buckets"]) == list(BUCKETS)
            assert sum(map(Decimal, total["buckets"].values())) == Decimal(total["wip"])


def test_the_residual_to_odoo_is_explained_by_fixed_prices_alone(both: list[Report]) -> None:
    for report in both:
        for total in report.totals:
            explained = sum(map(Decimal, total["residual_by_billing"].values()))
            assert explained == Decimal(total["residual"])
            assert set(total["residual_by_billing"]) <= {"fixed"}
            assert (total["excluded"], total["excluded_lines"]) == ("0.00", [])
            by_line = [Decimal(line["difference"]) for line in total["residual_lines"]]
            assert sum(by_line) == Decimal(total["residual"])
            assert 0 not in by_line


FIXED_PRICE = "a fixed price: Odoo counts all that is ordered, also what is not delivered yet"
PREPAID = "prepaid: all of it is billed, and some of it is not delivered yet"
DISCOUNT = "a discount: Odoo deducts all of it, also of what is ordered and not delivered yet"
UNEXPLAINED = "not explained: compare the line with its invoices in Odoo"


def test_every_difference_to_odoo_says_why_and_so_do_their_totals(both: list[Report]) -> None:
    assert {row["difference_reason"] for report in both for row in report.rows} >= {None, PREPAID}
    for report in both:
        differing = {r["sale_order_line_id"]: r for r in report.rows if Decimal(r["difference"])}
        assert all(
            (r["difference_reason"] is None) != bool(Decimal(r["difference"])) for r in report.rows
        )
        for total in report.totals:
            by_reason = sum(map(Decimal, total["residual_by_reason"].values()))
            assert by_reason == Decimal(total["residual"])
            for line in total["residual_lines"]:
                row = differing.get(line["sale_order_line_id"])
                assert row is None or row["difference_reason"] == line["reason"]
                assert line["reason"] in {PREPAID, FIXED_PRICE}


def differing(odoo: Any, now: AsOf, line_id: int) -> tuple[str, Mapping[str, str]]:
    """Why a line differs, and the reasons of its currency's totals."""
    (total,) = (t for t in wip(odoo, now).totals if t["currency"] == "EUR")
    (line,) = (x for x in total["residual_lines"] if x["sale_order_line_id"] == line_id)
    return line["reason"], total["residual_by_reason"]


def test_a_figure_of_odoos_that_nothing_explains_says_so(sandbox: Sandbox, now: AsOf) -> None:
    def with_figure(line: Mapping[str, Any]) -> Sandbox:
        wrong = {"untaxed_amount_to_invoice": line["untaxed_amount_to_invoice"] + 500.0}
        return changed(corrupt={("sale.order.line", line["id"]): wrong})

    fields = ["untaxed_amount_to_invoice", "order_id"]
    licence, worked = (
        sandbox.call("sale.order.line", "search_read", [domain, fields], {})[0]
        for domain in (
            [["price_unit", "=", 4800.0]],
            [["qty_delivered_method", "=", "timesheet"], ["price_unit", "=", 112.5]],
        )
    )
    reason, by_reason = differing(with_figure(worked), now, worked["id"])
    assert (reason, by_reason["unexplained"]) == (UNEXPLAINED, "500.00")
    reason, by_reason = differing(with_figure(licence), now, licence["id"])
    assert (reason, by_reason["unexplained"]) == (f"{PREPAID}; {UNEXPLAINED}", "500.00")


def test_time_is_aged_by_hour_and_future_hours_stand_apart(both: list[Report]) -> None:
    buckets = {
        part["bucket"] for row in rows(both[0], "time_and_materials") for part in row["aged"]
    }
    assert {"0-30", "31-60", "61-90", "future"} <= buckets


def test_a_draft_is_shown_and_still_work_in_progress(both: list[Report]) -> None:
    drafted = [row for row in both[0].rows if Decimal(row["in_draft"])]
    assert drafted
    assert all(Decimal(row["wip"]) >= Decimal(row["in_draft"]) for row in drafted)


def test_fixed_and_manual_lines_are_undated(both: list[Report]) -> None:
    for report in both:
        for row in (*rows(report, "fixed"), *rows(report, "manual")):
            assert (row["oldest_date"], row["age_days"], row["bucket"]) == (None, None, "undated")


def test_an_expense_has_the_day_of_its_entry(both: list[Report], now: AsOf) -> None:
    for row in rows(both[0], "expense"):
        assert row["age_days"] == (now.day - date.fromisoformat(row["oldest_date"])).days == 18


def test_a_week_later_every_age_is_seven_days_more(sandbox: Sandbox, now: AsOf) -> None:
    week = timedelta(days=7)
    later = AsOf(now.instant + week, now.zone, now.now + week)
    ages = [
        [row["age_days"] for row in wip(sandbox, moment).rows if row["age_days"] is not None]
        for moment in (now, later)
    ]
    assert ages[1] == [age + 7 for age in ages[0]]


def unlinked(sandbox: Sandbox) -> Sandbox:
    """A sandbox as Odoo leaves it when a line of every invoice is credited: no hour is linked."""
    domain = [["timesheet_invoice_id.state", "=", "posted"]]
    linked = sandbox.call("account.analytic.line", "search_read", [domain, ["id"]], {})
    assert linked
    gone: dict[Any, Any] = {
        ("account.analytic.line", line["id"]): {"timesheet_invoice_id": False} for line in linked
    }
    return changed(corrupt=gone)


def test_hours_that_lost_their_invoice_are_as_billed_as_its_quantity(
    sandbox: Sandbox, now: AsOf
) -> None:
    kept, lost = (
        [
            (row["sale_order_line_id"], row["oldest_date"], row["age_days"], row["aged"])
            for row in rows(wip(transport, now), "time_and_materials")
        ]
        for transport in (sandbox, unlinked(sandbox))
    )
    assert lost == kept


def test_hours_that_lost_their_invoice_cost_nothing_more(sandbox: Sandbox, now: AsOf) -> None:
    kept, lost = (
        {row["sale_order_line_id"]: row["cost"] for row in wip(transport, now).rows}
        for transport in (sandbox, unlinked(sandbox))
    )
    assert lost == kept


def test_old_work_asks_for_a_decision(sandbox: Sandbox, now: AsOf) -> None:
    titles = [finding.title for finding in wip(sandbox, now, decide_after_days=60).findings]
    assert any("unbilled for 70 days" in title for title in titles)


def test_old_work_grows_graver_with_its_age_and_amount(sandbox: Sandbox, now: AsOf) -> None:
    def old(**policy: Any) -> list[tuple[str, tuple[int, ...]]]:
        found = wip(sandbox, now, decide_after_days=60, **policy).findings
        seventy = [f for f in found if "unbilled for 70 days" in f.title]
        return sorted({(f.severity.value, f.bands) for f in seventy})

    assert old() == [("warning", (0, 0))]
    assert old(worse_after_days=(65, 80)) == [("warning", (1, 0))]
    assert old(worse_after_days=(65, 70)) == [("critical", (2, 0))]
    assert old(worse_from={"EUR": (1,)}) == [("critical", (0, 1))]


def test_an_overrun_is_the_project_managers_to_mend(sandbox: Sandbox, now: AsOf) -> None:
    found = [
        finding
        for company_id in (1, 2)
        for finding in wip(sandbox, now, company_id, overrun_percent=1).findings
        if finding.kind == "overrun"
    ]
    rows = firm.build(now.day)
    names = {row["id"]: row["name"] for row in rows["res.users"]}
    managers = {names[row["user_id"]] for row in rows["project.project"] if row["user_id"]}
    assert found
    assert {finding.owner for finding in found} <= managers


def test_work_without_a_price_is_found(sandbox: Sandbox, now: AsOf) -> None:
    assert "delivered without a price" in " ".join(f.title for f in wip(sandbox, now).findings)


def test_a_hold_with_a_review_date_is_a_decision_until_that_day(
    sandbox: Sandbox, now: AsOf
) -> None:
    def undecided(**policy: Any) -> set[str]:
        found = wip(sandbox, now, decide_after_days=60, **policy).findings
        return {f.title.split()[0] for f in found if "unbilled for" in f.title}

    order = min(undecided())
    hold = {"order": order, "reason": "customer merges", "until": now.day}
    assert undecided(holds=[hold]) == undecided() - {order}
    expired = {**hold, "until": now.day - timedelta(days=1)}
    assert undecided(holds=[expired]) == undecided()


def test_what_is_held_in_another_job_is_held_here_and_told_as_that(
    sandbox: Sandbox, now: AsOf
) -> None:
    free = wip(sandbox, now, decide_after_days=60)
    line = next(f for f in free.findings if "unbilled for" in f.title)
    assert line.part_of is not None
    model, order_id = line.part_of
    act = Act(
        *(ActKind.HELD, "ann@nordwind.example", "invoice_readiness", "firm", 1),
        *(f"ready-order-{order_id}", now.instant, "dispute", now.day),
        model=model,
        record_id=order_id,
    )
    by_policy = Hold(order=line.title.split()[0], reason="dispute", until=now.day)
    for moment in (replace(now, acts=(act,)), replace(now, holds=(by_policy,))):
        held = wip(sandbox, moment, decide_after_days=60)
        mine = {f.key for f in free.findings if f.part_of == line.part_of}
        assert {f.key for f in free.findings} - {f.key for f in held.findings} == mine
        asides = [aside for aside in held.set_aside if aside.group == "held"]
        assert line.title in {aside.title for aside in asides}
        assert {aside.reason for aside in asides} == {f"held until {now.day}: dispute"}
        assert held.totals == free.totals


def test_there_is_no_provision_unless_the_policy_names_percentages(
    sandbox: Sandbox, now: AsOf
) -> None:
    report = wip(sandbox, now)
    assert {row["provision"] for row in report.rows} == {None}
    assert {Decimal(total["provision"]) for total in report.totals} == {Decimal(0)}


def test_a_provision_is_the_percentage_of_each_bucket(sandbox: Sandbox, now: AsOf) -> None:
    report = wip(sandbox, now, provision_percent={"31-60": 25, "61-90": 50})
    for total in report.totals:
        buckets = total["buckets"]
        expected = Decimal(buckets["31-60"]) / 4 + Decimal(buckets["61-90"]) / 2
        assert Decimal(total["provision"]) == pytest.approx(expected, abs=Decimal("0.01"))
    assert any(Decimal(total["provision"]) for total in report.totals)


def test_work_costs_what_its_unbilled_hours_cost(sandbox: Sandbox, now: AsOf) -> None:
    for row in wip(sandbox, now).rows:
        assert row["cost_currency"] == "EUR"
        by_time = row["billing"] == "time_and_materials" and row["aged"]
        assert (row["cost"] is not None and Decimal(row["cost"]) > 0) == bool(by_time), row


def test_lock_up_follows_from_invoices_of_a_year_and_what_is_owed(
    sandbox: Sandbox, now: AsOf
) -> None:
    posted = sandbox.call(
        "account.move", "search_read", [[["state", "=", "posted"], ["company_id", "=", 1]]], {}
    )
    for total in wip(sandbox, now).totals:
        mine = [move for move in posted if move["currency_id"][1] == total["currency"]]
        signs = {"out_invoice": 1, "out_refund": -1}
        revenue = sum(signs[move["move_type"]] * move["amount_untaxed"] for move in mine)
        owed = sum(move["amount_residual"] for move in mine)
        found = total["lock_up"]
        assert float(found["revenue_12_months"]) == pytest.approx(revenue, abs=0.01)
        assert float(found["receivables"]) == pytest.approx(owed, abs=0.01)
        if revenue:
            days = 365 * float(total["wip"]) / revenue
            assert found["wip_days"] == pytest.approx(days, abs=0.01)
            sum_of_both = found["wip_days"] + found["debtor_days"]
            assert found["lock_up_days"] == pytest.approx(sum_of_both, abs=0.011)
        else:
            assert found["wip_days"] is None


def test_lock_up_is_a_measure_per_currency(sandbox: Sandbox, now: AsOf) -> None:
    names = {(m.name, m.labels.get("currency")) for m in wip(sandbox, now).measures}
    assert {("wip_days", "EUR"), ("debtor_days", "EUR"), ("lock_up_days", "EUR")} <= names


def test_without_the_right_to_invoices_lock_up_is_not_verifiable(now: AsOf) -> None:
    report = wip(changed(denied_models=["account.move"]), now)
    assert "lock-up" in [gap.check for gap in report.not_verifiable]
    assert {total["lock_up"] for total in report.totals} == {None}


def test_a_fixed_price_with_more_work_than_was_sold_is_found(sandbox: Sandbox, now: AsOf) -> None:
    def overrun(**policy: Any) -> set[str]:
        found = wip(sandbox, now, **policy).findings
        return {f.key for f in found if f.key.startswith("overrun")}

    assert overrun(overrun_percent=None) == set()
    assert overrun() < overrun(overrun_percent=1)


def test_hours_on_a_billable_project_without_an_order_line_are_found(
    sandbox: Sandbox, now: AsOf
) -> None:
    domain = [["project_id", "!=", False], ["so_line", "!=", False], ["company_id", "=", 1]]
    line = sandbox.call("account.analytic.line", "search_read", [domain, ["unit_amount"]], {})[0]
    leaking = changed(corrupt={("account.analytic.line", line["id"]): {"so_line": False}})
    (finding,) = (f for f in wip(leaking, now).findings if f.key.startswith("no-order"))
    assert f"{line['unit_amount']:g} h on no order line" in finding.title


@pytest.mark.parametrize("archived", [False, True])
def test_hours_count_whether_their_billable_project_is_archived_or_not(
    archived: bool, sandbox: Sandbox, now: AsOf
) -> None:
    domain = [["project_id", "!=", False], ["so_line", "!=", False], ["company_id", "=", 1]]
    fields = ["unit_amount", "project_id"]
    line = sandbox.call("account.analytic.line", "search_read", [domain, fields], {"load": ""})[0]
    leaking = changed(
        corrupt={
            ("account.analytic.line", line["id"]): {"so_line": False},
            ("project.project", line["project_id"]): {"active": not archived},
        }
    )
    (finding,) = (f for f in wip(leaking, now).findings if f.key.startswith("no-order"))
    assert f"{line['unit_amount']:g} h on no order line" in finding.title
    assert finding.reason.endswith("; it is archived") is archived


def test_without_invoice_lines_only_lines_without_drafts_are_told(
    sandbox: Sandbox, now: AsOf
) -> None:
    whole = {row["sale_order_line_id"]: row for row in wip(sandbox, now).rows}
    reader = reading(changed(denied_models=["account.move.line", "account.move"]))
    report = JOB.run(reader, now, WipPolicy())
    rows = "rows that could not be read"
    gaps = [gap.check for gap in report.not_verifiable]
    assert gaps == ["lock-up", "invoices", "invoice lines", rows]
    seen = {row["sale_order_line_id"]: row for row in report.rows}
    drafted = {number for number, row in whole.items() if Decimal(row["in_draft"])}
    assert drafted
    assert drafted <= reader.unreadable("sale.order.line")
    assert drafted.isdisjoint(seen)
    assert {(n, row["wip"]) for n, row in seen.items()} <= {(n, r["wip"]) for n, r in whole.items()}
    assert {total["wip"] for total in report.totals} == {None}


def test_a_draft_credit_note_counts_against_the_draft(sandbox: Sandbox, now: AsOf) -> None:
    def with_refund(args: Any, kwargs: Any) -> Any:
        found = sandbox.call("account.move.line", "search_read", args, kwargs)
        return [*found, {**found[-1], "id": 10_000, "move_type": "out_refund"}]

    overlay = Overlay(sandbox, {("account.move.line", "search_read"): with_refund})
    drafts = [
        sum(Decimal(row["in_draft"]) for row in wip(transport, now).rows)
        for transport in (sandbox, overlay)
    ]
    assert drafts[1] < drafts[0]


def test_without_the_holidays_module_leaks_are_read_all_the_same(now: AsOf) -> None:
    bare = changed(lacks_modules=["project_timesheet_holidays"])
    assert wip(bare, now).rows


def unsold(transport: Any, now: AsOf) -> list[Any]:
    return [f for f in wip(transport, now).findings if f.kind == "unsold"]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("cancel", "work on a cancelled order"),
        ("draft", "work on a quotation"),
        ("sent", "work on a quotation"),
    ],
)
def test_work_on_an_order_that_is_not_confirmed_is_told(
    sandbox: Sandbox, now: AsOf, state: str, words: str
) -> None:
    assert unsold(sandbox, now) == []
    (line,) = sandbox.call("sale.order.line", "search_read", [[["id", "=", 20]]], {})
    changes: dict[Any, Any] = {
        ("sale.order.line", 20): {"state": state, "untaxed_amount_to_invoice": 0.0},
        ("sale.order", line["order_id"][0]): {"state": state},
    }
    report = wip(changed(corrupt=changes), now)
    assert 20 not in {row["sale_order_line_id"] for row in report.rows}
    (found,) = (f for f in report.findings if f.kind == "unsold")
    assert words in found.title
    assert found.hours == line["qty_delivered"]
    assert float(found.amount or 0) == line["qty_delivered"] * line["price_unit"]
    assert (found.model, found.record_id) == ("sale.order", line["order_id"][0])
    assert found.since is not None


def test_what_was_delivered_by_hand_on_a_cancelled_order_is_told_at_its_price(now: AsOf) -> None:
    (line,) = changed().call("sale.order.line", "search_read", [[["id", "=", 60]]], {})
    changes: dict[Any, Any] = {
        ("sale.order.line", 60): {"state": "cancel"},
        ("sale.order", line["order_id"][0]): {"state": "cancel"},
    }
    (found,) = unsold(changed(corrupt=changes), now)
    left = line["qty_delivered"] - line["qty_invoiced"]
    assert float(found.amount) == left * line["price_unit"]
    assert found.hours


def test_a_cancelled_order_whose_work_is_invoiced_is_nothing_to_tell(now: AsOf) -> None:
    (line,) = changed().call("sale.order.line", "search_read", [[["id", "=", 20]]], {})
    changes: dict[Any, Any] = {
        ("sale.order.line", 20): {"state": "cancel", "qty_invoiced": line["qty_delivered"]},
        ("sale.order", line["order_id"][0]): {"state": "cancel"},
    }
    assert unsold(changed(corrupt=changes), now) == []


def test_without_timesheets_on_sales_work_delivered_on_a_cancelled_order_is_told_still(
    now: AsOf,
) -> None:
    (line,) = changed().call("sale.order.line", "search_read", [[["id", "=", 60]]], {})
    changes: dict[Any, Any] = {
        ("sale.order.line", 60): {"state": "cancel"},
        ("sale.order", line["order_id"][0]): {"state": "cancel"},
    }
    bare = changed(corrupt=changes, lacks_modules=["sale_timesheet"])
    (found,) = unsold(bare, now)
    assert found.record_id == line["order_id"][0]
    assert (found.hours, found.since) == (None, None)
    assert "something was delivered" in found.reason
