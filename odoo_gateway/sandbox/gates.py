"""The table of decisions that gates go by, as `fleet odoo install` makes it in Odoo."""

from collections.abc import Collection
from typing import Any, Final

from odoo_gateway.gates import DECISIONS, FIELDS, named
from odoo_gateway.sandbox.database import Row
from odoo_gateway.sandbox.failures import unsupported
from odoo_gateway.sandbox.schema import Schema, shapes_of

TYPES: Final = {"id": "integer", "x_amount": "float", "x_uid": "integer"}
ACTION: Final = 901


def known() -> Schema:
    """The table with its fields."""
    fields = {name: {"type": TYPES.get(name, "char"), "store": True} for name in ("id", *FIELDS)}
    return shapes_of({DECISIONS: fields})


def listed(gates: Collection[str]) -> list[Row]:
    """The rows of the directory that say which gates stand."""
    return [
        {"id": number, "x_name": named(gate), "x_action_id": ACTION}
        for number, gate in enumerate(gates, ACTION)
    ]


def create(table: dict[int, Row], values: Any) -> int:
    """One decision more; its id."""
    if not isinstance(values, dict):
        raise unsupported("several decisions at once")
    number = max(table, default=0) + 1
    table[number] = {"id": number, **values}
    return number
