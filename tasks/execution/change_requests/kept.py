"""A change request as Odoo keeps it, whichever way a firm does."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from tasks.domain.money import Currency


class InOdoo(StrEnum):
    """Where Odoo says that it stands, which for decisions is somebody's word alone."""

    RAISED = "raised"
    DECIDED = "decided"
    APPLIED = "applied"
    REFUSED = "refused"


@dataclass(frozen=True)
class ChangeRequest:
    """A change of what was sold: a quotation that amends an order, or a task."""

    model: str
    record_id: int
    name: str
    in_odoo: InOdoo
    #: When it was raised, and since when it stands so as far as Odoo tells (UTC).
    raised_at: datetime
    since: datetime
    #: The user who raised it.
    raised_by: int | None
    #: The confirmed order that it changes; None where Odoo names none.
    order_id: int | None
    project_id: int | None
    #: Untaxed; None where Odoo holds none.
    amount: Decimal | None
    currency: Currency | None
    hours: float | None

    @property
    def key(self) -> str:
        """What its findings are named by."""
        return f"{self.model.removeprefix('sale.').removeprefix('project.')}-{self.record_id}"
