"""Which orders finance can invoice, which are blocked, and that totals tie out."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo_gateway.sandbox import Sandbox
from tasks.domain.acts import Act, ActKind
from tasks.domain.billing import NO_GAP, Billing, Gap, Sold
from tasks.domain.cases import ChangeKind, ClosedCase, OpenCase, reconcile
from tasks.domain.checklists import Owner
from tasks.domain.findings import Finding, NotVerifiable, Report, Severity
from tasks.domain.money import Currency
from tasks.domain.periods import AsOf
from tasks.domain.texts import named
from tasks.financial.invoice_readiness.gaps import GAP
from tasks.financial.invoice_readiness.job import judge
from tasks.financial.invoice_readiness.policy import ReadinessPolicy
from tasks.financial.invoice_readiness.snapshot import Snapshot
from tasks.financial.invoice_readiness.waiting import waiting_since
from tasks.reads.drafts import PRICE
from tasks.reads.invoicing.drafts import Drafted
from tasks.reads.invoicing.evidence import Evidence
from tasks.reads.invoicing.facts import Facts
from tasks.reads.invoicing.owned import Held
from tasks.reads.invoicing.sending import Sending
from tasks.reads.orders import SoldLine, SoldOrder
from tasks.records.sales import Order, OrderLine
from tests.fakes.handoffs import people
from tests.tasks.conftest import MONDAY, reading

MOMENT = datetime(2026, 11, 23, 5, tzinfo=UTC)
NOW = AsOf(MOMENT, ZoneInfo("Europe/Brussels"), MOMENT)
EUR, USD = Currency("EUR"), Currency("USD")
ANN, BOB, EVA = Owner("Ann", 2), Owner("Bob", 3), Owner("Eva", 4)


def order(
    number: int = 1,
    amount: str = "1200",
    currency: Currency = EUR,
    odoo: str | None = None,
    gap: Gap = NO_GAP,
    **sold: Any,
) -> SoldOrder:
    """odoo: what Odoo says is to be invoiced, where that is not the amount."""
    line = Sold(
        currency=currency,
        billing=Billing.TIME_AND_MATERIALS,
        on_delivery=True,
        ordered=Decimal(1),
        delivered=Decimal(1),
        invoiced=Decimal(0),
        price_unit=Decimal(amount),
        discount_percent=Decimal(0),
        invoiced_amount=Decimal(0),
    )
    return SoldOrder(
        Order(
            id=number,
            name=f"S{number:05}",
            partner_id=5,
            partner_invoice_id=5,
            user_id=2,
            currency_id=1,
            company_id=1,
            date_order=MOMENT,
            amount_untaxed=Decimal(amount),
            client_order_ref=None,
            signed_on=None,
        ),
        currency,
        [
            SoldLine(
                _line(number, Decimal(amount), Decimal(odoo or amount)), replace(line, **sold), gap
            )
        ],
        (9,),
    )


def _line(number: int, amount: Decimal, odoo: Decimal) -> OrderLine:
    return OrderLine(
        id=number * 10,
        order_id=number,
        name="work",
        product_id=1,
        currency_id=1,
        price_unit=amount,
        discount=Decimal(0),
        price_subtotal=amount,
        product_uom_qty=Decimal(1),
        qty_delivered=Decimal(1),
        qty_invoiced=Decimal(0),
        qty_to_invoice=Decimal(1),
        qty_delivered_method="timesheet",
        untaxed_amount_invoiced=Decimal(0),
        untaxed_amount_to_invoice=odoo,
        is_downpayment=False,
        is_expense=False,
        tax_ids=(),
        project_id=9,
    )


def facts(found: SoldOrder, **values: Any) -> Facts:
    sound: dict[str, Any] = {
        "order": found.order.name,
        "lines": [sold.sold for sold in found.lines],
        "url": f"http://odoo.example/{found.order.id}",
        "customer": "Nordwind",
        "salesperson": ANN,
        "sending": Sending("ap@nordwind.example"),
        "purchase_order": None,
        "milestones": [],
        "evidence": Evidence(),
        "customers": frozenset({5}),
        "open_expenses": [],
        "unapproved_hours": [],
    }
    return Facts(**{**sound, **values})


def snapshot(*orders: SoldOrder, **values: Any) -> Snapshot:
    found: dict[str, Any] = {
        "orders": orders,
        "facts": {found.order.id: facts(found) for found in orders},
        "waiting_since": {1: date(2026, 11, 13)},
        "customers": {5: "Nordwind"},
        "others": [],
        "links": {found.order.id: f"http://odoo.example/{found.order.id}" for found in orders},
        "unreadable": frozenset(),
        "people": people(),
    }
    return Snapshot(**{**found, **values})


def judged(found: Snapshot, **policy: Any) -> Report:
    return judge(found, NOW, ReadinessPolicy.model_validate(policy))


def of_finance(report: Report) -> list[Finding]:
    """What finance is told of, not the owners of failed checks."""
    return [finding for finding in report.findings if finding.kind != GAP]


def test_a_sound_order_is_ready() -> None:
    report = judged(snapshot(order()))
    (row,) = report.rows
    assert {key: row[key] for key in row if key not in ("checks", "lines")} == {
        "sale_order_id": 1,
        "sale_order": "S00001",
        "partner_id": 5,
        "partner": "Nordwind",
        "project_ids": [9],
        "currency": "EUR",
        "amount": "1200.00",
        "status": "ready",
        "verdict": "ready",
        "not_verified": [],
        "waiting_days": 10,
        "waiting_to_be_ready_days": None,
        "waiting_for_finance_days": None,
        "cost_of_delay_per_day": "0.26",
        "becomes_ready_when": "",
        "partial_bill": None,
        "policy": ReadinessPolicy().version,
    }
    assert row["lines"] == [
        {
            "sale_order_line_id": 10,
            "billing": "time_and_materials",
            "due": 1.0,
            "invoiced": 0.0,
            "price_unit": "1200",
            "discount_percent": 0.0,
            "invoiced_amount": "0.00",
            "amount": "1200.00",
        }
    ]
    (finding,) = report.findings
    assert (finding.severity, finding.key) == (Severity.INFO, "ready-order-1")
    assert (finding.kind, finding.reason) == ("ready", "every check passed")


def test_what_no_check_could_look_at_is_ready_only_as_far_as_verifiable() -> None:
    found = order()
    unknown = facts(found, unapproved_hours=None, open_expenses=None)
    report = judged(snapshot(found, order(2), facts={1: unknown, 2: facts(order(2))}))
    assert [(row["status"], row["verdict"], row["not_verified"]) for row in report.rows] == [
        ("ready", "ready_as_far_as_verifiable", ["approved_time", "expenses"]),
        ("ready", "ready", []),
    ]
    finding = report.findings[0]
    assert finding.title == "S00001 Nordwind: ready as far as verifiable"
    assert finding.reason == (
        "no check failed, but not all could be made; not verified: approved time, expenses"
    )
    assert (finding.key, finding.kind) == ("ready-order-1", "ready_as_far_as_verifiable")
    (total,) = report.totals
    assert (total["ready"], total["ready_not_verified"]) == ("2400.00", "1200.00")
    values = {measure.name: measure.value for measure in report.measures}
    assert values["readiness_not_verified_amount"] == 1200.0
    assert [gap.check for gap in report.not_verifiable] == ["approved_time", "expenses"]


def test_a_blocked_order_is_blocked_whatever_could_not_be_verified() -> None:
    found = order()
    report = judged(
        snapshot(found, facts={1: facts(found, unapproved_hours=None, sending=Sending())})
    )
    (row,) = report.rows
    assert (row["status"], row["verdict"]) == ("blocked", "blocked")
    assert row["not_verified"] == ["approved_time"]
    assert report.totals[0]["ready_not_verified"] == "0.00"


def test_a_firm_that_approves_no_hours_says_so_and_is_ready() -> None:
    found = snapshot(order(), facts={1: facts(order(), unapproved_hours=None)})
    (row,) = judged(found, time_approval_required=False).rows
    assert (row["verdict"], row["not_verified"]) == ("ready", [])


@pytest.mark.parametrize(
    ("turned_ready", "to_be_ready", "for_finance"),
    [
        (None, None, None),
        (date(2026, 11, 20), 7, 3),
        (date(2026, 11, 23), 10, 0),
        (date(2026, 11, 1), 0, 10),
    ],
)
def test_waiting_is_split_at_the_day_on_which_the_order_turned_ready(
    turned_ready: date | None, to_be_ready: int | None, for_finance: int | None
) -> None:
    standing = {"ready-order-1": turned_ready} if turned_ready else {}
    (row,) = judge(snapshot(order()), replace(NOW, standing=standing), ReadinessPolicy()).rows
    assert row["waiting_days"] == 10
    assert row["waiting_to_be_ready_days"] == to_be_ready
    assert row["waiting_for_finance_days"] == for_finance


def closed(report: Report, *days: int) -> tuple[ClosedCase, ...]:
    """Cases of the report's findings that closed so many days after they had opened."""
    return tuple(
        ClosedCase(finding, NOW.day - timedelta(days=count), NOW.day)
        for finding, count in zip(of_finance(report), days, strict=True)
    )


