"""What this job alone reads."""

from dataclasses import dataclass
from typing import ClassVar

from odoo_gateway.records import Record


@dataclass(frozen=True)
class DraftLine(Record):
    """A line of a draft, and the order lines that it bills."""

    MODEL: ClassVar[str] = "account.move.line"
    MODULE: ClassVar[str] = "account"
    id: int
    move_id: int
    move_type: str
    sale_line_ids: tuple[int, ...]


@dataclass(frozen=True)
class NamedTax(Record):
    """A tax, as people know it."""

    MODEL: ClassVar[str] = "account.tax"
    MODULE: ClassVar[str] = "account"
    id: int
    name: str
