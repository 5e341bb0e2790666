"""The document of `fleet run --json`, as strictly as its contract describes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

DECIMALS = {"JPY": 0, "KWD": 3}


def _plain(text: str) -> str:
    """No thousands, no exponent, no sign on zero."""
    if not re.fullmatch(r"(?!-[0.]*$)-?(0|[1-9]\d*)(\.\d+)?", text):
        raise ValueError(f"{text!r} is not a plain amount")
    return text


def has_decimals_of(currency: str, amount: str) -> bool:
    """Whether the amount is written with exactly the currency's decimals."""
    return len(amount.partition(".")[2]) == DECIMALS.get(currency, 2)


Money = Annotated[str, AfterValidator(_plain)]
Hours = Annotated[float, Field(ge=0)]


class Exact(BaseModel):
    """Unknown keys, missing keys and values of another type are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Priced(Exact):
    """Whatever has a currency: its money has that currency's decimals."""

    MONEY: ClassVar[Sequence[str]]
    currency: str

    @model_validator(mode="after")
    def decimals_of_the_currency(self) -> Priced:
        for name in self.MONEY:
            if not has_decimals_of(self.currency, getattr(self, name)):
                raise ValueError(f"{name} has not the decimals of {self.currency}")
        return self


class Finding(Exact):
    """A row that somebody must act on."""

    key: str = Field(min_length=1)
    severity: Literal["info", "warning", "critical"]
    title: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    remedy: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    model: str
    record_id: int
    url: str = Field(pattern="^https?://")
    amount: Money | None
    currency: str | None
    since: date | None

    @model_validator(mode="after")
    def amounts_have_a_currency(self) -> Finding:
        if (self.amount is None) != (self.currency is None):
            raise ValueError("an amount has a currency, and a currency an amount")
        return self


class Measure(Exact):
    """A number that becomes a metric."""

    name: str
    value: float
    labels: dict[str, str]


class NotVerifiable(Exact):
    """What this Odoo cannot tell, and the figures that are withheld for it."""

    check: str
    reason: str
    remedy: str
    figures: list[str]


class Proposal(Exact):
    """What the job would change in Odoo."""

    kind: str
    model: str
    record_id: int
    identity: str
    why: str
    values: dict[str, Any]


class Drift(Exact):
    """A row that fits no record."""

    model: str
    record_id: int
    field: str
    problem: str


class Day(Exact):
    """One day of a reminder's row."""

    date: date
    expected_hours: Hours
    logged_hours: float


class ReminderRow(Exact):
    """One employee of `timesheet_reminders`."""

    employee_id: int
    employee: str
    period_start: date
    period_end: date
    expected_hours: Hours
    logged_hours: float
    missing_hours: Hours
    days: list[Day]
    status: Literal[
        "complete", "missing", "not_due", "exempt", "no_expected_hours", "not_measurable"
    ]
    reason: str
    counted_hours: float
    draft_hours: float | None
    submitted_hours: float | None
    approved_hours: float | None
    policy: str

    @property
    def key(self) -> str:
        """The key of the finding about this row, if its period is a week."""
        return f"employee-{self.employee_id}-{self.period_start}"


class PendingRow(Exact):
    """One thing of `pending_approvals` that waits for a decision."""

    kind: Literal["expense", "time"]
    model: Literal["hr.expense", "hr.expense.sheet", "hr_timesheet.sheet", "hr.employee"]
    record_id: int
    what: str
    submitter_id: int
    submitter: str = Field(min_length=1)
    approver_id: int | None
    approver: str
    decider: str = Field(min_length=1)
    project_id: int | None
    project: str | None
    week: date | None
    hours: Hours | None
    amount: Money | None
    currency: str | None
    since: date
    since_basis: Literal["submitted", "entered", "logged"]
    waiting_days: int = Field(ge=0)
    waiting_working_hours: Hours | None
    status: Literal[
        "waiting",
        "approver_away",
        "self_approval",
        "approver_left",
        "approver_unknown",
        "no_approver",
        "not_due",
        "exempt",
        "below_minimum",
    ]
    reason: str = Field(min_length=1)
    told: str
    policy: str


