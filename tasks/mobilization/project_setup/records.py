"""Orders, what they sell, projects and won leads, as this job looks at them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from odoo_gateway.records import Record
from tasks.records.sales import LinkedProject


@dataclass(frozen=True)
class SetupOrder(Record):
    """An order; Odoo sets `date_order` when it is confirmed."""

    MODEL: ClassVar[str] = "sale.order"
    MODULE: ClassVar[str] = "sale"
    id: int
    name: str
    state: str
    partner_id: int
    user_id: int | None
    currency_id: int
    date_order: datetime
    amount_untaxed: Decimal
    team_id: int | None = None
    project_id: int | None = None
    opportunity_id: int | None = None

    @property
    def is_confirmed(self) -> bool:
        """Whether it is one; Odoo 16 keeps locked orders in a state of their own."""
        return self.state in ("sale", "done")


@dataclass(frozen=True)
class SetupLine(Record):
    """A line of an order, headings and notes too."""

    MODEL: ClassVar[str] = "sale.order.line"
    MODULE: ClassVar[str] = "sale"
    id: int
    order_id: int
    name: str
    sequence: int
    display_type: str | None
    product_id: int | None
    product_uom_id: int | None
    product_uom_qty: float
    qty_delivered_method: str | None
    is_downpayment: bool
    is_expense: bool
    is_service: bool = True
    project_id: int | None = None
    task_id: int | None = None

    @property
    def is_billed_by_hours(self) -> bool:
        """Whether the hours that are logged on it are what it delivers."""
        return self.qty_delivered_method == "timesheet"

    @property
    def is_billed_by_milestones(self) -> bool:
        """Whether its milestones are."""
        return self.qty_delivered_method == "milestones"

    @property
    def title(self) -> str:
        """The first line of what it says."""
        return self.name.split("\n")[0].strip()

    @property
    def sells_service(self) -> bool:
        """Whether it sells work that somebody does."""
        plain = not self.display_type and not self.is_downpayment and not self.is_expense
        return plain and self.is_service and self.product_uom_qty > 0


@dataclass(frozen=True)
class SetupProduct(Record):
    """What a product is filed under, and the project or template that its order goes to."""

    MODEL: ClassVar[str] = "product.product"
    MODULE: ClassVar[str] = "product"
    id: int
    name: str
    categ_id: int | None
    product_tag_ids: tuple[int, ...] = ()
    project_id: int | None = None
    project_template_id: int | None = None


@dataclass(frozen=True)
class SetupProject(LinkedProject):
    """A project, its customer and the order that it delivers."""

    name: str
    user_id: int | None
    partner_id: int | None
    create_date: datetime | None
    date_start: date | None
    #: The day that it is planned to end.
    date: date | None
    active: bool = True
    allocated_hours: float = 0.0
    allow_billable: bool = False
    is_internal_project: bool = False


@dataclass(frozen=True)
class TemplateTask(Record):
    """A task of a template; before Odoo 17 its deadline is a day."""

    MODEL: ClassVar[str] = "project.task"
    MODULE: ClassVar[str] = "project"
    id: int
    name: str
    project_id: int | None
    date_deadline: datetime | None


@dataclass(frozen=True)
class WonLead(Record):
    """An opportunity that is won."""

    MODEL: ClassVar[str] = "crm.lead"
    MODULE: ClassVar[str] = "crm"
    id: int
    name: str
    partner_id: int | None
    user_id: int | None
    team_id: int | None
    date_closed: datetime | None
