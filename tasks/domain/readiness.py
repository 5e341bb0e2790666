"""Is an order ready to be invoiced? An explicit checklist, one pure function per check."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from pydantic import Field

from tasks.domain.approval import Approval, order_approval
from tasks.domain.billing import Billing, Sold
from tasks.domain.checklist import Check, Result
from tasks.domain.evidence import Evidence
from tasks.domain.gravity import GravityPolicy
from tasks.domain.holds import Hold, HoldingPolicy, hold_on
from tasks.domain.policy import Amount, Currency
from tasks.domain.sending import Sending, way_of
from tasks.domain.tickets import Priority, Ticket, open_tickets


class ReadinessPolicy(HoldingPolicy, GravityPolicy):
    """What makes an order ready, and what stays out."""

    purchase_order_required: bool = Field(False, description="a customer reference must be set")
    evidence_required_for: tuple[Billing, ...] = Field(
        (Billing.MILESTONE,), description="billing kinds whose acceptance needs a file on the order"
    )
    signature_is_acceptance: bool = Field(
        True, description="the customer's signature on the order is as good as such a file"
    )
    tax_required: bool = Field(False, description="every line to bill must carry a tax")
    vat_number_required: bool = Field(False, description="the invoice address must have one")
    over_ordered_percent: Decimal | None = Field(
        None,
        ge=0,
        le=1_000_000,
        description="time delivered beyond what was ordered that is still fine",
    )
    time_approval_required: bool = Field(
        True, description="hours must be approved; false where this firm approves none"
    )
    excluded_customers: tuple[int, ...] = Field(
        (), description="ids of res.partner; a firm stands for all its contacts"
    )
    customers_without_email: tuple[int, ...] = Field(
        (), description="ids of res.partner, as above: their invoices need no e-mail"
    )
    cost_of_capital_percent: Decimal = Field(Decimal(8), ge=0, le=1000, description="per year")
    order_approval_required: bool = Field(
        False, description="say so where this Odoo has no reviews of orders"
    )
    tell_at_once_from: dict[Currency, Amount] = Field(
        {}, description="by currency: an order of this amount that turns ready waits for no digest"
    )
    blocking_ticket_priority: Priority | None = Field(
        None, description="open tickets of the customer from this priority on block"
    )


@dataclass(frozen=True)
class DueMilestone:
    """A milestone that bills one of the order's lines; share: of what the line ordered."""

    name: str
    deadline: date | None
    reached: bool
    line: int = 0
    share: Decimal = Decimal(0)


@dataclass(frozen=True)
class Drafted:
    """What waits on draft invoices: whether it bills all that is due, some of it, or none.

    down_payment, credit_note: drafts that bill none of it.
    """

    bills: bool = False
    bills_all: bool = False
    down_payment: bool = False
    credit_note: bool = False

    @property
    def next_step(self) -> str:
        """How finance gets to the invoice."""
        if not self.bills:
            return "create and send the invoice"
        if self.bills_all:
            return "post the prepared draft"
        return "post the prepared draft, then invoice the rest"

    @property
    def reason(self) -> str:
        """What the drafts are."""
        if self.bills:
            part = "" if self.bills_all else " for a part"
            return f"a draft invoice{part} is prepared: post it rather than make a second one"
        if self.down_payment:
            return "a draft of a down payment waits, which bills none of this"
        if self.credit_note:
            return "a draft credit note waits, which bills none of this"
        return "no draft invoice waits"


@dataclass(frozen=True)
class Facts:
    """What the database says about one order; None stands for what it cannot say.

    project_manager, time_approver, expense_approver: who can mend what fails, "" where Odoo names
    nobody and the salesperson is to see to it.

    customers: ids of customer and invoice address, and of the firms that they are of. signed: by
    the customer, on the order. untaxed_lines: lines to bill that carry no tax. on_hold: names of
    its projects on hold. holds: those that people, and policies of other jobs, put on it.
    doubts: why a check cannot be made, by its name, though the database says something.
    """

    order: str
    lines: Sequence[Sold]
    url: str
    customer: str
    salesperson: str
    sending: Sending
    purchase_order: str | None
    milestones: Sequence[DueMilestone]
    evidence: Evidence | None
    open_expenses: int | None
    unapproved_hours: float | None
    draft: Drafted = Drafted()
    untaxed_lines: int = 0
    vat_number: str | None = None
    on_hold: Sequence[str] = ()
    approval: Approval | None = None
    tickets: Sequence[Ticket] | None = None
    holds: Sequence[Hold] = ()
    signed: bool = False
    customers: frozenset[int] = frozenset()
    project_manager: str = ""
    time_approver: str = ""
    expense_approver: str = ""
    doubts: Mapping[str, str] = field(default_factory=dict)

    def has(self, billing: Billing) -> bool:
        """Whether any line is billed that way."""
        return any(line.billing is billing for line in self.lines)


