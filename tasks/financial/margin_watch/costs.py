"""Reads what projects cost: hours, what is booked on their accounts, and what is yet to be."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from odoo_gateway.reader import Domain, Group, Grouping, Reader
from tasks.financial.margin_watch.facts import Books, Logged, Planned
from tasks.financial.margin_watch.records import (
    BookedAmount,
    BookedLine,
    Bought,
    PlannedTask,
    WaitingExpense,
)
from tasks.reads.units import hours_by, in_hours

ZERO: Final = Decimal(0)
INCOME: Final = ("income", "income_other")
CANCELLED: Final = "1_canceled"
DONE: Final = "1_done"
# What adding up binary fractions may leave.
LOST: Final = Decimal("0.001")
OPEN_STATES: Final = ("draft", "reported", "submitted", "approved")
OPEN_REPORTS: Final = ("draft", "submit", "approve")


@dataclass(frozen=True)
class Hours:
    """Hours by project and order line, and the projects on which other companies logged some."""

    of: Mapping[int, Mapping[int | None, Logged]]
    of_others: frozenset[int]
    #: By order line, the projects that its hours are on.
    logged_on: Mapping[int, Collection[int]]


def read_hours(odoo: Reader, projects: Collection[int]) -> Hours:
    """In hours, and in the company's currency; what other companies logged is not among them."""
    on: Domain = [("project_id", "in", sorted(projects))]
    free: Domain = [*on, ("amount", "=", 0), ("unit_amount", "!=", 0)]
    by = ["project_id", "so_line", "company_id"]
    asked = [
        hours_by(odoo, on, by, sums=["amount"]),
        hours_by(odoo, free, by),
    ]
    logged, uncosted = (in_hours(odoo, groups) for groups in odoo.groups(asked))
    without = {_key(group): exact(group.sums[0]) for group in uncosted}
    of: dict[int, dict[int | None, Logged]] = defaultdict(dict)
    of_others: set[int] = set()
    logged_on: dict[int, set[int]] = defaultdict(set)
    for group in logged:
        project, line, company = key = _key(group)
        if company != odoo.company_id:
            of_others.add(project)
            continue
        hours, amount = map(exact, group.sums)
        # Odoo writes costs as negative amounts.
        of[project][line] = Logged(hours, -amount, without.get(key, ZERO))
        if line:
            logged_on[line].add(project)
    return Hours(of, frozenset(of_others), logged_on)


def _key(group: Group) -> tuple[int, int | None, int]:
    """Project, order line if any, and company."""
    line = group.keys[1]
    return group.id_at(0), line if isinstance(line, int) else None, group.id_at(2)


@dataclass(frozen=True)
class Booked:
    """What is booked, by analytic account."""

    of: Mapping[int, Books]
    #: The accounts on which other companies booked.
    of_others: frozenset[int]
    #: Those of which something is booked on accounts of the books that are hidden.
    hidden: frozenset[int]


def read_booked(odoo: Reader, accounts: Collection[int]) -> Booked:
    """In the company's currency."""
    on: Domain = [("account_id", "in", sorted(accounts)), ("project_id", "=", False)]
    by = ["account_id", "company_id"]
    income: Domain = [*on, ("general_account_id.account_type", "in", [*INCOME])]
    # Of a ledger account that is hidden, neither this nor that holds.
    other: Domain = [("general_account_id.account_type", "not in", [*INCOME])]
    cost: Domain = [*on, "|", ("general_account_id", "=", False), *other]
    spent: Domain = [*on, ("move_line_id.expense_id", "!=", False)]
    with_expenses = WaitingExpense.MODULE in odoo.session.modules
    domains = [on, income, cost, *([spent] if with_expenses else [])]
    asked = [
        Grouping(BookedLine.MODEL, domain, by, ["amount"], all_companies=True) for domain in domains
    ]
    everything, revenue, costs, *expenses = odoo.groups(asked)
    others = {group.id_at(0) for group in everything if group.id_at(1) != odoo.company_id}
    total, earned, paid, spending = (
        {g.id_at(0): exact(g.sums[0]) for g in groups if g.id_at(1) == odoo.company_id}
        for groups in (everything, revenue, costs, expenses[0] if expenses else ())
    )
    return Booked(
        {
            account: Books(
                revenue=(booked := earned.get(account, ZERO)),
                expenses=(own := -spending.get(account, ZERO)),
                purchases=-(total[account] - booked) - own,
            )
            for account in total
        },
        frozenset(others),
        frozenset(
            account
            for account in total
            if abs(total[account] - earned.get(account, ZERO) - paid.get(account, ZERO)) > LOST
        ),
    )


def books_are_told(odoo: Reader) -> bool:
    """Whether this Odoo has what tells revenue from cost, and shows it."""
    told = ("account_id", "general_account_id", "move_line_id")
    return odoo.session.may_read(BookedAmount.MODEL) and not any(
        odoo.lacks(BookedLine, name) for name in told
    )


