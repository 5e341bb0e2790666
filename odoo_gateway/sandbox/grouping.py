"""Groups rows by keys and aggregates them, as `_read_group` of Odoo 19 does."""

import itertools
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from odoo_gateway.sandbox import spans
from odoo_gateway.sandbox.database import Row, View
from odoo_gateway.sandbox.failures import Failure, unsupported, value_error
from odoo_gateway.sandbox.order import Part, Term, arranged, default_terms, parts, sorts_by_id
from odoo_gateway.sandbox.schema import Shape

SPEC: Final = re.compile(r"(\w+)(\.([\w\.]+))?(?::(\w+))?$")
AGGREGATES: Final = frozenset(
    {"sum", "avg", "min", "max", "count", "count_distinct", "array_agg", "bool_and", "bool_or"}
)
SQL_TYPES: Final = {"char": "character varying", "selection": "character varying"}
NUMBERS: Final = frozenset({"integer", "float", "monetary", "many2one", "many2one_reference"})


@dataclass(frozen=True)
class Key:
    """One thing to group by: a field, or the days, weeks, months... of a date."""

    spec: str
    shape: Shape
    granularity: str | None

    @property
    def is_moment(self) -> bool:
        """Whether the field holds moments rather than days."""
        return self.shape.type == "datetime"


@dataclass(frozen=True)
class Group:
    """The rows that share their keys; a key of None is empty."""

    keys: tuple[Any, ...]
    rows: Sequence[Row]


def parse_key(view: View, model: str, spec: str) -> Key:
    """The key of one specification. Raises ValueError as Odoo does."""
    name, path, granularity = _split(spec)
    shape = view.shapes(model).get(name)
    if shape is None:
        raise value_error(f"Invalid field {name!r} on model {model!r}")
    if path:
        raise unsupported(f"grouping by the path {spec!r}")
    is_time = shape.type in ("date", "datetime")
    if granularity and not is_time:
        raise value_error(f"Granularity set on a no-datetime field or property: {spec!r}")
    if not shape.groupable:
        raise _not_groupable(model, shape, spec)
    view.check_field(model, name)
    if is_time and not granularity:
        raise value_error(f"Granularity not set on a date(time) field: {spec!r}")
    if is_time and granularity not in spans.GRANULARITIES:
        raise value_error(f"Granularity specification isn't correct: {granularity!r}")
    return Key(spec, shape, granularity)


def _not_groupable(model: str, shape: Shape, spec: str) -> Failure:
    if shape.type == "many2many":
        return value_error(f"Group by non-stored many2many field: {spec!r}")
    return value_error(f"Cannot convert {model}.{shape.name} to SQL because it is not stored")


def _split(spec: str) -> tuple[str, str | None, str | None]:
    found = SPEC.match(spec)
    if not found:
        raise value_error(f"Invalid aggregate/groupby specification {spec!r}.")
    return found[1], found[3], found[4]


