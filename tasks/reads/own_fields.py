"""Records of Odoo with the fields that a firm has of its own."""

from dataclasses import make_dataclass
from functools import cache
from typing import Any, TypeVar

from odoo_gateway.records import Record

R = TypeVar("R", bound=Record)


@cache
def with_fields(record: type[R], names: frozenset[str], of: Any = Any) -> type[R]:
    """The record with optional fields of these names.

    of: the type of their values.
    """
    if not names:
        return record
    fields: list[tuple[str, Any, Any]] = [(name, of, None) for name in sorted(names)]
    made: type[R] = make_dataclass(f"Own{record.__name__}", fields, bases=(record,), frozen=True)
    return made