class Check(Exact):
    """One line of an order's checklist."""

    check: str
    result: Literal["pass", "fail", "not_verifiable", "not_applicable"]
    reason: str
    owner: str
    next_step: str
    url: str = Field(pattern="^https?://")

    @model_validator(mode="after")
    def a_failure_names_who_does_what(self) -> Check:
        if self.result == "fail" and not (self.reason and self.owner and self.next_step):
            raise ValueError(f"{self.check} fails without a reason, an owner and a next step")
        return self


class PartialBill(Exact):
    """What of a blocked order could be billed now."""

    amount_now: Money
    amount_later: str
    sale_order_line_ids: list[int]


class PricedLine(Exact):
    """What the amount of one order line follows from."""

    sale_order_line_id: int
    billing: str
    due: float
    invoiced: float
    price_unit: str
    discount_percent: float
    invoiced_amount: Money
    amount: Money


class ExcludedLine(Exact):
    """One order line of which Odoo's own total has another amount than is to be billed."""

    sale_order_line_id: int
    sale_order: str
    billing: str
    amount: Money
    reason: str = Field(min_length=1)


class Bottleneck(Exact):
    """The owner whose steps alone free most."""

    owner: str
    amount: Money
    orders: int


class HeldUp(Exact):
    """What waits for one owner of failed checks."""

    owner: str
    amount: Money
    orders: int
    gaps: int


class ReadinessRow(Priced):
    """One order of `invoice_readiness`."""

    MONEY: ClassVar[Sequence[str]] = ("amount", "cost_of_delay_per_day")

    sale_order_id: int
    sale_order: str
    partner_id: int
    partner: str
    project_ids: list[int]
    amount: Money
    status: Literal["ready", "blocked", "held", "excluded"]
    verdict: Literal["ready", "ready_as_far_as_verifiable", "blocked", "held", "excluded"]
    not_verified: list[str]
    checks: list[Check]
    waiting_days: int | None
    waiting_to_be_ready_days: int | None
    waiting_for_finance_days: int | None
    cost_of_delay_per_day: Money
    becomes_ready_when: str
    partial_bill: PartialBill | None
    lines: list[PricedLine]
    policy: str

    def result(self, check: str) -> str:
        """The outcome of one check."""
        return next(found.result for found in self.checks if found.check == check)


class ReadinessTotal(Priced):
    """The totals of one currency."""

    MONEY: ClassVar[Sequence[str]] = (
        *("ready", "blocked", "held", "excluded"),
        *("odoo_to_invoice", "residual", "ready_not_verified"),
    )

    ready: Money
    blocked: Money
    held: Money
    excluded: Money
    odoo_to_invoice: Money
    residual: Money
    excluded_lines: list[ExcludedLine]
    ready_not_verified: Money
    bottleneck: Bottleneck | None
    held_up_by: list[HeldUp]


class AgedPart(Exact):
    """What of a line lies in one bucket."""

    bucket: Literal["0-30", "31-60", "61-90", "91+", "future", "undated"]
    hours: float | None
    value: Money


class WipRow(Priced):
    """One order line of `wip_aging`."""

    MONEY: ClassVar[Sequence[str]] = ("in_draft", "wip", "advance_billing")

    sale_order_line_id: int
    sale_order_id: int
    sale_order: str
    project_id: int | None
    partner_id: int
    partner: str
    billing: Literal["time_and_materials", "milestone", "manual", "fixed", "expense"]
    delivered: float
    invoiced: float
    in_draft: Money
    wip: Money
    advance_billing: Money
    oldest_date: date | None
    age_days: int | None
    bucket: Literal["0-30", "31-60", "61-90", "91+", "future", "undated"]
    difference: Money
    difference_reason: str | None
    aged: list[AgedPart]
    cost: Money | None
    cost_currency: str
    provision: Money | None
    policy: str


class ResidualLine(Exact):
    """One order line of which Odoo says another amount than we."""

    sale_order_line_id: int
    sale_order: str
    billing: str
    difference: Money
    reason: str


class LockUp(Exact):
    """How long money of one currency is tied up."""

    revenue_12_months: Money
    receivables: Money
    wip_days: float | None
    debtor_days: float | None
    lock_up_days: float | None
    value_of_a_day: Money
    collection_realization_percent: float | None


