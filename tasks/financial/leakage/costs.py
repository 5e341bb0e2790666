"""Reads what the firm spends for customers: expenses, vendors' bills, and orders to vendors."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.domain import money
from tasks.domain.billing import Billing
from tasks.domain.news import Subject
from tasks.domain.periods import AsOf
from tasks.financial.leakage.kinds import Kind
from tasks.financial.leakage.policy import LeakagePolicy
from tasks.financial.leakage.records import (
    Bill,
    BillLine,
    CostEntry,
    CostProduct,
    CostProject,
    PurchaseLine,
    SpentForCustomer,
    SpentReportState,
)
from tasks.reads.orders import SoldOrder, read_orders
from tasks.records.people import Employee
from tasks.records.sales import Currency

REINVOICED: Final = frozenset({"cost", "sales_price"})
DRAFTS: Final = frozenset({"draft", "reported"})
# Of an expense from Odoo 19 on, of its report before; `done` is a report that is paid.
BOOKED: Final = frozenset({"posted", "in_payment", "paid", "post", "done"})
REFUND: Final = "in_refund"


@dataclass(frozen=True)
class Claim:
    """An expense that a customer is to pay, and that is on no line of an order."""

    id: int
    name: str
    url: str
    employee: str
    #: Untaxed, in its own currency; None where Odoo does not tell.
    amount: Decimal | None
    currency: money.Currency
    day: date
    is_draft: bool
    is_booked: bool
    order_id: int | None
    #: Who spent it, and who approves it.
    spender_id: int | None
    approver_id: int | None


@dataclass(frozen=True)
class BillCost:
    """What of one vendor's bill is for one billable project, and on no order."""

    bill_id: int
    bill: str
    url: str
    project_id: int
    project: str
    manager_id: int | None
    amount: Decimal
    day: date
    products: tuple[str, ...]


@dataclass(frozen=True)
class Costs:
    """All that the firm spends for customers and may not get back."""

    claims: Sequence[Claim] = ()
    #: What is re-invoiced by lines of orders, by line.
    on_lines: Mapping[int, Sequence[CostEntry]] = field(default_factory=dict)
    #: Those of them that are of expenses.
    of_expenses: frozenset[int] = frozenset()
    bills: Sequence[BillCost] = ()
    #: What vendors billed, by the line of an order that it was bought for.
    bought: Mapping[int, Sequence[BillLine]] = field(default_factory=dict)
    #: The orders of these lines that are not confirmed.
    unconfirmed: Sequence[SoldOrder] = ()


def read_costs(
    odoo: Reader,
    orders: Sequence[SoldOrder],
    currencies: Mapping[int, money.Currency],
    as_of: AsOf,
    policy: LeakagePolicy,
    unknown: Collection[Kind],
) -> Costs:
    """What is spent for customers of the company; unknown: what this Odoo does not tell."""
    first = as_of.day - timedelta(days=policy.look_back_days)
    claims = () if Kind.EXPENSE in unknown else tuple(_claims(odoo, first, currencies, as_of))
    on_lines = _on_lines(odoo, orders)
    entries = [entry for of_line in on_lines.values() for entry in of_line]
    of_expenses = {n for n, line in _bill_lines(odoo, entries).items() if line.expense_id}
    bought = {} if Kind.BOUGHT in unknown else _bought(odoo, currencies)
    confirmed = {sold.line.id for order in orders for sold in order.lines}
    others: Domain = [("id", "in", sorted(bought.keys() - confirmed))]
    return Costs(
        claims=claims,
        on_lines=on_lines,
        of_expenses=frozenset(e.id for e in entries if e.move_line_id in of_expenses),
        bills=() if Kind.PURCHASE in unknown else tuple(_bills(odoo, first, bought)),
        bought=bought,
        unconfirmed=read_orders(odoo, currencies, others) if bought.keys() - confirmed else (),
    )


def _claims(
    odoo: Reader, first: date, currencies: Mapping[int, money.Currency], as_of: AsOf
) -> Iterator[Claim]:
    on_none: Domain = ["&", ("sale_order_id", "=", False), *_for_customers()]
    waits: Domain = ["&", ("state", "in", ["draft", "reported", "submitted", "approved"])]
    for_one: Domain = ["|", ("sale_order_id", "!=", False), *_for_customers()]
    dated: Domain = ["|", ("date", "=", False), ("date", ">=", str(first))]
    asked: Domain = [("state", "!=", "refused"), *dated, "|", *on_none, *waits, *for_one]
    rows = odoo.search(SpentForCustomer, asked)
    reports = _reports(odoo, rows)
    people = odoo.referred(Employee, _by(rows, "employee_id"))
    companys = odoo.company.currency_id
    in_currency: dict[int, set[Subject]] = defaultdict(set)
    for row in rows:
        in_currency[row.currency_id or companys].add((row.MODEL, row.id))
    odoo.miss(Currency.MODEL, in_currency, currencies)
    for row in rows:
        report = reports.get(row.sheet_id or 0)
        state = report.state if report else row.state
        person, currency = people.get(row.employee_id), currencies.get(row.currency_id or companys)
        on_a_line = state in BOOKED and row.sale_order_id
        if person and currency and state != "cancel" and not on_a_line:
            yield Claim(
                id=row.id,
                name=row.name,
                url=odoo.session.link(row.MODEL, row.id),
                employee=person.name,
                amount=None if row.own_amount is None else currency.round(row.own_amount),
                currency=currency,
                day=row.date or row.create_date.astimezone(as_of.zone).date(),
                is_draft=state in DRAFTS,
                is_booked=state in BOOKED,
                order_id=row.sale_order_id,
                spender_id=person.user_id,
                approver_id=row.manager_id or (report.user_id if report else None),
            )


