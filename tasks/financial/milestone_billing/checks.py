"""What must hold of an order before it is drafted, beyond what must before it is invoiced."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Final

from tasks.domain.ageing import ROUNDING
from tasks.domain.billing import Billing
from tasks.domain.checklists import Check, Owner, Result
from tasks.domain.labels import LABELS
from tasks.domain.periods import AsOf
from tasks.domain.texts import NOTHING, Money, Text, plural
from tasks.financial.milestone_billing.policy import DraftingPolicy
from tasks.financial.milestone_billing.snapshot import Snapshot, is_due
from tasks.reads.invoicing.acceptance import OF_FILES
from tasks.reads.invoicing.evidence import Evidence
from tasks.reads.invoicing.facts import Facts, known
from tasks.reads.invoicing.owned import NO_MANAGER, names
from tasks.reads.invoicing.policy import AcceptanceKind
from tasks.reads.invoicing.rules import checklist
from tasks.reads.invoicing.words import NOT_REQUIRED
from tasks.reads.orders import SoldLine, SoldOrder
from tasks.records.sales import Milestone

ZERO: Final = Decimal(0)
FINANCE: Final = (Owner(Text("finance")),)


@dataclass(frozen=True)
class Candidate:
    """One order, as its checks see it."""

    order: SoldOrder
    policy: DraftingPolicy
    facts: Facts
    milestones: Sequence[Milestone]
    #: On no invoice, and of these the ones dated ahead.
    hours: float
    ahead: float
    today: date
    #: Milestones that a source which signs what it tells says to be signed.
    signed: frozenset[int] = frozenset()

    @cached_property
    def due(self) -> Sequence[SoldLine]:
        """The lines that Odoo would invoice now."""
        return [line for line in self.order.lines if is_due(line)]

    @cached_property
    def kinds(self) -> frozenset[Billing]:
        """How these are billed."""
        return frozenset(line.sold.billing for line in self.due)

    @cached_property
    def amount(self) -> Decimal:
        """What they come to, before taxes."""
        return sum((line.sold.worth(line.line.qty_to_invoice) for line in self.due), ZERO)

    @cached_property
    def deduction(self) -> Decimal:
        """What was paid beforehand and not taken off yet."""
        paid = (line.sold for line in self.order.lines if line.line.is_downpayment)
        return sum((sold.deduction for sold in paid), ZERO)

    @cached_property
    def kickoffs(self) -> Sequence[Milestone]:
        """The reached ones."""
        return [m for m in self.milestones if m.is_reached and self.policy.is_kickoff(m.name)]

    @property
    def leads(self) -> Sequence[Owner]:
        """Who leads the order's projects."""
        return self.facts.managers or (NO_MANAGER,)

    def is_accepted(self, milestone: Milestone) -> bool:
        """Whether anything that the policy takes shows it of this very milestone."""
        files = self.facts.evidence.on_milestones if self.facts.evidence else {}
        names_of = files.get(milestone.id, ())
        shown = {
            AcceptanceKind.FILE: bool(names_of),
            AcceptanceKind.NAMED_FILE: Evidence(names=names_of).is_called(
                self.policy.acceptance_files
            ),
            AcceptanceKind.PORTAL_SIGNATURE: self.facts.signature is not None,
            AcceptanceKind.SIGNED_ELSEWHERE: milestone.id in self.signed,
        }
        return any(shown[kind] for kind in self.policy.acceptance_kinds)

    @cached_property
    def unbilled(self) -> Sequence[Milestone]:
        """Reached milestones of which something is due: the last ones, as the first are billed."""
        return [m for line in self.due for m in self._unbilled(line)]

    def _unbilled(self, line: SoldLine) -> Iterator[Milestone]:
        own = [m for m in self.milestones if m.is_reached and m.sale_line_id == line.line.id]
        left = line.line.qty_to_invoice
        for milestone in sorted(own, key=lambda m: (m.reached_date or date.min, m.id))[::-1]:
            if left > ROUNDING:
                yield milestone
                left -= Decimal(repr(milestone.quantity_percentage)) * line.sold.ordered


def look_at(order: SoldOrder, snapshot: Snapshot, as_of: AsOf, policy: DraftingPolicy) -> Candidate:
    """policy: that of the order's business unit."""
    number = order.order.id
    signed = (key for model, key in as_of.signed or {} if model == Milestone.MODEL)
    return Candidate(
        order=order,
        policy=policy,
        facts=known(snapshot.facts[number], number, as_of),
        milestones=snapshot.milestones.get(number, ()),
        hours=snapshot.hours.get(number, 0.0),
        ahead=snapshot.ahead.get(number, 0.0),
        today=as_of.day,
        signed=frozenset(signed),
    )


def checks_of(look: Candidate) -> tuple[Check, ...]:
    """What must hold of whatever is invoiced, then of what is drafted."""
    own = (check(look) for check in CHECKS)
    return (*checklist(look.facts, look.policy, look.today), *own)


def _verdict(
    name: str, look: Candidate, problem: Text, step: Text, owners: Sequence[Owner] = FINANCE
) -> Check:
    if not problem:
        return Check(name, Result.PASS, url=look.facts.url)
    return Check(name, Result.FAIL, problem, names(owners), step, look.facts.url)


def _moot(name: str, look: Candidate, reason: Text = NOT_REQUIRED) -> Check:
    return Check(name, Result.NOT_APPLICABLE, reason, url=look.facts.url)


def _unknown(name: str, look: Candidate, reason: Text) -> Check:
    return Check(name, Result.NOT_VERIFIABLE, reason, url=look.facts.url)


