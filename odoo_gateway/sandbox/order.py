"""Sorts rows as PostgreSQL sorts under Odoo 19: empty values last, first when descending."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

from odoo_gateway.sandbox.database import Row, View
from odoo_gateway.sandbox.failures import user_error, value_error

# The order that a model has when a call names none.
DEFAULT: Final = {
    "account.analytic.account": "plan_id, name asc",
    "account.analytic.line": "date desc, id desc",
    "account.move": "date desc, name desc, invoice_date desc, id desc",
    "account.move.line": "date desc, move_name desc, id",
    "account.payment.term": "sequence, id",
    "account.tax": "sequence, id",
    "crm.team": "sequence ASC, create_date DESC, id DESC",
    "hr.department": "name",
    "hr.employee": "name",
    "hr.expense": "date desc, id desc",
    "hr.job": "sequence",
    "hr.leave": "date_from desc",
    "hr.version": "date_version",
    "ir.attachment": "id desc",
    "mail.activity": "date_deadline ASC, id ASC",
    "mail.message": "id desc",
    "ir.module.module": "application desc, sequence, name",
    "product.category": "complete_name",
    "product.product": "default_code, name, id",
    "project.milestone": "sequence, deadline, is_reached desc, name",
    "project.project": "sequence, name, id",
    "project.task": "priority desc, sequence, date_deadline asc, id desc",
    "project.tags": "name",
    "project.task.type": "sequence, id",
    "res.company": "sequence, name",
    "res.currency": "active desc, name",
    "res.partner": "complete_name ASC, id DESC",
    "res.users": "name, login",
    "resource.calendar.attendance": "sequence, week_type, dayofweek, hour_from",
    "resource.calendar.leaves": "date_from",
    "resource.resource": "name",
    "sale.order": "date_order desc, id desc",
    "sale.order.line": "order_id, sequence, id",
    "uom.uom": "sequence, relative_uom_id, id",
}
PART: Final = re.compile(
    r"\s*(?P<term>[a-z0-9_]+(\.[a-z0-9_]+)?(:[a-z_]+)?)"
    r"(\s+(?P<direction>desc|asc))?(\s+(?P<nulls>nulls first|nulls last))?\s*",
    re.IGNORECASE,
)
Find = Callable[[Row], Row | None]
T = TypeVar("T")


@dataclass(frozen=True)
class Term:
    """One thing to sort rows by; a value of None is empty."""

    value: Callable[[Any], Any]
    descending: bool = False
    empty_first: bool = False


class Part(NamedTuple):
    """One term of an order, and how it was written."""

    name: str
    descending: bool
    empty_first: bool
    text: str


def parts(order: str) -> Iterator[Part]:
    """The terms of an order. Raises UserError."""
    for part in order.split(","):
        found = PART.fullmatch(part)
        if found is None:
            raise user_error(
                f'Invalid "order" specified ({order}). A valid "order" specification is a '
                "comma-separated list of valid field names (optionally followed by asc/desc for "
                "the direction)"
            )
        descending = (found["direction"] or "").lower() == "desc"
        nulls = (found["nulls"] or "").lower()
        empty_first = nulls == "nulls first" if nulls else descending
        yield Part(found["term"], descending, empty_first, part)


def arranged(items: Iterable[T], terms: Sequence[Term]) -> list[T]:
    """The items sorted by the terms, the first one weighing most."""
    result = list(items)
    for term in reversed(terms):
        filled = [item for item in result if term.value(item) is not None]
        empty = [item for item in result if term.value(item) is None]
        filled.sort(key=term.value, reverse=term.descending)
        if term.descending:
            filled = _stable(filled, term.value)
        result = [*empty, *filled] if term.empty_first else [*filled, *empty]
    return result


def rows_in_order(view: View, model: str, rows: Iterable[Row], order: str | None) -> list[Row]:
    """Rows in the order asked for, else in the model's own; then by id."""
    by_id = sorted(rows, key=lambda row: int(row["id"]))
    return arranged(by_id, row_terms(view, model, order or ""))


def row_terms(view: View, model: str, order: str) -> list[Term]:
    """What rows of a model are sorted by; many2one fields by the order of their model."""
    if order:
        return _terms(view, model, order, lambda row: row, asked=True)
    return default_terms(view, model, lambda row: row)


def default_terms(view: View, model: str, find: Find, reverse: bool = False) -> list[Term]:
    """The model's own order, of the row that `find` leads to."""
    return _terms(view, model, DEFAULT.get(model, "id"), find, reverse=reverse)


def sorts_by_id(model: str) -> bool:
    """Whether the model's own order is by id."""
    return DEFAULT.get(model, "id") == "id"


def _terms(
    view: View,
    model: str,
    order: str,
    find: Find,
    *,
    asked: bool = False,
    reverse: bool = False,
    seen: frozenset[tuple[str, str]] = frozenset(),
) -> list[Term]:
    found: list[Term] = []
    shapes = view.database.schema.get(model, {})
    for path, descending, empty_first, _ in list(parts(order)):
        name, _, rest = path.partition(".")
        shape = shapes.get(name)
        descending ^= reverse
        empty_first ^= reverse
        if asked and shape is None:
            raise value_error(f"Invalid field {name!r} on model {model!r}")
        if asked:
            view.check_field(model, name)
        if asked and shape and not shape.sortable:
            raise value_error(f"Cannot convert {model}.{name} to SQL because it is not stored")
        if shape and shape.type == "many2one" and not rest and not sorts_by_id(shape.relation):
            if (model, name) not in seen:
                found += _terms(
                    view,
                    shape.relation,
                    DEFAULT[shape.relation],
                    _follow(view, name, shape.relation, find),
                    reverse=descending,
                    seen=seen | {(model, name)},
                )
            continue
        boolean = shape is not None and shape.type == "boolean"
        found.append(Term(_column(name, find, boolean), descending, empty_first))
    return found


def _column(name: str, find: Find, boolean: bool) -> Callable[[Row], Any]:
    def value(row: Row) -> Any:
        target = find(row)
        stored = target.get(name) if target else None
        if boolean:
            return bool(stored)
        return None if stored is False else stored

    return value


def _follow(view: View, name: str, model: str, find: Find) -> Find:
    def target(row: Row) -> Row | None:
        source = find(row)
        record_id = source.get(name) if source else None
        return view.database.row(model, record_id) if record_id else None

    return target


def _stable(items: list[T], value: Callable[[T], Any]) -> list[T]:
    """Descending without turning equals around."""
    result: list[T] = []
    run: list[T] = []
    for item in items:
        if run and value(item) != value(run[0]):
            result += run
            run = []
        run.append(item)
    return result + run
