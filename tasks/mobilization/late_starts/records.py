"""Projects, the orders that they deliver, and their tasks, as this job looks at them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from odoo_gateway.records import Record


@dataclass(frozen=True)
class StartedProject(Record):
    """A project, who leads it, and when it is planned to begin."""

    MODEL: ClassVar[str] = "project.project"
    MODULE: ClassVar[str] = "project"
    id: int
    name: str
    user_id: int | None
    date_start: date | None
    is_template: bool = False
    last_update_status: str | None = None


@dataclass(frozen=True)
class StartLine(Record):
    """A line of a confirmed order that a project delivers."""

    MODEL: ClassVar[str] = "sale.order.line"
    MODULE: ClassVar[str] = "sale"
    id: int
    order_id: int
    product_id: int | None
    project_id: int | None = None


@dataclass(frozen=True)
class StartOrder(Record):
    """A confirmed order; Odoo sets `date_order` when it is."""

    MODEL: ClassVar[str] = "sale.order"
    MODULE: ClassVar[str] = "sale"
    id: int
    name: str
    date_order: datetime
    user_id: int | None


@dataclass(frozen=True)
class StartProduct(Record):
    """A product, and the project whose tasks and milestones are copied when it is sold."""

    MODEL: ClassVar[str] = "product.product"
    MODULE: ClassVar[str] = "sale"
    id: int
    project_template_id: int | None = None


@dataclass(frozen=True)
class StartTask(Record):
    """A task; Odoo 16 has no `state` and says whether it is closed instead."""

    MODEL: ClassVar[str] = "project.task"
    MODULE: ClassVar[str] = "project"
    id: int
    name: str
    project_id: int | None
    state: str | None = None
    is_closed: bool = False

    @property
    def is_done(self) -> bool:
        """Whether it was done, not cancelled, as far as this Odoo tells."""
        return self.is_closed if self.state is None else self.state == "1_done"