def test_release_is_the_median_of_days_from_ready_to_nothing_left_to_invoice() -> None:
    released = judged(snapshot(order(1), order(2), order(3)))
    moment = replace(NOW, closed=closed(released, 1, 4, 9))
    (release,) = judge(snapshot(order(7)), moment, ReadinessPolicy()).measures[-1:]
    assert (release.name, release.value, release.excluded) == ("invoice_release_days", 4, {})


def test_what_was_ready_as_far_as_verifiable_was_released_too() -> None:
    unknown = snapshot(order(), facts={1: facts(order(), unapproved_hours=None)})
    moment = replace(NOW, closed=closed(judged(unknown), 3))
    (release,) = judge(snapshot(), moment, ReadinessPolicy()).measures[-1:]
    assert (release.name, release.value) == ("invoice_release_days", 3)


def test_an_order_that_is_blocked_again_was_not_released() -> None:
    first, second = order(1), order(2)
    ready = judged(snapshot(first, second))
    moment = replace(NOW, closed=closed(ready, 1, 5))
    again = snapshot(first, facts={1: facts(first, sending=Sending())})
    (release,) = judge(again, moment, ReadinessPolicy()).measures[-1:]
    assert (release.value, release.excluded) == (5, {"blocked": 1})


def test_without_a_release_there_is_no_speed_of_it() -> None:
    blocked = snapshot(order(), facts={1: facts(order(), sending=Sending())})
    moment = replace(NOW, closed=closed(judged(blocked), 3))
    names = {m.name for m in judge(snapshot(), moment, ReadinessPolicy()).measures}
    assert "invoice_release_days" not in names