def _for_customers() -> Domain:
    return [("product_id.expense_policy", "in", sorted(REINVOICED))]


def _reports(odoo: Reader, rows: Iterable[SpentForCustomer]) -> Mapping[int, SpentReportState]:
    sheets = {row.sheet_id for row in rows if row.sheet_id}
    return {each.id: each for each in odoo.read(SpentReportState, sheets)} if sheets else {}


def _on_lines(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, Sequence[CostEntry]]:
    """Of lines that re-invoice costs and have some on no invoice."""
    lines = [
        sold.line.id
        for order in orders
        for sold in order.lines
        if sold.sold.billing is Billing.EXPENSE and sold.sold.delivered > sold.sold.invoiced
    ]
    found: dict[int, list[CostEntry]] = defaultdict(list)
    asked: Domain = [("so_line", "in", sorted(lines)), ("project_id", "=", False)]
    for entry in odoo.search(CostEntry, asked, all_companies=True) if lines else ():
        found[entry.so_line or 0].append(entry)
    return found


def _bills(
    odoo: Reader, first: date, bought: Mapping[int, Sequence[BillLine]]
) -> Iterator[BillCost]:
    """What vendors billed for billable projects, of products that are re-invoiced.

    Less refunds of these very bills. What was bought for a line of an order stands there.
    """
    projects = {
        project.account_id: project
        for project in odoo.search(CostProject, [("allow_billable", "=", True)], archived=True)
        if project.account_id and not project.is_template
    }
    asked: Domain = [
        ("account_id", "in", sorted(projects)),
        ("category", "=", "vendor_bill"),
        ("so_line", "=", False),
        ("project_id", "=", False),
        ("move_line_id", "!=", False),
        ("date", ">=", str(first)),
    ]
    entries = odoo.search(CostEntry, asked) if projects else ()
    elsewhere = {line.id for of_line in bought.values() for line in of_line}
    lines = {
        number: line
        for number, line in _bill_lines(odoo, entries).items()
        if not line.expense_id and number not in elsewhere
    }
    products = odoo.referred(CostProduct, _by(lines.values(), "product_id"))
    bills = odoo.referred(Bill, _by(lines.values(), "move_id"))
    parts: dict[tuple[int, int], list[tuple[CostEntry, BillLine]]] = defaultdict(list)
    for entry in entries:
        line = lines.get(entry.move_line_id or 0)
        product = products.get(line.product_id or 0) if line else None
        bill = bills.get(line.move_id) if line else None
        if line and bill and product and product.expense_policy in REINVOICED:
            of = bill.reversed_entry_id if line.move_type == REFUND else bill.id
            parts[of or bill.id, entry.account_id or 0].append((entry, line))
    for (number, account), of_one in sorted(parts.items()):
        amount = -sum((entry.amount for entry, _ in of_one), Decimal(0))
        known, project = bills.get(number), projects[account]
        if known and amount > 0:
            names = {products[line.product_id or 0].display_name for _, line in of_one}
            yield BillCost(
                bill_id=number,
                bill=known.name or f"{number}",
                url=odoo.session.link(Bill.MODEL, number),
                project_id=project.id,
                project=project.name,
                manager_id=project.user_id,
                amount=amount,
                day=min(entry.date for entry, _ in of_one if entry.amount < 0),
                products=tuple(sorted(names)),
            )


def _bought(
    odoo: Reader, currencies: Mapping[int, money.Currency]
) -> Mapping[int, Sequence[BillLine]]:
    """What vendors billed of what was ordered for lines of the company's orders, refunds too."""
    for_orders: Domain = [("sale_line_id.company_id", "=", odoo.company_id)]
    ordered = {line.id: line for line in odoo.search(PurchaseLine, for_orders, all_companies=True)}
    billed: Domain = [("purchase_line_id", "in", sorted(ordered)), ("parent_state", "=", "posted")]
    found: dict[int, list[BillLine]] = defaultdict(list)
    in_currency: dict[int, set[Subject]] = defaultdict(set)
    for line in odoo.search(BillLine, billed, all_companies=True) if ordered else ():
        in_currency[line.currency_id].add((line.MODEL, line.id))
        found[ordered[line.purchase_line_id or 0].sale_line_id or 0].append(line)
    odoo.miss(Currency.MODEL, in_currency, currencies)
    return found


def _bill_lines(odoo: Reader, entries: Iterable[CostEntry]) -> Mapping[int, BillLine]:
    return odoo.referred(BillLine, _by(entries, "move_line_id"))


def _by(
    rows: Iterable[CostEntry | BillLine | SpentForCustomer], name: str
) -> Mapping[int, Collection[Subject]]:
    """Which of the rows refer to each record by that field."""
    found: dict[int, set[Subject]] = defaultdict(set)
    for row in rows:
        if number := getattr(row, name):
            found[number].add((row.MODEL, row.id))
    return found
