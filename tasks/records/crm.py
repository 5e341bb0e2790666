"""Opportunities, the stages that they pass, and the teams that sell."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from odoo_gateway.records import Record


@dataclass(frozen=True)
class Opportunity(Record):
    """An opportunity of the pipeline; expected_revenue is in its company's currency."""

    MODEL: ClassVar[str] = "crm.lead"
    MODULE: ClassVar[str] = "crm"
    id: int
    name: str
    active: bool
    stage_id: int | None
    user_id: int | None
    team_id: int | None
    company_id: int | None
    partner_id: int | None
    expected_revenue: Decimal
    create_date: datetime
    #: When it became one, where it was a lead before.
    date_conversion: datetime | None
    #: The expected close.
    date_deadline: date | None
    date_last_stage_update: datetime | None
    description: str | None
    email_from: str | None
    phone: str | None
    tag_ids: tuple[int, ...]


@dataclass(frozen=True)
class Stage(Record):
    """A stage of the pipeline; by `sequence` they stand in a row."""

    MODEL: ClassVar[str] = "crm.stage"
    MODULE: ClassVar[str] = "crm"
    id: int
    name: str
    sequence: int
    is_won: bool


@dataclass(frozen=True)
class SalesTeam(Record):
    """A sales team, and the user who leads it."""

    MODEL: ClassVar[str] = "crm.team"
    MODULE: ClassVar[str] = "sales_team"
    id: int
    name: str
    user_id: int | None
