"""What Odoo itself computes: working hours, the value of quantities, and projects of orders."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .invoice_wizard import billed_now

Spans = dict[str, float]


def working_hours(env: Any, periods: list[list[str]]) -> list[dict[int, dict[str, Spans] | None]]:
    """Hours by day of every employee: `net` and, without leave and holidays, `gross`.

    None for people whose hours no calendar tells; those of leavers end with the day of departure.
    """
    everybody = env["hr.employee"].with_context(active_test=False)
    people = everybody.search([("company_id", "!=", False)])
    return [
        {
            person.id: _hours(person, date.fromisoformat(first), date.fromisoformat(last))
            for person in people
        }
        for first, last in periods
    ]


def _hours(person: Any, first: date, last: date) -> dict[str, Spans] | None:
    """Odoo is asked week by week from Monday on, since flexible hours depend on the first day."""
    if not person.version_ids.resource_calendar_id:
        return None
    zone = ZoneInfo(person.tz)
    found: dict[str, Spans] = {"net": defaultdict(float), "gross": defaultdict(float)}
    first = max(first, hired(person))
    monday = first - timedelta(days=first.weekday())
    last = last if person.active else min(last, person.departure_date or last)
    while monday <= last:
        start, end = _midnight(monday, zone), _midnight(monday + timedelta(days=7), zone)
        for kind in found:
            for begin, stop in _worked(person, start, end, leaves=kind == "net"):
                day = begin.astimezone(zone).date()
                if first <= day <= last:
                    found[kind][str(day)] += (stop - begin) / timedelta(hours=1)
        monday += timedelta(days=7)
    return found


def hired(person: Any) -> date:
    """The first day of who has no contract: as Odoo knows it, or of hours where earlier."""
    if any(person.version_ids.mapped("contract_date_start")):
        return date.min
    worked = [("employee_id", "=", person.id), ("project_id", "!=", False)]
    no_leave = [("holiday_id", "=", False), ("global_leave_id", "=", False)]
    lines = person.env["account.analytic.line"].search(worked + no_leave, order="date", limit=1)
    days: list[date] = [*person.version_ids.mapped("date_version"), *lines.mapped("date")]
    return min(days)


def _worked(person: Any, start: datetime, end: datetime, leaves: bool) -> Iterator[Any]:
    """Intervals; Odoo asks each version only where contracts are dated, so else we do."""
    resource, versions = person.resource_id, person.version_ids.sorted("date_version")
    if len(versions) == 1 or any(versions.mapped("contract_date_start")):
        found, _ = resource._get_valid_work_intervals(start, end, compute_leaves=leaves)
        yield from ((begin, stop) for begin, stop, _ in found[resource.id])
        return
    zone = ZoneInfo(person.tz)
    changes = [_midnight(version.date_version, zone) for version in versions[1:]]
    for version, begin, stop in zip(versions, [start, *changes], [*changes, end], strict=True):
        begin, stop = max(start, begin), min(end, stop)
        if begin < stop:
            calendar = version.resource_calendar_id
            arguments = {"resources": resource, "compute_leaves": leaves}
            found = calendar._work_intervals_batch(begin, stop, **arguments)[resource.id]
            yield from ((one, two) for one, two, _ in found)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def worth_of_lines(env: Any) -> dict[int, list[float]]:
    """Of every confirmed line, untaxed: what the invoice wizard and drafts bill, and, of what was
    delivered up to what was ordered, that which is on no posted invoice.
    """
    billed = billed_now(env)
    lines = env["sale.order.line"].search([("state", "=", "sale"), ("display_type", "=", False)])
    found = {}
    for line in lines:
        earned = min(line.qty_delivered, line.product_uom_qty)
        all_billed = line.currency_id.round(sum(billed[line.id]))
        found[line.id] = [all_billed, _untaxed(line, earned - line.qty_invoiced_posted)]
    return found


def _untaxed(line: Any, quantity: float) -> float:
    """As in `_compute_untaxed_amount_to_invoice`, for another quantity."""
    price = line.price_unit * (1 - line.discount / 100)
    if line.tax_ids.filtered("price_include"):
        order = {"product": line.product_id, "partner": line.order_id.partner_shipping_id}
        found = line.tax_ids.compute_all(
            price, currency=line.currency_id, quantity=quantity, **order
        )
        return float(found["total_excluded"])
    return float(line.currency_id.round(price * quantity))


def projects_of_orders(env: Any) -> dict[int, list[int]]:
    """The projects that Odoo shows on each confirmed order."""
    orders = env["sale.order"].search([("state", "=", "sale")])
    # A product's own project is another one in each company.
    mine = (order.with_company(order.company_id) for order in orders)
    return {order.id: sorted(order.project_ids.ids) for order in mine}


def everything(env: Any, periods: list[list[str]]) -> dict[str, Any]:
    """All of it in one go, with every company in sight."""
    companies = env["res.company"].search([])
    env = env(context={**env.context, "allowed_company_ids": companies.ids, "tz": "UTC"})
    return {
        "hours": working_hours(env, periods),
        "worth": worth_of_lines(env),
        "projects": projects_of_orders(env),
    }
