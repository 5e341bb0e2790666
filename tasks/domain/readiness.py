"""Is an order ready to be invoiced? An explicit checklist, one pure function per check."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from tasks.domain.billing import Billing, Sold
from tasks.domain.checklist import Check, Result
from tasks.domain.policy import Policy


class Hold(BaseModel):
    """Somebody's decision not to invoice an order for now; `until` is the last day of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: str = Field(description="the order's name, like S00042")
    reason: str
    until: date | None = None


class ReadinessPolicy(Policy):
    """What makes an order ready, and what stays out."""

    purchase_order_required: bool = Field(False, description="a customer reference must be set")
    evidence_required_for: tuple[Billing, ...] = Field(
        (Billing.MILESTONE,), description="billing kinds whose acceptance needs a file on the order"
    )
    holds: tuple[Hold, ...] = ()
    excluded_customers: tuple[int, ...] = Field((), description="ids of res.partner")
    cost_of_capital_percent: Decimal = Field(Decimal(8), ge=0, description="per year")


@dataclass(frozen=True)
class DueMilestone:
    """A milestone that bills one of the order's lines."""

    name: str
    deadline: date | None
    reached: bool


@dataclass(frozen=True)
class Facts:
    """What the database says about one order; None stands for what it cannot say."""

    lines: Sequence[Sold]
    url: str
    customer: str
    salesperson: str
    invoice_email: str | None
    purchase_order: str | None
    milestones: Sequence[DueMilestone]
    evidence_files: int | None
    open_expenses: int | None
    unapproved_hours: float | None

    def has(self, billing: Billing) -> bool:
        """Whether any line is billed that way."""
        return any(line.billing is billing for line in self.lines)


def checklist(facts: Facts, policy: ReadinessPolicy, today: date) -> tuple[Check, ...]:
    """Every check of the order, in the order that people read them."""
    return tuple(check(facts, policy, today) for check in CHECKS)


def _check(
    name: str, facts: Facts, result: Result, reason: str = "", owner: str = "", next_step: str = ""
) -> Check:
    return Check(name, result, reason, owner, next_step, facts.url)


def _price(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    unpriced = sum(line.unpriced for line in facts.lines)
    if not unpriced:
        return _check("price", facts, Result.PASS)
    return _check(
        "price",
        facts,
        Result.FAIL,
        f"{unpriced} line(s) with something to bill have no price",
        facts.salesperson,
        "set the unit price on the order line",
    )


def _milestones(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    if not facts.has(Billing.MILESTONE):
        return _check("milestones", facts, Result.NOT_APPLICABLE, "no line is billed by milestone")
    late = [m for m in facts.milestones if not m.reached and m.deadline and m.deadline < today]
    if not late:
        return _check("milestones", facts, Result.PASS)
    worst = min(late, key=lambda milestone: milestone.deadline or today)
    return _check(
        "milestones",
        facts,
        Result.FAIL,
        f"{len(late)} milestone(s) late, first {worst.name} of {worst.deadline}",
        facts.salesperson,
        "mark the milestone as reached, or agree on a new deadline",
    )


def _approved_time(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    if not facts.has(Billing.TIME_AND_MATERIALS):
        return _check("approved_time", facts, Result.NOT_APPLICABLE, "no line is billed by time")
    if facts.unapproved_hours is None:
        return _check(
            "approved_time", facts, Result.NOT_VERIFIABLE, "this Odoo has no timesheet approval"
        )
    if facts.unapproved_hours == 0:
        return _check("approved_time", facts, Result.PASS)
    return _check(
        "approved_time",
        facts,
        Result.FAIL,
        f"{facts.unapproved_hours:g} h are not approved",
        facts.salesperson,
        "approve the hours, or send them back",
    )


def _acceptance(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    wanted = [kind for kind in policy.evidence_required_for if facts.has(kind)]
    if not wanted:
        return _check("acceptance_evidence", facts, Result.NOT_APPLICABLE, "not required by policy")
    if facts.evidence_files is None:
        return _check(
            "acceptance_evidence", facts, Result.NOT_VERIFIABLE, "attachments are not readable"
        )
    if facts.evidence_files:
        return _check("acceptance_evidence", facts, Result.PASS)
    return _check(
        "acceptance_evidence",
        facts,
        Result.FAIL,
        "no file on the order or its projects shows that the customer accepted",
        facts.salesperson,
        "attach the customer's acceptance to the order",
    )


def _purchase_order(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    if facts.purchase_order:
        return _check("purchase_order", facts, Result.PASS)
    if not policy.purchase_order_required:
        return _check("purchase_order", facts, Result.NOT_APPLICABLE, "not required by policy")
    return _check(
        "purchase_order",
        facts,
        Result.FAIL,
        "the customer's purchase order number is missing",
        facts.salesperson,
        "ask the customer and enter it as Customer Reference",
    )


def _invoice_address(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    if facts.invoice_email:
        return _check("invoice_address", facts, Result.PASS)
    return _check(
        "invoice_address",
        facts,
        Result.FAIL,
        f"the invoice address of {facts.customer} has no e-mail",
        facts.salesperson,
        "enter an e-mail on the invoice address",
    )


def _expenses(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    if facts.open_expenses is None:
        return _check("expenses", facts, Result.NOT_VERIFIABLE, "expenses are not readable here")
    if not facts.open_expenses:
        return _check("expenses", facts, Result.PASS)
    return _check(
        "expenses",
        facts,
        Result.FAIL,
        f"{facts.open_expenses} expense(s) of the order are not posted yet",
        facts.salesperson,
        "approve and post the expenses, or refuse them",
    )


def _draft_invoice(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    if not any(line.drafted for line in facts.lines):
        return _check("draft_invoice", facts, Result.PASS, "no draft invoice waits")
    return _check(
        "draft_invoice",
        facts,
        Result.PASS,
        "a draft invoice is prepared: post it rather than make a second one",
    )


CHECKS: Sequence[Callable[[Facts, ReadinessPolicy, date], Check]] = (
    _price,
    _milestones,
    _approved_time,
    _acceptance,
    _purchase_order,
    _invoice_address,
    _expenses,
    _draft_invoice,
)