def read_planned(
    odoo: Reader, projects: Collection[int]
) -> Mapping[int, Mapping[int | None, Planned]]:
    """By project and order line, of tasks that are on top: the hours of parts are among theirs."""
    names = odoo.session.layout(PlannedTask).names
    planned = names["allocated_hours"]
    top: Domain = [("project_id", "in", sorted(projects)), ("parent_id", "=", False)]
    if not odoo.lacks(PlannedTask, "is_template"):
        top = [*top, ("is_template", "=", False)]
    of_line = [] if odoo.lacks(PlannedTask, "sale_line_id") else ["sale_line_id"]
    by = ["project_id", *of_line]
    over, left_out = _over(odoo)
    questions: tuple[tuple[Domain, str], ...] = (
        ([*top, *left_out], planned),
        ([*top, *over], planned),
        ([*top, *left_out, *_open(odoo), ("remaining_hours", ">", 0)], "remaining_hours"),
    )
    asked = [
        Grouping(PlannedTask.MODEL, domain, by, [amount], all_companies=True)
        for domain, amount in questions
    ]
    sums: dict[tuple[int, int | None], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO, ZERO])
    for position, groups in enumerate(odoo.groups(asked)):
        for group in groups:
            line = group.keys[1] if of_line else None
            key = group.id_at(0), line if isinstance(line, int) else None
            sums[key][position] = exact(group.sums[0])
    found: dict[int, dict[int | None, Planned]] = defaultdict(dict)
    for (project, line), amounts in sums.items():
        found[project][line] = Planned(*amounts)
    return found


def _over(odoo: Reader) -> tuple[Domain, Domain]:
    """Tasks that are done, and those that were not cancelled; Odoo 16 tells them not apart."""
    if odoo.lacks(PlannedTask, "state"):
        return [("is_closed", "=", True)], []
    return [("state", "=", DONE)], [("state", "!=", CANCELLED)]


def _open(odoo: Reader) -> Domain:
    if odoo.lacks(PlannedTask, "state"):
        return [("is_closed", "=", False)]
    return [("state", "not in", [DONE, CANCELLED])]


def read_waiting(odoo: Reader) -> Mapping[int, Decimal]:
    """Expenses that are not posted, taxes included, by account, in the company's currency.

    Before Odoo 19 an expense stays approved while its report is posted.
    """
    if WaitingExpense.MODULE not in odoo.session.modules:
        return {}
    if not odoo.session.may_read(WaitingExpense.MODEL):
        # What is withheld for it, `rests_on` tells.
        return {}
    domain: Domain = [("state", "in", [*OPEN_STATES])]
    if not odoo.lacks(WaitingExpense, "sheet_id"):
        of_reports: Domain = [("sheet_id.state", "in", [*OPEN_REPORTS])]
        domain = [*domain, "|", ("sheet_id", "=", False), *of_reports]
    return _shared_out(
        (each.analytic_distribution, _company_amount(each))
        for each in odoo.search(WaitingExpense, domain)
    )


def _company_amount(expense: WaitingExpense) -> Decimal:
    known = expense.total_amount_company
    return expense.total_amount if known is None else known


def read_bought(odoo: Reader) -> tuple[Bought, ...]:
    """Lines of confirmed purchase orders that are not billed whole, or are for a sales order."""
    confirmed: Domain = [("state", "in", ["purchase", "done"]), ("display_type", "=", False)]
    left: Domain = [("order_id.invoice_status", "!=", "invoiced")]
    if not odoo.lacks(Bought, "sale_line_id"):
        left = ["|", *left, ("sale_line_id", "!=", False)]
    return odoo.search(Bought, [*confirmed, *left])


def left_to_bill(bought: Bought) -> Decimal:
    """What of a purchase is on no bill, draft or posted, in the order's currency."""
    if bought.product_qty <= 0:
        return ZERO
    left = max(bought.product_qty - bought.qty_invoiced, ZERO)
    return bought.price_subtotal * left / bought.product_qty


def shares(distribution: Mapping[str, float] | None) -> Iterator[tuple[int, Decimal]]:
    """The accounts of a distribution with the share of each, 0 to 1."""
    for key, percent in (distribution or {}).items():
        for part in key.split(","):
            if part.strip().isdecimal():
                yield int(part), Decimal(repr(percent)) / 100


def _shared_out(
    booked: Iterable[tuple[Mapping[str, float] | None, Decimal]],
) -> Mapping[int, Decimal]:
    found: dict[int, Decimal] = defaultdict(Decimal)
    for distribution, amount in booked:
        for account, share in shares(distribution):
            found[account] += amount * share
    return found


def exact(total: float) -> Decimal:
    """Odoo adds up binary fractions: what that leaves far behind the point would tip a cent."""
    return Decimal(repr(round(total, 8)))
