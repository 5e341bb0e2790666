"""The groupings under contract, and the groups that the rows themselves make."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from tests.contracts.asking import ARCHIVED_TOO, Asker, Row, shapes

LINE, ORDER, SOLD = "account.analytic.line", "sale.order", "sale.order.line"
KEYS: list[tuple[str, tuple[str, ...]]] = [
    (LINE, ("employee_id",)),
    (LINE, ("project_id",)),
    (LINE, ("task_id",)),
    (LINE, ("so_line",)),
    (LINE, ("company_id",)),
    (LINE, ("holiday_id",)),
    (LINE, ("timesheet_invoice_id",)),
    (LINE, ("timesheet_invoice_type",)),
    (LINE, ("date:day",)),
    (LINE, ("date:week",)),
    (LINE, ("date:month",)),
    (LINE, ("date:quarter",)),
    (LINE, ("date:year",)),
    (LINE, ("employee_id", "date:day")),
    (LINE, ("employee_id", "date:month")),
    (LINE, ("so_line", "date:month")),
    (LINE, ("project_id", "timesheet_invoice_type")),
    (LINE, ("employee_id", "date:week", "timesheet_invoice_type")),
    (SOLD, ("order_id",)),
    (SOLD, ("product_id",)),
    (SOLD, ("currency_id",)),
    (SOLD, ("state",)),
    (SOLD, ("display_type",)),
    (SOLD, ("is_expense",)),
    (SOLD, ("tax_ids",)),
    (SOLD, ("qty_delivered_method", "is_service")),
    (SOLD, ("company_id", "currency_id", "state")),
    (ORDER, ("partner_id",)),
    (ORDER, ("user_id",)),
    (ORDER, ("state", "currency_id")),
    (ORDER, ("client_order_ref",)),
    ("account.move", ("state",)),
    ("account.move", ("payment_state", "move_type")),
    ("hr.employee", ("department_id",)),
    ("hr.employee", ("company_id", "active")),
    ("hr.employee", ("resource_calendar_id",)),
    ("hr.expense", ("state",)),
    ("hr.version", ("contract_date_start:month",)),
    ("product.product", ("invoice_policy",)),
    ("project.milestone", ("is_reached",)),
    ("project.milestone", ("reached_date:month",)),
    ("project.milestone", ("project_id", "deadline:year")),
    ("resource.calendar.attendance", ("calendar_id", "dayofweek")),
    ("resource.calendar.attendance", ("week_type", "day_period")),
    ("resource.calendar.leaves", ("time_type", "resource_id")),
    ("resource.resource", ("tz",)),
]
SUMMED = {
    LINE: "unit_amount",
    SOLD: "price_subtotal",
    "project.milestone": "quantity_percentage",
    "resource.calendar.attendance": "hour_to",
}
NOTHING = [("id", "<", 0)]
SPANS = {"month": 1, "quarter": 3, "year": 12}


def key_of(model: str, spec: str, row: Row) -> list[Any]:
    """The keys that a row falls under: one, or one for each member of a list."""
    name, _, granularity = spec.partition(":")
    value = row[name]
    if shapes(model)[name].is_many:
        return value or [False]
    if not granularity or value is False:
        return [value]
    day = date.fromisoformat(value)
    if granularity == "week":
        return [str(day - timedelta(days=day.isoweekday() % 7))]
    if granularity in SPANS:
        day = date(day.year, (day.month - 1) // SPANS[granularity] * SPANS[granularity] + 1, 1)
    return [str(day)]


def put_together(odoo: Asker, model: str, keys: Sequence[str]) -> Mapping[Any, list[Row]]:
    """All rows by their keys, as we see them."""
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in odoo.table(model):
        partial: list[tuple[Any, ...]] = [()]
        for spec in keys:
            partial = [(*first, key) for first in partial for key in key_of(model, spec, row)]
        for key in partial:
            groups[key].append(row)
    return groups


def grouped(
    odoo: Asker,
    model: str,
    keys: Sequence[str],
    aggregates: Sequence[str] = ("__count",),
    domain: Sequence[Any] = (),
    **options: Any,
) -> list[Row]:
    """The server's groups over all rows, archived ones too."""
    groups: list[Row] = odoo.ask(
        model,
        "formatted_read_group",
        list(domain),
        list(keys),
        list(aggregates),
        context=dict(ARCHIVED_TOO),
        **options,
    )
    return groups


def plain(group: Row, keys: Sequence[str]) -> tuple[Any, ...]:
    """The keys of a group without names and labels."""
    return tuple(value[0] if isinstance(value := group[k], list) else value for k in keys)