def test_a_blocked_order_waits_to_be_ready_only() -> None:
    found = order()
    (row,) = judged(snapshot(found, facts={1: facts(found, sending=Sending())})).rows
    assert (row["waiting_to_be_ready_days"], row["waiting_for_finance_days"]) == (10, 0)
    assert row["becomes_ready_when"] == "Ann: enter an e-mail on the invoice address"


def test_a_blocked_order_proposes_what_could_be_billed_now() -> None:
    mixed = order(amount="1000")
    stage = replace(mixed.lines[0], line=replace(mixed.lines[0].line, id=11))
    stage = replace(stage, sold=replace(stage.sold, billing=Billing.MILESTONE))
    found = replace(mixed, lines=[*mixed.lines, stage])
    report = judged(snapshot(found, facts={1: facts(found, evidence=Evidence())}))
    assert report.rows[0]["status"] == "blocked"
    assert report.rows[0]["partial_bill"] == {
        "amount_now": "1000.00",
        "amount_later": "1000.00",
        "sale_order_line_ids": [10],
    }


def test_the_bottleneck_is_the_owner_whose_steps_alone_free_most() -> None:
    orders = [order(1, "100"), order(2, "300"), order(3, "250"), order(4, "9000"), order(5, "9000")]
    owners = {1: ANN, 2: BOB, 3: ANN}
    known = {
        number: facts(orders[number - 1], sending=Sending(), salesperson=owner)
        for number, owner in owners.items()
    }
    hold = {"order": "S00005", "reason": "dispute"}
    shared = facts(orders[3], sending=Sending(), salesperson=BOB, milestones=[])
    free = facts(orders[4])
    found = snapshot(*orders, facts={**known, 4: shared, 5: free})
    (total,) = judged(found, holds=[hold]).totals
    assert total["bottleneck"] == {"owner": "Bob", "amount": "9300.00", "orders": 2}


def test_nobody_is_a_bottleneck_where_nothing_is_blocked() -> None:
    assert judged(snapshot(order())).totals[0]["bottleneck"] is None


