"""Is an order ready to be invoiced? An explicit checklist, one pure function per check."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tasks.domain.billing import Billing
from tasks.domain.checklists import Check, Owner, Result
from tasks.domain.findings import NotVerifiable
from tasks.domain.holds import hold_on
from tasks.domain.texts import NOTHING, Text, joined, plural
from tasks.domain.withheld import REMEDY
from tasks.reads.invoicing.acceptance import OF_FILES, is_accepted, signed
from tasks.reads.invoicing.approval import order_approval
from tasks.reads.invoicing.facts import Facts
from tasks.reads.invoicing.owned import NO_MANAGER, Share, failure
from tasks.reads.invoicing.policy import AcceptanceKind, InvoicingPolicy
from tasks.reads.invoicing.sending import way_of
from tasks.reads.invoicing.tickets import open_tickets
from tasks.reads.invoicing.words import NOT_REQUIRED


def checklist(facts: Facts, policy: InvoicingPolicy, today: date) -> tuple[Check, ...]:
    """Every check of the order, in the order that people read them."""
    return tuple(_doubted(check(facts, policy, today), facts) for check in CHECKS)


def _doubted(check: Check, facts: Facts) -> Check:
    """The check, or that it cannot be made: what was found stands, what was not found may exist."""
    doubt, result = facts.doubts.get(check.check, NOTHING), check.result
    if not doubt or result in (Result.NOT_APPLICABLE, Result.NOT_VERIFIABLE):
        return check
    if result not in CERTAIN.get(check.check, (Result.FAIL,)):
        return _unknown(check.check, facts, doubt)
    more = joined([check.reason, MORE], "; ") if result is Result.FAIL else check.reason
    return replace(check, reason=more)


def _verdict(
    name: str, facts: Facts, problem: Text, next_step: Text, owners: Sequence[Owner]
) -> Check:
    """A pass; or a failure of which all is with each of these owners."""
    return _shared(name, facts, problem, next_step, [Share(owner, problem) for owner in owners])


def _shared(
    name: str, facts: Facts, problem: Text, next_step: Text, shares: Sequence[Share]
) -> Check:
    """A pass; or a failure of which each owner has a part."""
    if not problem:
        return Check(name, Result.PASS, url=facts.url)
    return failure(name, problem, next_step, facts.url, shares)


def _led(facts: Facts) -> Sequence[Owner]:
    """Who leads the order's projects."""
    return facts.managers or (NO_MANAGER,)


def _moot(name: str, facts: Facts, reason: Text) -> Check:
    return Check(name, Result.NOT_APPLICABLE, reason, url=facts.url)


def _unknown(name: str, facts: Facts, reason: Text) -> Check:
    return Check(name, Result.NOT_VERIFIABLE, reason, url=facts.url)


def _price(facts: Facts, policy: InvoicingPolicy, today: date) -> Check:
    unpriced = sum(line.unpriced for line in facts.lines)
    problem = plural(
        "no price on {count} line with something to bill",
        "no price on {count} lines with something to bill",
        count=unpriced,
    )
    step = Text("set the unit price on the order line, or a discount of 100 % if it is given away")
    return _verdict("price", facts, problem if unpriced else NOTHING, step, [facts.salesperson])


def _tax(facts: Facts, policy: InvoicingPolicy, today: date) -> Check:
    if not policy.tax_required and not policy.vat_number_required:
        return _moot("tax", facts, NOT_REQUIRED)
    problems = []
    if policy.tax_required and facts.untaxed_lines:
        problems.append(
            plural(
                "no tax on {count} line to bill",
                "no tax on {count} lines to bill",
                count=facts.untaxed_lines,
            )
        )
    if policy.vat_number_required and not facts.vat_number:
        customer = facts.customer
        problems.append(
            Text("the invoice address of {customer} has no VAT number", customer=customer)
        )
    step = Text("set the tax on the order line, or the VAT number on the address")
    return _verdict("tax", facts, joined(problems, "; "), step, [facts.salesperson])


def _contract(facts: Facts, policy: InvoicingPolicy, today: date) -> Check:
    if policy.over_ordered_percent is None or not facts.has(Billing.TIME_AND_MATERIALS):
        return _moot("contract", facts, Text("no limit by policy, or no line is billed by time"))
    allowed = 1 + policy.over_ordered_percent / 100
    over = sum(
        line.delivered > line.ordered * allowed and not line.deducts
        for line in facts.lines
        if line.billing is Billing.TIME_AND_MATERIALS
    )
    problem = plural(
        "more time than was ordered on {count} line",
        "more time than was ordered on {count} lines",
        count=over,
    )
    step = Text("agree on the additional time with the customer and raise the ordered quantity")
    return _verdict("contract", facts, problem if over else NOTHING, step, _led(facts))


