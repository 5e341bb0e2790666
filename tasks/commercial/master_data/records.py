"""Customers, and what projects and orders are coded by, as this job reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from odoo_gateway.records import Record


@dataclass(frozen=True)
class Customer(Record):
    """A customer, or the firm behind one; a firm's own commercial partner is itself."""

    MODEL: ClassVar[str] = "res.partner"
    MODULE: ClassVar[str] = "base"
    id: int
    #: A contact may have none, as an address has.
    name: str | None
    active: bool
    email: str | None
    vat: str | None
    parent_id: int | None
    commercial_partner_id: int | None
    user_id: int | None
    customer_rank: int = 0


@dataclass(frozen=True)
class CodedProject(Record):
    """A project with its customer, its analytic account and its tags."""

    MODEL: ClassVar[str] = "project.project"
    MODULE: ClassVar[str] = "project"
    id: int
    name: str
    user_id: int | None
    partner_id: int | None
    company_id: int | None
    tag_ids: tuple[int, ...]
    is_template: bool = False
    allow_billable: bool = False
    account_id: int | None = None


@dataclass(frozen=True)
class CodedOrder(Record):
    """A confirmed order with its tags."""

    MODEL: ClassVar[str] = "sale.order"
    MODULE: ClassVar[str] = "sale"
    id: int
    name: str
    partner_id: int
    user_id: int | None
    team_id: int | None = None
    tag_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class CodedLine(Record):
    """A service that an order sells, and the analytic accounts that it is booked on."""

    MODEL: ClassVar[str] = "sale.order.line"
    MODULE: ClassVar[str] = "sale"
    id: int
    order_id: int
    project_id: int | None = None
    #: Percent by account; with several plans the key is one account of each, as in "12,31".
    analytic_distribution: Mapping[str, float] | None = None


@dataclass(frozen=True)
class AnalyticAccount(Record):
    """An analytic account, and the plan that it is of."""

    MODEL: ClassVar[str] = "account.analytic.account"
    MODULE: ClassVar[str] = "analytic"
    id: int
    name: str
    active: bool
    plan_id: int
    company_id: int | None


@dataclass(frozen=True)
class ProjectTag(Record):
    """A tag of projects."""

    MODEL: ClassVar[str] = "project.tags"
    MODULE: ClassVar[str] = "project"
    id: int
    name: str


@dataclass(frozen=True)
class OrderTag(Record):
    """A tag of orders and opportunities."""

    MODEL: ClassVar[str] = "crm.tag"
    MODULE: ClassVar[str] = "sales_team"
    id: int
    name: str
