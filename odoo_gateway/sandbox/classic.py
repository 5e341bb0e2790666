"""The two shapes that groups are answered in: `formatted_read_group` and the older `read_group`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from odoo_gateway.sandbox import spans
from odoo_gateway.sandbox.database import Row, View
from odoo_gateway.sandbox.domain import joined, listed, parse
from odoo_gateway.sandbox.failures import value_error
from odoo_gateway.sandbox.grouping import (
    Group,
    Key,
    aggregate,
    grouped,
    parse_key,
    shown,
    span_bounds,
)

FIELD: Final = re.compile(r"(\w+)(?::(\w+)(?:\((\w+)\))?)?")
SUMMED: Final = frozenset({"float", "integer", "monetary"})
Compute = Callable[[Sequence[Row]], Any]


def formatted(
    view: View, group: Group, keys: Sequence[Key], aggregates: Mapping[str, Compute]
) -> Row:
    """One group as `formatted_read_group` answers it."""
    answer: Row = {}
    domains = []
    for key, value in zip(keys, group.keys, strict=True):
        answer[key.spec], domain = shown(view, key, value)
        domains.append(parse(domain))
    answer["__extra_domain"] = listed(joined("&", domains))
    answer |= {spec: compute(group.rows) for spec, compute in aggregates.items()}
    return answer


@dataclass(frozen=True)
class Request:
    """What a call of `read_group` asks for."""

    model: str
    keys: Sequence[Key]
    later: Sequence[str]
    specs: Mapping[str, str]
    aggregates: Mapping[str, Compute]

    @classmethod
    def of(
        cls, view: View, model: str, fields: Sequence[str], groupby: Sequence[str] | str, lazy: bool
    ) -> "Request":
        """Reads the arguments; dates without a granularity are grouped by month."""
        specs = [groupby] if isinstance(groupby, str) else list(groupby)
        first = specs[:1] if lazy else specs
        keys = [_key(view, model, spec) for spec in first]
        count = f"{first[0].split(':')[0]}_count" if lazy and first else "__count"
        named = {count: "__count", **_aggregates(view, model, fields, first)}
        computed = {name: aggregate(view, model, spec) for name, spec in named.items()}
        return cls(model, keys, specs[len(first) :], named, computed)


def answered(
    view: View, request: Request, rows: Sequence[Row], domain: Any, order: str
) -> list[Row]:
    """The groups as `read_group` answers them."""
    if not request.keys:
        totals = {name: compute(rows) for name, compute in request.aggregates.items()}
        return [{**totals, "__domain": listed(parse(domain))}]
    full_keys = [Key(_full_spec(key), key.shape, key.granularity) for key in request.keys]
    terms = _order(order, request) or ", ".join(key.spec for key in full_keys)
    groups = grouped(view, request.model, rows, full_keys, terms)
    return [_row(view, request, group, domain) for group in groups]


def _key(view: View, model: str, spec: str) -> Key:
    shape = view.shapes(model).get(spec.split(":")[0])
    is_time = shape is not None and shape.type in ("date", "datetime")
    found = parse_key(view, model, f"{spec}:month" if is_time and ":" not in spec else spec)
    return Key(spec, found.shape, found.granularity)


def _full_spec(key: Key) -> str:
    return f"{key.shape.name}:{key.granularity}" if key.granularity else key.spec


def _aggregates(
    view: View, model: str, fields: Sequence[str], groupby: Sequence[str]
) -> dict[str, str]:
    named: dict[str, str] = {}
    for spec in fields:
        found = FIELD.match(spec)
        if spec == "__count":
            continue
        if not found:
            raise value_error(f"Invalid field specification {spec!r}.")
        name, function, source = found.groups()
        if function:
            named[name] = f"{source or name}:{function}"
            continue
        shape = view.shapes(model).get(name)
        if shape is None:
            raise value_error(f"Invalid field {name!r} on model {model!r}")
        if shape.store and shape.type in SUMMED and spec not in groupby and name != "id":
            named[name] = f"{name}:sum"
    return named


def _order(order: str, request: Request) -> str:
    terms = []
    for term in filter(None, (part.strip() for part in order.split(","))):
        name, _, rest = term.partition(" ")
        full = {key.shape.name: _full_spec(key) for key in request.keys} | dict(request.specs)
        terms.append(f"{full.get(name, name)} {rest}".strip())
    return ", ".join(terms)


def _row(view: View, request: Request, group: Group, domain: Any) -> Row:
    answer: Row = {}
    nodes = [parse(domain)]
    ranges: dict[str, Any] = {}
    for key, value in zip(request.keys, group.keys, strict=True):
        answer[key.spec], condition = shown(view, key, value)
        nodes.append(parse(condition))
        if key.granularity and value is not None:
            answer[key.spec] = spans.label(value, key.granularity)
            start, end = span_bounds(view, key, value)
            ranges[key.spec] = {"from": start, "to": end}
        elif key.granularity:
            ranges[key.spec] = False
    answer |= {name: compute(group.rows) for name, compute in request.aggregates.items()}
    answer["__domain"] = listed(joined("&", nodes))
    if ranges:
        answer["__range"] = ranges
    if request.later:
        answer["__context"] = {"group_by": list(request.later)}
    return answer
