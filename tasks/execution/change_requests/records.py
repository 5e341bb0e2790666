"""Orders, lines, tasks and messages, as this job looks at them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from odoo_gateway.records import Properties, Record


@dataclass(frozen=True)
class ChangeOrder(Record):
    """A quotation or order; `origin` is its source document, which people type, too.

    signed_by and signed_on can be written by every salesperson, so they alone show nothing.
    """

    MODEL: ClassVar[str] = "sale.order"
    MODULE: ClassVar[str] = "sale"
    id: int
    name: str
    state: str
    origin: str | None
    create_date: datetime
    create_uid: int | None
    date_order: datetime
    user_id: int | None
    partner_id: int
    currency_id: int
    amount_untaxed: Decimal
    signed_by: str | None
    signed_on: datetime | None
    team_id: int | None = None
    project_id: int | None = None


@dataclass(frozen=True)
class ChangeLine(Record):
    """A line of a confirmed order, with when it was added."""

    MODEL: ClassVar[str] = "sale.order.line"
    MODULE: ClassVar[str] = "sale"
    id: int
    order_id: int
    name: str
    create_date: datetime
    product_uom_qty: Decimal
    qty_delivered: Decimal
    qty_delivered_method: str
    price_subtotal: Decimal
    is_downpayment: bool
    is_expense: bool
    project_id: int | None = None
    product_uom_id: int | None = None


@dataclass(frozen=True)
class ChangeTask(Record):
    """A task that is a change request."""

    MODEL: ClassVar[str] = "project.task"
    MODULE: ClassVar[str] = "project"
    id: int
    name: str
    project_id: int | None
    create_date: datetime
    create_uid: int | None
    stage_id: int | None
    date_last_stage_update: datetime | None
    allocated_hours: float = 0.0
    task_properties: Properties | None = None


@dataclass(frozen=True)
class AllocatedTask(Record):
    """A task with the hours that are allocated to it, and the line that sells them."""

    MODEL: ClassVar[str] = "project.task"
    MODULE: ClassVar[str] = "sale_timesheet"
    id: int
    allocated_hours: float
    sale_line_id: int | None
    parent_id: int | None


@dataclass(frozen=True)
class BudgetedProject(Record):
    """A project, who leads it, how it fares and the hours that are allocated to it."""

    MODEL: ClassVar[str] = "project.project"
    MODULE: ClassVar[str] = "project"
    id: int
    name: str
    user_id: int | None
    last_update_status: str | None = None
    allocated_hours: float = 0.0


@dataclass(frozen=True)
class OrderMessage(Record):
    """A message on an order."""

    MODEL: ClassVar[str] = "mail.message"
    MODULE: ClassVar[str] = "mail"
    id: int
    res_id: int | None
    date: datetime
    body: str | None


@dataclass(frozen=True)
class Person(Record):
    """A user."""

    MODEL: ClassVar[str] = "res.users"
    MODULE: ClassVar[str] = "base"
    id: int
    name: str
    login: str


@dataclass(frozen=True)
class SalesTeam(Record):
    """A sales team, and the user who leads it."""

    MODEL: ClassVar[str] = "crm.team"
    MODULE: ClassVar[str] = "sales_team"
    id: int
    user_id: int | None = None