class WipTotal(Priced):
    """The totals of one currency."""

    MONEY: ClassVar[Sequence[str]] = (
        *("wip", "advance_billing", "in_draft"),
        *("odoo_to_invoice", "excluded", "residual"),
    )

    wip: Money
    advance_billing: Money
    in_draft: Money
    buckets: dict[Literal["0-30", "31-60", "61-90", "91+", "future", "undated"], Money]
    odoo_to_invoice: Money
    excluded: Money
    excluded_lines: list[ExcludedLine]
    residual: Money
    residual_by_billing: dict[str, Money]
    residual_by_reason: dict[Literal["fixed_price", "prepaid", "discount", "unexplained"], Money]
    residual_lines: list[ResidualLine]
    provision: Money
    lock_up: LockUp | None


class Explained(Exact):
    """Where a utilization's variance comes from, in hours."""

    plan_gap_hours: float | None
    delivery_gap_hours: float | None
    leave_hours: float | None
    missing_hours: float | None


class AheadHours(Exact):
    """What is planned for a person in the weeks to come."""

    period_start: date
    period_end: date
    capacity_hours: Hours
    planned_hours: float
    scheduled_percent: float | None


class UtilizationRow(Exact):
    """One employee of `utilization_variance`."""

    employee_id: int
    employee: str
    department: str | None
    period_start: date
    period_end: date
    capacity_hours: Hours | None
    leave_hours: Hours | None
    worked_hours: float
    billable_hours: float | None
    planned_hours: float | None
    utilization_percent: float | None
    productive_percent: float | None
    total_percent: float | None
    target_percent: float | None
    variance_points: float | None
    variance_hours: float | None
    status: Literal["ok", "below_band", "above_band", "no_target", "no_capacity", "not_measurable"]
    explained: Explained
    ahead: AheadHours
    policy: str


class UtilizationTotal(Exact):
    """The whole company, and what its numbers are based on."""

    basis: str
    planned_basis: str
    employees: int
    without_target: int
    capacity_hours: float
    worked_hours: float
    billable_hours: float
    planned_hours: float | None
    forecast_accuracy_percent: float | None
    forecast_bias_percent: float | None


class NoTotal(Exact):
    """For jobs whose contract has none: no value fits it."""

    never: Literal["never"]


Row = TypeVar("Row", bound=BaseModel)
Total = TypeVar("Total", bound=BaseModel)


class Queued(Exact):
    """What a run queued; first: when the first of it goes out, and what it waits for."""

    messages: int
    mails: int
    first: datetime | None
    waits_for: str | None


class Scope(Exact, Generic[Row, Total]):
    """One company; without an id and a name when Odoo was not reached."""

    company_id: int | None
    company: str | None
    status: Literal["ok", "failed"]
    error: str | None
    rows: list[Row]
    totals: list[Total]
    findings: list[Finding]
    measures: list[Measure]
    not_verifiable: list[NotVerifiable]
    proposals: list[Proposal]
    drift: list[Drift]
    queued: Queued | None

    @model_validator(mode="after")
    def fails_with_an_error_and_nothing_else(self) -> Scope[Row, Total]:
        said = self.rows or self.totals or self.findings or self.measures
        if (self.status == "failed") != bool(self.error) or (self.error and said):
            raise ValueError(f"{self.status} with error {self.error!r} and {len(self.rows)} rows")
        keys = [finding.key for finding in self.findings]
        if len(set(keys)) != len(keys):
            raise ValueError("two findings share a key")
        return self


class Document(Exact, Generic[Row, Total]):
    """The whole document."""

    schema_: Literal[1] = Field(alias="schema")
    job: str
    tenant: str
    as_of: date
    scopes: list[Scope[Row, Total]]

    def rows(self) -> list[Row]:
        """Of all companies."""
        return [row for scope in self.scopes for row in scope.rows]

    def findings(self) -> list[Finding]:
        """Of all companies."""
        return [finding for scope in self.scopes for finding in scope.findings]


Pending = Document[PendingRow, NoTotal]
Reminders = Document[ReminderRow, NoTotal]
Readiness = Document[ReadinessRow, ReadinessTotal]
Wip = Document[WipRow, WipTotal]
Utilization = Document[UtilizationRow, UtilizationTotal]