def _billing(look: Candidate) -> Check:
    others = sorted(look.kinds - {*look.policy.bills})
    problem = Text(
        "it would bill what is not drafted by policy: {kinds}",
        kinds=tuple(LABELS[kind.value] for kind in others),
    )
    step = Text("invoice the order by hand, in as many parts as it needs")
    return _verdict("billing", look, problem if others else NOTHING, step)


def _quantity(look: Candidate) -> Check:
    """Odoo keeps what billing by dates leaves; and lines that give something back are refunds."""
    odd = [
        line
        for line in look.due
        if abs(line.sold.due - line.sold.invoiced - line.line.qty_to_invoice) > ROUNDING
        or line.line.qty_to_invoice < 0
    ]
    problem = plural(
        "what Odoo would invoice of {count} line is not what is delivered and not invoiced",
        "what Odoo would invoice of {count} lines is not what is delivered and not invoiced",
        count=len(odd),
    )
    step = Text("look at the quantity to invoice of the line, and invoice it by hand")
    return _verdict("quantity", look, problem if odd else NOTHING, step)


def _kickoff(look: Candidate) -> Check:
    if look.policy.fixed_from != "kickoff" or Billing.FIXED not in look.kinds:
        return _moot("kickoff", look)
    if not look.kickoffs and (doubt := look.facts.doubts.get("milestones", NOTHING)):
        return _unknown("kickoff", look, doubt)
    problem = Text("a fixed price waits for the kickoff, of which no milestone is reached")
    step = Text("mark the milestone of the kickoff as reached")
    return _verdict("kickoff", look, NOTHING if look.kickoffs else problem, step, look.leads)


def _accepted(look: Candidate) -> Check:
    needed = [*look.unbilled, *(look.kickoffs if _waits_for_kickoff(look) else ())]
    required = Billing.MILESTONE in look.policy.evidence_required_for
    if look.policy.evidence_on != "milestone" or not required or not needed:
        return _moot("accepted_milestones", look)
    missing = [m.name for m in {m.id: m for m in needed}.values() if not look.is_accepted(m)]
    if missing and (doubt := _hides_acceptance(look)):
        return _unknown("accepted_milestones", look, doubt)
    problem = Text(
        "nothing on the milestone shows that the customer accepted: {milestones}",
        milestones=tuple(missing),
    )
    step = Text("attach the customer's acceptance to the milestone")
    return _verdict("accepted_milestones", look, problem if missing else NOTHING, step, look.leads)


def _hides_acceptance(look: Candidate) -> Text:
    kinds = {*look.policy.acceptance_kinds}
    if kinds & OF_FILES:
        unreadable = NOTHING if look.facts.evidence else Text("attachments are not readable")
        if doubt := look.facts.doubts.get("acceptance_evidence", unreadable):
            return doubt
    if AcceptanceKind.PORTAL_SIGNATURE in kinds and look.facts.may_be_signed:
        return Text("who signed it is hidden")
    return NOTHING


def _waits_for_kickoff(look: Candidate) -> bool:
    return look.policy.fixed_from == "kickoff" and Billing.FIXED in look.kinds


def _hours_ahead(look: Candidate) -> Check:
    if Billing.TIME_AND_MATERIALS not in look.kinds:
        return _moot("hours_ahead", look, Text("no line is billed by time"))
    if not look.ahead and (doubt := look.facts.doubts.get("approved_time", NOTHING)):
        return _unknown("hours_ahead", look, doubt)
    problem = Text("{hours} h are dated ahead, and would be billed", hours=look.ahead)
    step = Text("correct the days of these hours, or wait until they are over")
    return _verdict("hours_ahead", look, problem if look.ahead else NOTHING, step, look.leads)


def _retention(look: Candidate) -> Check:
    part, order = look.policy.retention_percent, look.order
    if not part:
        return _moot("retention", look)
    if all(m.is_reached for m in look.milestones):
        doubt = look.facts.doubts.get("milestones", NOTHING)
        verdict = _verdict("retention", look, NOTHING, NOTHING)
        return _unknown("retention", look, doubt) if doubt else verdict
    billed = sum(
        (s.sold.invoiced_amount for s in order.lines if not s.line.is_downpayment), look.amount
    )
    most = order.order.amount_untaxed * (100 - part) / 100
    problem = Text(
        "{billed} would be billed, and {percent} % of {total} are kept back until every milestone "
        "is reached",
        billed=Money(order.currency.round(billed), order.currency.code),
        percent=part,
        total=Money(order.currency.round(order.order.amount_untaxed), order.currency.code),
    )
    step = Text("invoice by hand what may be billed before the end")
    return _verdict("retention", look, problem if billed > most else NOTHING, step)


def _down_payment(look: Candidate) -> Check:
    if not look.deduction:
        return _moot("down_payment", look, Text("nothing was paid beforehand"))
    amount = Money(look.order.currency.round(look.deduction), look.order.currency.code)
    problem = NOTHING
    if look.policy.down_payments == "person":
        problem = Text("a down payment of {amount} is to be taken off", amount=amount)
    step = Text("decide how much of it is taken off, and invoice the order by hand")
    return _verdict("down_payment", look, problem, step)


def _amount(look: Candidate) -> Check:
    """Odoo makes a credit note of what comes to less than nothing."""
    total = look.amount - look.deduction
    problem = Text(
        "it would come to {amount}",
        amount=Money(look.order.currency.round(total), look.order.currency.code),
    )
    step = Text("see what is given back, and whether that is a credit note")
    return _verdict("amount", look, problem if total <= 0 else NOTHING, step)


CHECKS: Final[Sequence[Callable[[Candidate], Check]]] = (
    _billing,
    _quantity,
    _kickoff,
    _accepted,
    _hours_ahead,
    _retention,
    _down_payment,
    _amount,
)