def test_an_order_is_judged_by_the_policy_of_its_sales_team() -> None:
    strict = ReadinessPolicy(purchase_order_required=True)
    policy = ReadinessPolicy().with_units({}, {7: strict})
    theirs = order(2)
    theirs = replace(theirs, order=replace(theirs.order, team_id=7))
    rows = judge(snapshot(order(), theirs), NOW, policy).rows
    assert [row["status"] for row in rows] == ["ready", "blocked"]
    assert [row["policy"] for row in rows] == [policy.version, strict.version]


def test_a_failed_check_blocks_and_names_who_must_act() -> None:
    found = order()
    report = judged(
        snapshot(found, facts={1: facts(found, sending=Sending(), open_expenses=[Held(EVA, 2)])})
    )
    (finding,) = of_finance(report)
    assert finding.key == "blocked-order-1"
    assert finding.owner == "Ann"
    assert finding.reason == (
        "the invoice address of Nordwind has no e-mail; not posted yet: 2 expenses of the order"
    )


def test_an_order_that_becomes_ready_is_a_new_finding() -> None:
    found = order()
    blocked = judged(snapshot(found, facts={1: facts(found, sending=Sending())}))
    ready = judged(snapshot(found))
    assert blocked.findings[0].key != ready.findings[0].key


@pytest.mark.parametrize(
    ("until", "status"), [(None, "held"), ("2026-11-23", "held"), ("2026-11-22", "ready")]
)
def test_a_hold_counts_until_its_last_day(until: str | None, status: str) -> None:
    hold = {"order": "S00001", "reason": "dispute", "until": until}
    report = judged(snapshot(order()), holds=[hold])
    assert report.rows[0]["status"] == status


def test_a_hold_concerns_only_its_own_order() -> None:
    report = judged(snapshot(order()), holds=[{"order": "S00002", "reason": "dispute"}])
    assert report.rows[0]["status"] == "ready"


def test_excluded_customers_stay_out_but_in_the_total() -> None:
    report = judged(snapshot(order()), excluded_customers=[5])
    assert report.rows[0]["status"] == "excluded"
    assert report.findings == ()
    assert report.totals[0]["excluded"] == "1200.00"


def test_a_customer_is_excluded_with_all_its_contacts() -> None:
    contact = facts(order(), customers=frozenset({5, 8}))
    found = snapshot(order(), order(2), facts={1: contact, 2: facts(order(2))})
    report = judged(found, excluded_customers=[8])
    assert [row["status"] for row in report.rows] == ["excluded", "ready"]
    assert report.set_aside[0].reason == "the customer is excluded by policy"


def blocked_since(days: int, amount: str = "1200", **policy: Any) -> Any:
    found = order(amount=amount)
    since = {1: NOW.day - timedelta(days=days)}
    report = judged(
        snapshot(found, facts={1: facts(found, sending=Sending())}, waiting_since=since), **policy
    )
    return report.findings[0]


@pytest.mark.parametrize(
    ("days", "severity", "bands"),
    [
        (0, Severity.WARNING, (0, 0, 1)),
        (29, Severity.WARNING, (0, 0, 1)),
        (30, Severity.WARNING, (1, 0, 1)),
        (89, Severity.WARNING, (2, 0, 1)),
        (90, Severity.CRITICAL, (3, 0, 1)),
    ],
)
def test_a_blocked_order_grows_graver_with_its_age(
    days: int, severity: Severity, bands: tuple[int, ...]
) -> None:
    finding = blocked_since(days)
    assert (finding.severity, finding.bands) == (severity, bands)


def test_a_blocked_order_grows_graver_with_its_amount_and_its_checks() -> None:
    bands = {"worse_from": {"EUR": [1000, 5000], "USD": [1]}}
    assert blocked_since(0, "999", **bands).bands == (0, 0, 1)
    assert blocked_since(0, "1000", **bands).bands == (0, 1, 1)
    large = blocked_since(0, "5000", **bands)
    assert (large.severity, large.bands) == (Severity.CRITICAL, (0, 2, 1))
    never = blocked_since(900, worse_after_days=[])
    assert (never.severity, never.bands) == (Severity.WARNING, (0, 0, 1))
    found = order()
    two = facts(found, sending=Sending(), open_expenses=[Held(EVA, 1)])
    (finding,) = of_finance(judged(snapshot(found, facts={1: two}, waiting_since={})))
    assert finding.bands == (0, 0, 2)


def test_what_is_ready_is_never_grave() -> None:
    (finding,) = judged(snapshot(order(), waiting_since={1: date(2020, 1, 1)})).findings
    assert (finding.severity, finding.bands) == (Severity.INFO, ())


