"""Projects, order lines and their costs, each made by a test."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from tasks.domain.billing import Billing, Sold
from tasks.domain.money import Currency
from tasks.financial.margin_watch.facts import Books, Logged, Planned, Sale, Watched
from tasks.financial.margin_watch.margins import Margin, judged
from tasks.financial.margin_watch.policy import MarginPolicy
from tasks.financial.margin_watch.records import MarginProject
from tasks.reads.exchange import Exchange
from tasks.reads.orders import SoldLine, SoldOrder
from tasks.records.sales import Order, OrderLine

EUR, USD = Currency("EUR"), Currency("USD")
EXCHANGE: Final = Exchange(EUR, {"USD": Decimal("0.8")})
METHODS: Final = {
    Billing.TIME_AND_MATERIALS: "timesheet",
    Billing.MILESTONE: "milestones",
    Billing.EXPENSE: "analytic",
}


def sale(
    billing: str,
    ordered: object,
    delivered: object,
    price: object,
    *,
    number: int = 1,
    billed: object = 0,
    unit_cost: object = None,
    hours_per_unit: object = None,
    by_hours: bool = False,
    currency: Currency = EUR,
    category: tuple[int, ...] = (1, 2),
    category_name: str = "Services",
    team_id: int | None = None,
    service: bool = True,
) -> Sale:
    """A line of an order of its own; by_hours: its delivered quantity is that of its hours."""
    how = Billing(billing)
    ordered, delivered, price = (Decimal(str(each)) for each in (ordered, delivered, price))
    order = Order(
        id=number,
        name=f"S{number:05}",
        partner_id=1,
        partner_invoice_id=1,
        user_id=None,
        currency_id=1,
        company_id=1,
        date_order=datetime(2026, 1, 1, tzinfo=UTC),
        amount_untaxed=ordered * price,
        client_order_ref=None,
        signed_on=None,
        team_id=team_id,
    )
    line = OrderLine(
        id=number * 10,
        order_id=number,
        name=f"Line {number}",
        product_id=None,
        currency_id=1,
        price_unit=price,
        discount=Decimal(0),
        price_subtotal=ordered * price,
        product_uom_qty=ordered,
        qty_delivered=delivered,
        qty_invoiced=Decimal(0),
        qty_to_invoice=Decimal(0),
        qty_delivered_method="timesheet" if by_hours else METHODS.get(how, "manual"),  # type: ignore[arg-type]
        untaxed_amount_invoiced=Decimal(0),
        untaxed_amount_to_invoice=Decimal(0),
        is_downpayment=how is Billing.DOWN_PAYMENT,
        is_expense=how is Billing.EXPENSE,
        tax_ids=(),
        is_service=service,
    )
    sold = Sold(
        currency=currency,
        billing=how,
        on_delivery=how is not Billing.FIXED,
        ordered=ordered,
        delivered=delivered,
        invoiced=Decimal(0),
        price_unit=price,
        discount_percent=Decimal(0),
        invoiced_amount=Decimal(str(billed)),
    )
    return Sale(
        SoldOrder(order, currency, ()),
        SoldLine(line, sold),
        category=category,
        category_name=category_name,
        hours_per_unit=None if hours_per_unit is None else Decimal(str(hours_per_unit)),
        unit_cost=None if unit_cost is None else Decimal(str(unit_cost)),
    )


def logged(hours: object, cost: object, uncosted: object = 0) -> Logged:
    return Logged(*(Decimal(str(each)) for each in (hours, cost, uncosted)))


def planned(hours: object, done: object = 0, left: object = 0) -> Planned:
    return Planned(*(Decimal(str(each)) for each in (hours, done, left)))


def books(revenue: object = 0, expenses: object = 0, purchases: object = 0) -> Books:
    return Books(*(Decimal(str(each)) for each in (revenue, expenses, purchases)))


def project(number: int = 7, **values: Any) -> MarginProject:
    known = {"name": f"Project {number}", "user_id": None, "active": True, "company_id": 1}
    return MarginProject(**{"id": number, "allow_billable": True, **known, **values})


def watched(*sales: Sale, number: int = 7, **values: Any) -> Watched:
    """A project with an account on which nothing is booked, if not said otherwise."""
    known: dict[str, Any] = {"project": project(number), "url": f"https://odoo.example/{number}"}
    return Watched(**{**known, "sales": sales, "books": books(), **values})


def margin(found: Watched, *, knows_ordered: bool = True, **policy: Any) -> Margin:
    own = MarginPolicy.model_validate(policy)
    return judged(found, EXCHANGE, own, knows_ordered=knows_ordered)


def figures(found: Margin) -> Mapping[str, Decimal | None]:
    """What the vectors name, to the cent."""
    known = {
        "sold": found.sold,
        "earned": found.earned,
        "billed": found.billed,
        "cost": found.cost,
        "margin": found.amount,
        "percent": found.percent,
        "planned": found.planned_cost,
        "eac": found.cost_at_completion,
        "forecast": found.at_completion,
        "erosion": found.erosion,
    }
    return {name: amount if amount is None else round(amount, 2) for name, amount in known.items()}