def _project_status(facts: Facts, policy: InvoicingPolicy, today: date) -> Check:
    on_hold = Text("on hold: {projects}", projects=tuple(p.project for p in facts.on_hold))
    problem = on_hold if facts.on_hold else NOTHING
    step = Text("resume the project, or put a hold on it")
    shares = [
        Share(p.manager, Text("on hold: {projects}", projects=(p.project,))) for p in facts.on_hold
    ]
    return _shared("project_status", facts, problem, step, shares)


def _hold(facts: Facts, policy: InvoicingPolicy, today: date) -> Check:
    hold = hold_on((*policy.holds, *facts.holds), facts.order, today)
    if hold is None:
        return _moot("hold", facts, Text("no hold on this order"))
    if hold.until and not hold.stands(today):
        expired = Text("expired on {day}: {reason}", day=hold.until, reason=hold.reason)
        return Check("hold", Result.PASS, expired, url=facts.url)
    step = Text("review and lift the hold")
    return Check("hold", Result.FAIL, hold.told, hold.owner, step, facts.url)


def _milestones(facts: Facts, policy: InvoicingPolicy, today: date) -> Check:
    if not facts.has(Billing.MILESTONE):
        return _moot("milestones", facts, Text("no line is billed by milestone"))
    late = [
        (milestone.deadline, milestone.name, milestone.manager)
        for milestone in facts.milestones
        if not milestone.reached
        and milestone.deadline
        and milestone.deadline < today
        and policy.late_milestones_block
    ]
    by_manager: dict[Owner, list[tuple[date, str]]] = defaultdict(list)
    for day, name, manager in late:
        by_manager[manager].append((day, name))
    problems = [_late([(day, name) for day, name, _ in late])] if late else []
    shares = [Share(manager, _late(found), min(found)[0]) for manager, found in by_manager.items()]
    step = Text("mark the milestone as reached, or agree on a new deadline")
    over = max(_reached_shares(facts), default=Decimal(0))
    if over > 1:
        too_much = Text(
            "the reached milestones of a line make {percent} % of the order",
            percent=float(over * 100),
        )
        problems.append(too_much)
        reached = dict.fromkeys(each.manager for each in facts.milestones if each.reached)
        shares += [Share(manager, too_much) for manager in reached]
        step = Text("correct the shares of the milestones, or raise the ordered quantity")
    return _shared("milestones", facts, joined(problems, "; "), step, shares)


def _late(found: Sequence[tuple[date, str]]) -> Text:
    day, name = min(found)
    return plural(
        "{count} milestone late, first {milestone} of {day}",
        "{count} milestones late, first {milestone} of {day}",
        count=len(found),
        milestone=name,
        day=day,
    )


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


def _approved_time(facts: Facts, policy: InvoicingPolicy, today: date) -> Check:
    if not policy.time_approval_required:
        return _moot("approved_time", facts, NOT_REQUIRED)
    if not facts.has(Billing.TIME_AND_MATERIALS):
        return _moot("approved_time", facts, Text("no line is billed by time"))
    if facts.unapproved_hours is None:
        return _unknown("approved_time", facts, Text("this Odoo has no timesheet approval"))
    hours = sum(held.amount for held in facts.unapproved_hours)
    problem = Text("{hours} h are not approved", hours=hours) if hours else NOTHING
    step = Text("approve the hours, or send them back")
    shares = [
        Share(held.owner, Text("{hours} h are not approved", hours=held.amount), held.since)
        for held in facts.unapproved_hours
    ]
    return _shared("approved_time", facts, problem, step, shares)


def _acceptance(facts: Facts, policy: InvoicingPolicy, today: date) -> Check:
    if not any(facts.has(kind) for kind in policy.evidence_required_for):
        return _moot("acceptance_evidence", facts, NOT_REQUIRED)
    if is_accepted(facts, policy):
        return Check("acceptance_evidence", Result.PASS, signed(facts, policy), url=facts.url)
    kinds = {*policy.acceptance_kinds}
    by_file = bool(kinds & OF_FILES)
    if by_file and facts.evidence is None:
        unreadable = Text("attachments are not readable")
        doubt = facts.doubts.get("acceptance_evidence", unreadable)
        return _unknown("acceptance_evidence", facts, doubt)
    if facts.may_be_signed and AcceptanceKind.PORTAL_SIGNATURE in kinds:
        return _unknown("acceptance_evidence", facts, Text("who signed it is hidden"))
    problem = (
        Text("no file on the order or its projects shows that the customer accepted")
        if by_file
        else Text("no signature shows that the customer accepted")
    )
    if facts.evidence and facts.evidence.own:
        ours = plural(
            "made or sent by us: {count} file",
            "made or sent by us: {count} files",
            count=facts.evidence.own,
        )
        problem = joined([problem, ours], "; ")
    step = (
        Text("attach the customer's acceptance to the order")
        if by_file
        else Text("have the customer sign for it")
    )
    return _verdict("acceptance_evidence", facts, problem, step, _led(facts))