def test_a_blocked_order_speaks_again_when_a_band_is_crossed_and_only_then() -> None:
    case = OpenCase(blocked_since(29), NOW.day, NOW.day)
    same = reconcile([blocked_since(29)], [case], NOW.day)
    assert same.changes == ()
    (change,) = reconcile([blocked_since(30)], [case], NOW.day).changes
    assert (change.kind, change.step) == (ChangeKind.WORSENED, "worsened-warning-1-0-1")


def test_what_is_left_out_is_told_with_its_reason() -> None:
    def left_out(found: Snapshot, **policy: Any) -> tuple[str, str]:
        (aside,) = judged(found, **policy).set_aside
        assert (aside.title, aside.record_id, aside.currency) == ("S00001 Nordwind", 1, "EUR")
        return aside.group, aside.reason

    hold = {"order": "S00001", "reason": "dispute", "until": "2026-12-01"}
    assert left_out(snapshot(order()), holds=[hold]) == ("held", "held until 2026-12-01: dispute")
    excluded = left_out(snapshot(order()), excluded_customers=[5])
    assert excluded == ("excluded", "the customer is excluded by policy")
    over = order(invoiced=Decimal("1.25"))
    assert left_out(snapshot(over)) == ("excluded", "billed in advance, or nothing to bill")
    unread = left_out(snapshot(order(), unreadable=frozenset({1})))
    assert unread == ("not verifiable", "a record of this order could not be read; see drift")


def test_a_large_order_that_is_ready_waits_for_no_digest_if_the_policy_says_so() -> None:
    def urgent(found: Snapshot, **limits: int) -> bool:
        return judged(found, tell_at_once_from=limits).findings[0].urgent

    assert urgent(snapshot(order()), EUR=1200)
    assert not urgent(snapshot(order()), EUR=1201)
    assert not urgent(snapshot(order()), USD=1)
    blocked = snapshot(order(), facts={1: facts(order(), sending=Sending())})
    assert not urgent(blocked, EUR=1)


def test_a_finding_says_what_a_day_of_waiting_costs() -> None:
    report = judged(snapshot(order()))
    assert report.findings[0].cost_per_day == Decimal("0.26")
    assert report.rows[0]["cost_of_delay_per_day"] == "0.26"


def test_an_overbilled_order_is_excluded_and_not_netted_away() -> None:
    over = order(2, odoo="-300", invoiced=Decimal("1.25"))
    (total,) = judged(snapshot(order(), over)).totals
    assert (total["ready"], total["excluded"], total["residual"]) == ("1200.00", "-300.00", "0.00")


def test_work_without_a_price_is_blocked() -> None:
    found = order(amount="0")
    assert judged(snapshot(found)).rows[0]["status"] == "blocked"


def test_an_order_with_an_unreadable_row_is_not_verifiable() -> None:
    """Nobody excluded it, and what can be read of it is not its amount."""
    report = judged(snapshot(order(), unreadable=frozenset({1})))
    assert (report.rows[0]["status"], report.rows[0]["amount"]) == ("not_verifiable", None)


def test_currencies_have_totals_of_their_own() -> None:
    totals = judged(snapshot(order(), order(2, currency=USD))).totals
    assert [(total["currency"], total["ready"]) for total in totals] == [
        ("EUR", "1200.00"),
        ("USD", "1200.00"),
    ]


def test_a_difference_to_odoo_is_printed_and_not_hidden() -> None:
    (total,) = judged(snapshot(order(odoo="1300"))).totals
    assert (total["residual"], total["excluded_lines"]) == ("100.00", [])


def test_a_difference_that_is_explained_is_excluded_line_by_line_so_that_totals_tie_out() -> None:
    lowered = Gap(Decimal(100), PRICE)
    billed = order(2, odoo="100", gap=lowered, invoiced=Decimal(1), delivered=Decimal(1))
    links = {1: "http://odoo.example/1", 2: "http://odoo.example/2"}
    report = judged(snapshot(order(odoo="1300", gap=lowered), others=[billed], links=links))
    assert [row["sale_order_id"] for row in report.rows] == [1]
    (total,) = report.totals
    assert {key: total[key] for key in ("ready", "excluded", "odoo_to_invoice", "residual")} == {
        "ready": "1200.00",
        "excluded": "200.00",
        "odoo_to_invoice": "1400.00",
        "residual": "0.00",
    }
    assert total["excluded_lines"] == [
        {
            "sale_order_line_id": number * 10,
            "sale_order": f"S{number:05}",
            "billing": "time_and_materials",
            "amount": "100.00",
            "reason": lowered.reason,
        }
        for number in (1, 2)
    ]
    asides = [(a.group, a.title, a.reason, a.model, a.record_id, a.url) for a in report.set_aside]
    assert asides == [
        ("excluded", f"S{number:05} Nordwind", lowered.reason, "sale.order.line", number * 10, url)
        for number, url in links.items()
    ]