def checklist(facts: Facts, policy: ReadinessPolicy, today: date) -> tuple[Check, ...]:
    """Every check of the order, in the order that people read them."""
    return tuple(_doubted(check(facts, policy, today), facts) for check in CHECKS)


def _doubted(check: Check, facts: Facts) -> Check:
    """The check, or that it cannot be made: what was found stands, what was not found may exist."""
    doubt, result = facts.doubts.get(check.check, ""), check.result
    if not doubt or result in (Result.NOT_APPLICABLE, Result.NOT_VERIFIABLE):
        return check
    if result not in CERTAIN.get(check.check, (Result.FAIL,)):
        return _unknown(check.check, facts, doubt)
    more = f"{check.reason}; {MORE}" if result is Result.FAIL else check.reason
    return replace(check, reason=more)


def _verdict(name: str, facts: Facts, problem: str, next_step: str, owner: str = "") -> Check:
    """A pass; or a failure whose next step is the owner's, or the salesperson's where nobody is."""
    if not problem:
        return Check(name, Result.PASS, url=facts.url)
    return Check(name, Result.FAIL, problem, owner or facts.salesperson, next_step, facts.url)


def _moot(name: str, facts: Facts, reason: str) -> Check:
    return Check(name, Result.NOT_APPLICABLE, reason, url=facts.url)


def _unknown(name: str, facts: Facts, reason: str) -> Check:
    return Check(name, Result.NOT_VERIFIABLE, reason, url=facts.url)