def _purchase_order(facts: Facts, policy: InvoicingPolicy, today: date) -> Check:
    if not facts.purchase_order and not policy.purchase_order_required:
        return _moot("purchase_order", facts, NOT_REQUIRED)
    missing = Text("the customer's purchase order number is missing")
    step = Text("ask the customer and enter it as Customer Reference")
    problem = NOTHING if facts.purchase_order else missing
    return _verdict("purchase_order", facts, problem, step, [facts.salesperson])


def _invoice_address(facts: Facts, policy: InvoicingPolicy, today: date) -> Check:
    if facts.customers & {*policy.customers_without_email}:
        return _moot("invoice_address", facts, NOT_REQUIRED)
    way = way_of(facts.sending, facts.customer)
    if way is None:
        reason = Text(
            "the fleet does not know what sending invoices by {method} needs",
            method=str(facts.sending.method),
        )
        return _unknown("invoice_address", facts, reason)
    return _verdict("invoice_address", facts, way.problem, way.next_step, [facts.salesperson])


def _expenses(facts: Facts, policy: InvoicingPolicy, today: date) -> Check:
    if facts.open_expenses is None:
        return _unknown("expenses", facts, Text("expenses are not readable here"))
    count = sum(round(held.amount) for held in facts.open_expenses)
    problem = _open_expenses(count) if count else NOTHING
    step = Text("approve and post the expenses, or refuse them")
    shares = [
        Share(held.owner, _open_expenses(round(held.amount)), held.since)
        for held in facts.open_expenses
    ]
    return _shared("expenses", facts, problem, step, shares)


def _open_expenses(count: int) -> Text:
    return plural(
        "not posted yet: {count} expense of the order",
        "not posted yet: {count} expenses of the order",
        count=count,
    )


def _purchases(facts: Facts, policy: InvoicingPolicy, today: date) -> Check:
    if not policy.purchases_required:
        return _moot("purchases", facts, NOT_REQUIRED)
    if not facts.buys:
        return _moot("purchases", facts, Text("this Odoo buys nothing for orders"))
    if facts.open_purchases is None:
        return _unknown("purchases", facts, Text("purchases are not readable here"))
    count = len(facts.open_purchases)
    problem = _open_purchases(count) if count else NOTHING
    step = Text("order it from the vendor, or cancel the purchase")
    by_buyer = Counter(held.owner for held in facts.open_purchases)
    shares = [Share(buyer, _open_purchases(number)) for buyer, number in by_buyer.items()]
    return _shared("purchases", facts, problem, step, shares)


def _open_purchases(count: int) -> Text:
    return plural(
        "not ordered yet: {count} purchase for the order",
        "not ordered yet: {count} purchases for the order",
        count=count,
    )


def _draft_invoice(facts: Facts, policy: InvoicingPolicy, today: date) -> Check:
    return Check("draft_invoice", Result.PASS, facts.draft.reason, url=facts.url)


def _order_approval(facts: Facts, policy: InvoicingPolicy, today: date) -> Check:
    return order_approval(facts.approval, policy.order_approval_required, facts.url)


def _open_tickets(facts: Facts, policy: InvoicingPolicy, today: date) -> Check:
    blocking = policy.blocking_ticket_priority
    return open_tickets(facts.tickets, blocking, facts.url)


MORE = Text("there may be more that the fleet's user does not see")
# What a check says from what was found, not from what was missed; a failure if not told here.
CERTAIN: Mapping[str, Sequence[Result]] = {
    "acceptance_evidence": (Result.PASS,),
    "draft_invoice": (),
    "tax": (Result.PASS,),
    # The order itself tells; only who reviews it may be hidden.
    "order_approval": (Result.PASS, Result.FAIL),
}

CHECKS: Sequence[Callable[[Facts, InvoicingPolicy, date], Check]] = (
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
    _purchases,
    _draft_invoice,
    _order_approval,
    _open_tickets,
)


def not_verifiable(checks: Iterable[Check], facts: Iterable[Facts]) -> tuple[NotVerifiable, ...]:
    """The checks that could not be made of some order, and why.

    checks: those of all orders.
    """
    doubted = {check for each in facts for check in each.doubts}
    unknown = {
        check.check: check.reason for check in checks if check.result is Result.NOT_VERIFIABLE
    }
    return tuple(
        NotVerifiable(name, reason, REMEDY, (f"checks: {name}",))
        if name in doubted
        else NotVerifiable(
            name, reason, Text("install the module that records it, or grant read access")
        )
        for name, reason in sorted(unknown.items())
    )
