"""The expenses of a company that are looked at, and all that they are judged by."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from odoo_gateway.reader import Domain, Reader
from odoo_gateway.records import Record
from tasks.domain.findings import NotVerifiable
from tasks.domain.money import Currency
from tasks.domain.news import Subject
from tasks.domain.periods import AsOf
from tasks.domain.texts import NOTHING, Text
from tasks.domain.withheld import REMEDY
from tasks.doubts import unseen
from tasks.financial.expense_exceptions.kinds import Kind
from tasks.financial.expense_exceptions.policy import ExpensePolicy
from tasks.financial.expense_exceptions.records import (
    Claimant,
    Entry,
    EntryLine,
    Receipt,
    SpentExpense,
    SpentProduct,
    SpentProject,
    SpentReport,
)
from tasks.financial.expense_exceptions.spending import Spending, Stage
from tasks.reads.categories import category_paths
from tasks.reads.orders import company_currency, read_currencies
from tasks.reads.owners import People, read_people, recent_view
from tasks.records import sales

# Of Odoo 19, and of reports before.
STAGES: Final[Mapping[str, Stage]] = {
    "draft": Stage.DRAFT,
    "reported": Stage.DRAFT,
    "submitted": Stage.SUBMITTED,
    "approved": Stage.APPROVED,
    "posted": Stage.POSTED,
    "in_payment": Stage.PAID,
    "paid": Stage.PAID,
    # Reports.
    "submit": Stage.SUBMITTED,
    "approve": Stage.APPROVED,
    "post": Stage.POSTED,
    "done": Stage.PAID,
}
NOT_REFUSED: Final[Domain] = [("state", "!=", "refused")]
# Before Odoo 19 an expense stays approved while its report is posted and not paid.
NOT_POSTED: Final[Domain] = [("state", "in", ["draft", "reported", "submitted", "approved"])]
BY_COMPANY: Final = "company_account"
# What is on the bank's own account is never reconciled.
NEVER_RECONCILED: Final = frozenset({"asset_cash", "liability_credit_card"})
# Longer than any ladder; what came up before is quiet.
# What is looked at beside expenses, and the kinds of exceptions that rest on it.
RECEIPTS: Final = Text("receipts")
ENTRIES: Final = Text("entries of expenses")
PROJECTS: Final = Text("projects of expenses")
BY_ENTRY: Final = (Kind.NOT_RECONCILED,)
BY_PROJECT: Final = (Kind.CLOSED_PROJECT, Kind.NON_BILLABLE)
BY_RECEIPT: Final = (Kind.NO_RECEIPT, Kind.SAME_RECEIPT)


@dataclass(frozen=True)
class Gap:
    """What is not verifiable, and which kinds of exceptions are not told for it."""

    told: NotVerifiable
    kinds: tuple[Kind, ...]


@dataclass(frozen=True)
class Snapshot:
    """All that expenses of a company are judged by."""

    #: Whose turn it may be: who spent them, and who approves.
    people: People
    #: The company's; None where it is hidden.
    currency: Currency | None = None
    expenses: Sequence[Spending] = ()
    #: What is not looked at, and may be the same as one of these.
    others: Sequence[Spending] = ()
    #: Checksums of the files on each of them, "" for a file without.
    receipts: Mapping[int, frozenset[str]] = field(default_factory=dict)
    claimants: Mapping[int, Claimant] = field(default_factory=dict)
    products: Mapping[int, SpentProduct] = field(default_factory=dict)
    #: By category, it and those above it, the topmost first.
    categories: Mapping[int, Sequence[int]] = field(default_factory=dict)
    #: By analytic account.
    projects: Mapping[int, Sequence[SpentProject]] = field(default_factory=dict)
    entries: Mapping[int, Entry] = field(default_factory=dict)
    #: The entries of which something is not reconciled.
    open_entries: frozenset[int] = frozenset()
    gaps: tuple[Gap, ...] = ()

    @property
    def unknown(self) -> frozenset[Kind]:
        """The kinds that this Odoo does not tell."""
        return frozenset(kind for gap in self.gaps for kind in gap.kinds)


def read(odoo: Reader, as_of: AsOf, policy: ExpensePolicy) -> Snapshot:
    """Expenses that are not posted, and those of late, with what they are judged by."""
    if SpentExpense.MODULE not in odoo.session.modules:
        gap = Gap(_NO_EXPENSES, tuple(Kind))
        return Snapshot(read_people(odoo, (), recent_view(as_of)), gaps=(gap,))
    if not all(map(odoo.session.may_read, (SpentExpense.MODEL, *_reports(odoo)))):
        # What is withheld for it, `rests_on` tells.
        return Snapshot(read_people(odoo, (), recent_view(as_of)))
    gaps = tuple(_gaps(odoo))
    unknown = {kind for gap in gaps for kind in gap.kinds}
    since = as_of.day - timedelta(days=max(unit.look_back_days for unit in policy.everywhere()))
    found = _looked_at(odoo, since)
    receipts = {} if Kind.NO_RECEIPT in unknown else _receipts(odoo, found)
    rows = (*found, *_older(odoo, since, found, receipts))
    claimants = _claimants(odoo, rows)
    currencies = read_currencies(odoo)
    spendings = _spendings(odoo, rows, as_of, claimants, currencies)
    ids = {row.id for row in found}
    expenses = [each for each in spendings if each.id in ids]
    products = _products(odoo, found)
    entries = {} if Kind.NOT_RECONCILED in unknown else _entries(odoo, expenses)
    return Snapshot(
        people=read_people(odoo, _users(expenses, claimants), recent_view(as_of)),
        currency=company_currency(odoo, currencies),
        expenses=expenses,
        others=[each for each in spendings if each.id not in ids],
        receipts=receipts,
        claimants=claimants,
        products=products,
        categories=_categories(odoo, products, policy),
        projects={} if Kind.CLOSED_PROJECT in unknown else _projects(odoo, expenses),
        entries=entries,
        open_entries=_open(odoo, entries) if entries else frozenset(),
        gaps=gaps,
    )


def _reports(odoo: Reader) -> Sequence[str]:
    return () if odoo.lacks(SpentExpense, "sheet_id") else (SpentReport.MODEL,)


def _looked_at(odoo: Reader, since: date) -> Sequence[SpentExpense]:
    late: Domain = ["|", *NOT_POSTED, ("date", ">=", str(since))]
    return odoo.search(SpentExpense, [*NOT_REFUSED, *late])


def _receipts(odoo: Reader, found: Iterable[SpentExpense]) -> Mapping[int, frozenset[str]]:
    """Those of the expenses, and of others that have one of the same files."""
    on_expenses: Domain = [("res_model", "=", SpentExpense.MODEL)]
    ids = sorted(row.id for row in found)
    files = odoo.search(Receipt, [*on_expenses, ("res_id", "in", ids)])
    sums = sorted({file.checksum for file in files if file.checksum})
    same: Domain = [*on_expenses, ("checksum", "in", sums), ("res_id", "not in", ids)]
    by: dict[int, set[str]] = defaultdict(set)
    for file in (*files, *odoo.search(Receipt, same)):
        by[file.res_id or 0].add(file.checksum or "")
    return {number: frozenset(of) for number, of in by.items()}


def _older(
    odoo: Reader,
    since: date,
    found: Sequence[SpentExpense],
    receipts: Mapping[int, frozenset[str]],
) -> Sequence[SpentExpense]:
    """What is not looked at and was spent on the day of one that is, or has the same file."""
    known = {row.id for row in found}
    days = sorted({str(row.date) for row in found if row.date and row.date < since})
    others = sorted(receipts.keys() - known)
    alike: Domain = ["|", ("date", "in", days), ("id", "in", others)]
    rows = odoo.search(SpentExpense, [*NOT_REFUSED, *alike]) if days or others else ()
    return [row for row in rows if row.id not in known]


def _claimants(odoo: Reader, rows: Iterable[SpentExpense]) -> Mapping[int, Claimant]:
    by: dict[int, set[Subject]] = defaultdict(set)
    for row in rows:
        by[row.employee_id].add((SpentExpense.MODEL, row.id))
    return odoo.referred(Claimant, by)


def _spendings(
    odoo: Reader,
    rows: Sequence[SpentExpense],
    as_of: AsOf,
    claimants: Mapping[int, Claimant],
    currencies: Mapping[int, Currency],
) -> Sequence[Spending]:
    """The expenses in the words of all versions; those whose currency is hidden are drift."""
    sheets = {row.sheet_id for row in rows if row.sheet_id}
    reports = {report.id: report for report in odoo.read(SpentReport, sheets)} if sheets else {}
    companys = odoo.company.currency_id
    in_currency: dict[int, set[Subject]] = defaultdict(set)
    for row in rows:
        in_currency[row.currency_id or companys].add((SpentExpense.MODEL, row.id))
    odoo.miss(sales.Currency.MODEL, in_currency, currencies)
    found: list[Spending] = []
    for row in rows:
        report = reports.get(row.sheet_id or 0)
        claimant = claimants.get(row.employee_id)
        currency = currencies.get(row.currency_id or companys)
        if claimant and currency and not (report and report.state == "cancel"):
            url = odoo.session.link(SpentExpense.MODEL, row.id)
            found.append(_spending(row, report, claimant, currency, as_of.zone, url))
    return found


def _spending(
    row: SpentExpense,
    report: SpentReport | None,
    claimant: Claimant,
    currency: Currency,
    zone: ZoneInfo,
    url: str,
) -> Spending:
    approved = row.approval_date or (report.approval_date if report else None)
    named = row.manager_id or (report.user_id if report else None)
    keys = (row.analytic_distribution or {}).keys()
    return Spending(
        id=row.id,
        name=row.name,
        url=url,
        employee_id=row.employee_id,
        stage=STAGES[report.state if report else row.state],
        entered=row.create_date.astimezone(zone).date(),
        day=row.date,
        approved=approved.astimezone(zone).date() if approved else None,
        amount=currency.round(row.own_amount),
        currency=currency,
        in_company_currency=row.company_amount,
        product_id=row.product_id,
        paid_by_company=row.payment_mode == BY_COMPANY,
        approver_id=named or claimant.expense_manager_id,
        order_id=row.sale_order_id,
        accounts=frozenset(
            int(part) for key in keys for part in key.split(",") if part.strip().isdecimal()
        ),
        family=row.split_expense_origin_id or row.id,
        entries=_entries_of(row, report),
        in_payment="in_payment" in (row.state, report and report.payment_state),
    )


def _entries_of(row: SpentExpense, report: SpentReport | None) -> tuple[int, ...]:
    known = (row.account_move_id, report.account_move_id if report else None)
    of_report = report.account_move_ids if report else ()
    return tuple(sorted({*(number for number in known if number), *of_report}))


def _products(odoo: Reader, rows: Iterable[SpentExpense]) -> Mapping[int, SpentProduct]:
    by: dict[int, set[Subject]] = defaultdict(set)
    for row in rows:
        if row.product_id:
            by[row.product_id].add((SpentExpense.MODEL, row.id))
    return odoo.referred(SpentProduct, by)


def _categories(
    odoo: Reader, products: Mapping[int, SpentProduct], policy: ExpensePolicy
) -> Mapping[int, Sequence[int]]:
    """Nothing where no limit goes by them."""
    if not any(limit.category for unit in policy.everywhere() for limit in unit.limits):
        return {}
    by: dict[int, set[Subject]] = defaultdict(set)
    for product in products.values():
        if product.categ_id:
            by[product.categ_id].add((SpentProduct.MODEL, product.id))
    return category_paths(odoo, by)


def _projects(odoo: Reader, expenses: Iterable[Spending]) -> Mapping[int, Sequence[SpentProject]]:
    accounts = sorted({account for each in expenses for account in each.accounts})
    name = odoo.session.layout(SpentProject).names["account_id"]
    booked: Domain = [(name, "in", accounts)]
    found: dict[int, list[SpentProject]] = defaultdict(list)
    for project in odoo.search(SpentProject, booked, archived=True, all_companies=True):
        found[project.account_id or 0].append(project)
    return found


def _entries(odoo: Reader, expenses: Iterable[Spending]) -> Mapping[int, Entry]:
    by: dict[int, set[Subject]] = defaultdict(set)
    for each in expenses:
        for number in each.entries:
            by[number].add((SpentExpense.MODEL, each.id))
    return odoo.referred(Entry, by)


def _open(odoo: Reader, entries: Iterable[int]) -> frozenset[int]:
    left: Domain = [("move_id", "in", sorted(entries)), ("amount_residual", "!=", 0)]
    lines = odoo.search(EntryLine, left)
    return frozenset(line.move_id for line in lines if line.account_type not in NEVER_RECONCILED)


def _users(expenses: Iterable[Spending], claimants: Mapping[int, Claimant]) -> Iterator[int | None]:
    for each in expenses:
        yield each.approver_id
        yield claimants[each.employee_id].user_id


def _gaps(odoo: Reader) -> Iterator[Gap]:
    """What this Odoo does not tell of expenses, and why."""
    if doubt := unseen(odoo, Receipt.MODEL):
        yield Gap(NotVerifiable(RECEIPTS, doubt, REMEDY), BY_RECEIPT)
    if doubt := unseen(odoo, Entry.MODEL, EntryLine.MODEL):
        yield Gap(NotVerifiable(ENTRIES, doubt, REMEDY), BY_ENTRY)
    if reason := _projects_hidden(odoo) or _hidden(odoo, SpentExpense, "analytic_distribution"):
        yield Gap(NotVerifiable(PROJECTS, reason, REMEDY), BY_PROJECT)
    elif doubt := unseen(odoo, SpentProject.MODEL):
        yield Gap(NotVerifiable(PROJECTS, doubt, REMEDY), BY_PROJECT)
    elif reason := _hidden(odoo, SpentProject, "allow_billable"):
        yield Gap(NotVerifiable(Text("billable projects"), reason, REMEDY), (Kind.NON_BILLABLE,))
    if reason := _hidden(odoo, SpentExpense, "sale_order_id") or _hidden(
        odoo, SpentProduct, "expense_policy"
    ):
        gap = NotVerifiable(Text("re-invoiced expenses"), reason, REMEDY)
        yield Gap(gap, (Kind.ON_NO_ORDER,))


def _projects_hidden(odoo: Reader) -> Text:
    if odoo.session.exists(SpentProject.MODEL) is False:
        return Text("projects are not installed")
    may_read = odoo.session.may_read(SpentProject.MODEL)
    return _hidden(odoo, SpentProject, "account_id") if may_read else NOTHING


def _hidden(odoo: Reader, record: type[Record], name: str) -> Text:
    """That this Odoo shows no such field; "" where it does."""
    if not odoo.lacks(record, name):
        return NOTHING
    return Text(
        "{model} shows no {field} to the fleet's user: a module is missing, or a group",
        model=record.MODEL,
        field=name,
    )


_NO_EXPENSES: Final = NotVerifiable(
    check=Text("expenses"),
    reason=Text("expenses are not installed"),
    remedy=Text("install hr_expense to have them looked at"),
)