def _price(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    unpriced = sum(line.unpriced for line in facts.lines)
    problem = f"{unpriced} line(s) with something to bill have no price" if unpriced else ""
    step = "set the unit price on the order line, or a discount of 100 % if it is given away"
    return _verdict("price", facts, problem, step)


def _tax(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    if not policy.tax_required and not policy.vat_number_required:
        return _moot("tax", facts, "not required by policy")
    problems = []
    if policy.tax_required and facts.untaxed_lines:
        problems.append(f"{facts.untaxed_lines} line(s) to bill carry no tax")
    if policy.vat_number_required and not facts.vat_number:
        problems.append(f"the invoice address of {facts.customer} has no VAT number")
    step = "set the tax on the order line, or the VAT number on the address"
    return _verdict("tax", facts, "; ".join(problems), step)


def _contract(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    if policy.over_ordered_percent is None or not facts.has(Billing.TIME_AND_MATERIALS):
        return _moot("contract", facts, "no limit by policy, or no line is billed by time")
    allowed = 1 + policy.over_ordered_percent / 100
    over = sum(
        line.delivered > line.ordered * allowed and not line.deducts
        for line in facts.lines
        if line.billing is Billing.TIME_AND_MATERIALS
    )
    problem = f"{over} line(s) have more time than was ordered" if over else ""
    step = "agree on the additional time with the customer and raise the ordered quantity"
    return _verdict("contract", facts, problem, step, facts.project_manager)


def _project_status(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    problem = f"on hold: {', '.join(facts.on_hold)}" if facts.on_hold else ""
    step = "resume the project, or put a hold on it"
    return _verdict("project_status", facts, problem, step, facts.project_manager)


def _hold(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    hold = hold_on((*policy.holds, *facts.holds), facts.order, today)
    if hold is None:
        return _moot("hold", facts, "no hold on this order")
    if not hold.stands(today):
        return Check("hold", Result.PASS, f"expired on {hold.until}: {hold.reason}", url=facts.url)
    return Check("hold", Result.FAIL, hold.told, hold.owner, "review and lift the hold", facts.url)


def _milestones(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    if not facts.has(Billing.MILESTONE):
        return _moot("milestones", facts, "no line is billed by milestone")
    late = sorted(
        (milestone.deadline, milestone.name)
        for milestone in facts.milestones
        if not milestone.reached and milestone.deadline and milestone.deadline < today
    )
    problems = (
        [f"{len(late)} milestone(s) late, first {late[0][1]} of {late[0][0]}"] if late else []
    )
    step = "mark the milestone as reached, or agree on a new deadline"
    over = max(_reached_shares(facts), default=Decimal(0))
    if over > 1:
        percent = f"{float(over * 100):g}"
        problems.append(f"the reached milestones of a line make {percent} % of the order")
        step = "correct the shares of the milestones, or raise the ordered quantity"
    return _verdict("milestones", facts, "; ".join(problems), step, facts.project_manager)


def _reached_shares(facts: Facts) -> Collection[Decimal]:
    """What is due of each line by its milestones; Odoo keeps six decimals of a third.

    The ones to come may make more: Odoo 17 and later makes one of 100 % with the project, beside
    which people enter their own.
    """
    found: dict[int, Decimal] = defaultdict(Decimal)
    for milestone in facts.milestones:
        if milestone.reached:
            found[milestone.line] += milestone.share
    return [share.quantize(Decimal("0.0001")) for share in found.values()]


def _approved_time(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    if not policy.time_approval_required:
        return _moot("approved_time", facts, "not required by policy")
    if not facts.has(Billing.TIME_AND_MATERIALS):
        return _moot("approved_time", facts, "no line is billed by time")
    if facts.unapproved_hours is None:
        return _unknown("approved_time", facts, "this Odoo has no timesheet approval")
    hours = facts.unapproved_hours
    problem = f"{hours:g} h are not approved" if hours else ""
    step = "approve the hours, or send them back"
    return _verdict("approved_time", facts, problem, step, facts.time_approver)


def _acceptance(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    if not any(facts.has(kind) for kind in policy.evidence_required_for):
        return _moot("acceptance_evidence", facts, "not required by policy")
    if facts.signed and policy.signature_is_acceptance:
        return _verdict("acceptance_evidence", facts, "", "")
    if facts.evidence is None:
        return _unknown("acceptance_evidence", facts, "attachments are not readable")
    problem = "no file on the order or its projects shows that the customer accepted"
    if facts.evidence.own:
        problem += f"; {facts.evidence.own} file(s) there were made or sent by us"
    step = "attach the customer's acceptance to the order"
    missing = "" if facts.evidence.given else problem
    return _verdict("acceptance_evidence", facts, missing, step, facts.project_manager)


def _purchase_order(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    if not facts.purchase_order and not policy.purchase_order_required:
        return _moot("purchase_order", facts, "not required by policy")
    problem = "" if facts.purchase_order else "the customer's purchase order number is missing"
    step = "ask the customer and enter it as Customer Reference"
    return _verdict("purchase_order", facts, problem, step)


def _invoice_address(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    if facts.customers & {*policy.customers_without_email}:
        return _moot("invoice_address", facts, "not required by policy")
    way = way_of(facts.sending, facts.customer)
    if way is None:
        method = facts.sending.method
        reason = f"the fleet does not know what sending invoices by {method} needs"
        return _unknown("invoice_address", facts, reason)
    return _verdict("invoice_address", facts, way.problem, way.next_step)


def _expenses(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    if facts.open_expenses is None:
        return _unknown("expenses", facts, "expenses are not readable here")
    count = facts.open_expenses
    problem = f"{count} expense(s) of the order are not posted yet" if count else ""
    step = "approve and post the expenses, or refuse them"
    return _verdict("expenses", facts, problem, step, facts.expense_approver)


def _draft_invoice(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    return Check("draft_invoice", Result.PASS, facts.draft.reason, url=facts.url)


def _order_approval(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    return order_approval(facts.approval, policy.order_approval_required, facts.url)


def _open_tickets(facts: Facts, policy: ReadinessPolicy, today: date) -> Check:
    blocking = policy.blocking_ticket_priority
    return open_tickets(facts.tickets, blocking, facts.salesperson, facts.url)


MORE = "there may be more that the fleet's user does not see"
# What a check says from what was found, not from what was missed; a failure if not told here.
CERTAIN: Mapping[str, Sequence[Result]] = {
    "acceptance_evidence": (Result.PASS,),
    "draft_invoice": (),
}

CHECKS: Sequence[Callable[[Facts, ReadinessPolicy, date], Check]] = (
    _hold,
    _price,
    _tax,
    _milestones,
    _approved_time,
    _contract,
    _project_status,
    _acceptance,
    _purchase_order,
    _invoice_address,
    _expenses,
    _draft_invoice,
    _order_approval,
    _open_tickets,
)
