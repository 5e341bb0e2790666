"""What Odoo itself computes: working hours, the value of quantities, and projects of orders."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Spans = dict[str, float]


def working_hours(env: Any, periods: list[list[str]]) -> list[dict[int, dict[str, Spans] | None]]:
    """Hours by day of every active employee: `net` and, without leave and holidays, `gross`.

    None for people whose hours no calendar tells.
    """
    people = env["hr.employee"].search([("company_id", "!=", False)])
    return [
        {
            person.id: _hours(person, date.fromisoformat(first), date.fromisoformat(last))
            for person in people
        }
        for first, last in periods
    ]


def _hours(person: Any, first: date, last: date) -> dict[str, Spans] | None:
    if not person.version_ids.resource_calendar_id:
        return None
    zone = ZoneInfo(person.tz)
    start, end = _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
    found = {}
    for kind, leaves in (("net", True), ("gross", False)):
        by_day: Spans = defaultdict(float)
        for begin, stop in _worked(person, start, end, leaves):
            by_day[str(begin.astimezone(zone).date())] += (stop - begin) / timedelta(hours=1)
        found[kind] = {day: hours for day, hours in by_day.items() if hours}
    return found


def _worked(person: Any, start: datetime, end: datetime, leaves: bool) -> Iterator[Any]:
    """Intervals; Odoo asks each version only where contracts are dated, so we ask here."""
    versions = person.version_ids.sorted("date_version")
    if len(versions) == 1 or any(versions.mapped("contract_date_start")):
        found, _ = person.resource_id._get_valid_work_intervals(start, end, compute_leaves=leaves)
        yield from ((begin, stop) for begin, stop, _ in found[person.resource_id.id])
        return
    for version, after in zip(versions, [*versions[1:], None], strict=True):
        zone = ZoneInfo(person.tz)
        begin = start if version == versions[0] else max(start, _midnight(version.date_version, zone))
        stop = min(end, _midnight(after.date_version, zone)) if after else end
        if begin < stop:
            found = version.resource_calendar_id._work_intervals_batch(
                begin, stop, resources=person.resource_id, compute_leaves=leaves
            )
            yield from ((one, two) for one, two, _ in found[person.resource_id.id])


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def earned_at_fixed_price(env: Any) -> dict[int, float]:
    """By line that is invoiced on order: what was delivered, up to what was ordered, untaxed."""
    lines = env["sale.order.line"].search(
        [("state", "=", "sale"), ("display_type", "=", False), ("is_downpayment", "=", False)]
    )
    return {
        line.id: _untaxed(line, min(line.qty_delivered, line.product_uom_qty))
        for line in lines
        if line.product_id.invoice_policy == "order" and not line.is_expense
    }


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
    return {order.id: sorted(order.project_ids.ids) for order in orders}


def everything(env: Any, periods: list[list[str]]) -> dict[str, Any]:
    """All of it in one go, with every company in sight."""
    companies = env["res.company"].search([])
    env = env(context={**env.context, "allowed_company_ids": companies.ids, "tz": "UTC"})
    return {
        "hours": working_hours(env, periods),
        "earned": earned_at_fixed_price(env),
        "projects": projects_of_orders(env),
    }