def grouped(
    view: View, model: str, rows: Iterable[Row], keys: Sequence[Key], order: str
) -> list[Group]:
    """All groups in the order asked for, else in that of their keys."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        for values in itertools.product(*(_key_values(view, model, key, row) for key in keys)):
            found.setdefault(values, []).append(row)
    groups = [Group(values, members) for values, members in found.items()]
    return arranged(groups, _order_terms(view, model, keys, order))


def _key_values(view: View, model: str, key: Key, row: Row) -> list[Any]:
    stored = view.value(model, row, key.shape)
    if key.shape.is_many:
        return stored or [None]
    if key.shape.type == "boolean":
        return [bool(stored)]
    if stored is False:
        return [None]
    if key.granularity:
        return [spans.start_of(spans.local_day(stored, view.zone), key.granularity)]
    return [stored]


def _order_terms(view: View, model: str, keys: Sequence[Key], order: str) -> list[Term]:
    by_spec = {key.spec: number for number, key in enumerate(keys)}
    terms: list[Term] = []
    for part in parts(order) if order else ():
        _, descending, empty_first, _ = part
        if part.name not in by_spec:
            terms.append(Term(_by_aggregate(view, model, part), descending, empty_first))
            continue
        number = by_spec[part.name]
        shape = keys[number].shape
        if shape.type == "many2one" and not sorts_by_id(shape.relation):
            terms += default_terms(
                view, shape.relation, _record_of(view, number, shape), reverse=descending
            )
        else:
            terms.append(Term(_nth_key(number), descending, empty_first))
    return terms


def _nth_key(number: int) -> Callable[[Group], Any]:
    return lambda group: group.keys[number]


def _record_of(view: View, number: int, shape: Shape) -> Callable[[Any], Row | None]:
    def find(group: Group) -> Row | None:
        record_id = group.keys[number]
        return view.database.row(shape.relation, record_id) if record_id else None

    return find


def _by_aggregate(view: View, model: str, part: Part) -> Callable[[Group], Any]:
    try:
        compute = aggregate(view, model, part.name)
    except Failure as failure:
        raise value_error(
            f"Order term {part.text!r} is not a valid aggregate nor valid groupby"
        ) from failure
    return lambda group: None if (value := compute(group.rows)) is False else value


def aggregate(view: View, model: str, spec: str) -> Callable[[Sequence[Row]], Any]:
    """A function from rows to one value; False where there is nothing to aggregate."""
    if spec == "__count":
        return len
    name, path, function = _split(spec)
    if path:
        raise value_error(f"Invalid {spec!r}, this dot notation is not supported")
    shape = view.shapes(model).get(name)
    if shape is None:
        raise value_error(f"Invalid field {name!r} on model {model!r} for {spec!r}.")
    if not function:
        raise value_error(f"Aggregate method is mandatory for {name!r}")
    if function not in AGGREGATES:
        raise value_error(f"Invalid aggregate method {function!r} for {spec!r}.")
    if not shape.sortable:
        raise value_error(f"Cannot convert {model}.{name} to SQL because it is not stored")
    view.check_field(model, name)
    _check_type(shape, function)

    def compute(rows: Sequence[Row]) -> Any:
        values = [view.value(model, row, shape) for row in rows]
        if function == "array_agg":
            return [None if shape.type != "boolean" and v is False else v for v in values]
        if shape.type != "boolean":
            values = [value for value in values if value is not False]
        return _reduced(function, values, shape)

    return compute


def _check_type(shape: Shape, function: str) -> None:
    wrong = (function in ("sum", "avg") and shape.type not in NUMBERS) or (
        function in ("bool_and", "bool_or") and shape.type != "boolean"
    )
    if wrong or (function in ("min", "max") and shape.type == "boolean"):
        kind = SQL_TYPES.get(shape.type, shape.type)
        raise Failure(
            "psycopg2.errors.UndefinedFunction",
            f"function {function}({kind}) does not exist\nHINT:  No function matches the given "
            "name and argument types. You might need to add explicit type casts.\n",
        )


def _reduced(function: str, values: list[Any], shape: Shape) -> Any:
    if function in ("count", "count_distinct"):
        return len(values if function == "count" else set(values))
    if not values:
        return False
    if function == "sum":
        return sum(values) if shape.type in ("integer", "many2one") else _total(values)
    simple: Mapping[str, Callable[[list[Any]], Any]] = {
        "avg": lambda found: _total(found) / len(found),
        "min": min,
        "max": max,
        "bool_and": all,
        "bool_or": any,
    }
    return simple[function](values)


def _total(values: Iterable[float]) -> float:
    """Without the dust of adding binary fractions."""
    return round(math.fsum(values), 10)


def shown(view: View, key: Key, value: Any) -> tuple[Any, list[Any]]:
    """A key as `formatted_read_group` shows it, and the domain of its group."""
    name = key.shape.name
    if value is None:
        empty = [name, "not any", []] if key.shape.is_many else [name, "=", False]
        return False, [empty]
    if key.shape.relation:
        return [value, view.database.name_of(key.shape.relation, value)], [[name, "=", value]]
    if key.granularity:
        start, end = span_bounds(view, key, value)
        domain = ["&", [name, ">=", start], [name, "<", end]]
        return [start, spans.label(value, key.granularity)], domain
    return value, [[name, "=", value]]


def span_bounds(view: View, key: Key, start: date) -> tuple[str, str]:
    """The first moment of a span and the first one after it."""
    end = spans.end_of(start, key.granularity or "day")
    zone = view.zone
    return spans.bound(start, zone, key.is_moment), spans.bound(end, zone, key.is_moment)