@pytest.mark.parametrize(("zone", "day"), [("UTC", 28), ("Australia/Sydney", 29)])
def test_a_fixed_price_waits_since_the_day_of_its_confirmation_where_the_company_is(
    sandbox: Sandbox, zone: str, day: int
) -> None:
    found = order(billing=Billing.FIXED)
    # Nine o'clock in the morning of the 29th in Sydney.
    confirmed = replace(found.order, date_order=datetime(2026, 11, 28, 22, tzinfo=UTC))
    orders = [replace(found, order=confirmed)]
    now = AsOf(MONDAY, ZoneInfo(zone), MONDAY)
    since = waiting_since(reading(sandbox), orders, {}, now)
    assert since == {1: date(2026, 11, day)}


def test_an_order_of_unknown_age_says_so() -> None:
    assert judged(snapshot(order(), waiting_since={})).rows[0]["waiting_days"] is None


def test_what_cannot_be_verified_is_reported_once() -> None:
    both = {number: facts(order(number), unapproved_hours=None) for number in (1, 2)}
    report = judged(snapshot(order(), order(2), facts=both))
    assert [gap.check for gap in report.not_verifiable] == ["approved_time"]


def test_a_prepared_draft_is_to_be_posted_and_not_made_again() -> None:
    found = order()
    report = judged(
        snapshot(found, facts={1: facts(found, draft=Drafted(bills=True, bills_all=True))})
    )
    assert report.findings[0].remedy == "post the prepared draft"


def test_hours_dated_ahead_do_not_wait_yet() -> None:
    report = judged(snapshot(order(), waiting_since={1: date(2026, 11, 30)}))
    assert report.rows[0]["waiting_days"] == 0


def test_what_the_database_cannot_know_is_passed_on() -> None:
    gap = NotVerifiable("hours on orders", named("no module"), named("install it"))
    report = judged(snapshot(order(), not_verifiable=(gap,)))
    assert report.not_verifiable[0] == gap


amounts = st.lists(
    st.tuples(st.integers(-5000, 5000), st.sampled_from([EUR, USD])), min_size=1, max_size=12
)


@given(amounts)
def test_totals_equal_the_rows_whatever_their_order(found: list[tuple[int, Currency]]) -> None:
    orders = [
        order(number, str(amount), currency)
        for number, (amount, currency) in enumerate(found, start=1)
    ]
    report = judged(snapshot(*orders))
    assert report.totals == judged(snapshot(*reversed(orders))).totals
    for total in report.totals:
        rows = [row for row in report.rows if row["currency"] == total["currency"]]
        in_rows = sum(Decimal(row["amount"]) for row in rows)
        in_total = sum(Decimal(total[s]) for s in ("ready", "blocked", "held", "excluded"))
        assert in_rows == in_total == Decimal(total["odoo_to_invoice"])


@pytest.mark.parametrize(
    ("until", "status"), [("2026-11-23", "held"), (None, "held"), ("2026-11-22", "ready")]
)
def test_what_somebody_held_on_their_page_is_held_beside_the_policys_holds(
    until: str | None, status: str
) -> None:
    last = date.fromisoformat(until) if until else None
    act = Act(
        ActKind.HELD,
        "ann@example.com",
        "invoice_readiness",
        "acme",
        1,
        "ready-order-1",
        MOMENT,
        "dispute",
        last,
        model="sale.order",
        record_id=1,
    )
    configured = ReadinessPolicy.model_validate({"holds": [{"order": "S00002", "reason": "x"}]})
    report = judge(snapshot(order(), order(2)), replace(NOW, acts=(act,)), configured)
    assert [row["status"] for row in report.rows] == [status, "held"]
    (hold,) = [check for check in report.rows[0]["checks"] if check["check"] == "hold"]
    assert "dispute" in hold["reason"]
    assert hold["owner"] == ("ann@example.com" if status == "held" else "")
