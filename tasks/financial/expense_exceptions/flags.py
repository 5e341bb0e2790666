"""What is wrong with each expense: which kinds of exceptions it is, since when, and why."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeVar

from tasks.domain.periods import AsOf
from tasks.domain.texts import NOTHING, Money, Text
from tasks.financial.expense_exceptions.kinds import Kind
from tasks.financial.expense_exceptions.policy import ExpensePolicy, Limit
from tasks.financial.expense_exceptions.records import Entry, SpentProject
from tasks.financial.expense_exceptions.snapshot import Snapshot
from tasks.financial.expense_exceptions.spending import Spending, Stage

# As many names are told as a sentence has room for.
MOST_NAMED: Final = 5
DONE: Final = "done"
REINVOICED: Final = frozenset({"cost", "sales_price"})
K = TypeVar("K", bound=Hashable)
NOT_POSTED: Final = frozenset({Stage.DRAFT, Stage.SUBMITTED, Stage.APPROVED})


@dataclass(frozen=True)
class Flag:
    """One thing that is wrong with an expense."""

    kind: Kind
    expense: Spending
    #: The first day on which it is.
    since: date
    reason: Text
    #: What somebody accepts who accepts it, beside the expense itself: a limit, other expenses.
    about: str = ""


class Flags:
    """Finds what is wrong with the expenses of one snapshot."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: ExpensePolicy) -> None:
        self._snapshot, self._as_of, self._policy = snapshot, as_of, policy
        everything = (*snapshot.expenses, *snapshot.others)
        self._all = {each.id: each for each in everything}
        self._looked_at = {each.id for each in snapshot.expenses}
        self._alike = _grouped((_sign(each), each) for each in everything if _is_told(each))
        self._by_file = _grouped(
            (checksum, self._all[number])
            for number, of in snapshot.receipts.items()
            for checksum in of
            if checksum and number in self._all
        )

    def of(self, expense: Spending) -> Sequence[Flag]:
        """All that is wrong with an expense, of the kinds that this Odoo tells."""
        rules: Sequence[Callable[[Spending, ExpensePolicy], Iterator[Flag]]] = (
            self._over_limit,
            self._no_receipt,
            self._duplicate,
            self._not_posted,
            self._project,
            self._on_no_order,
            self._not_reconciled,
        )
        policy = self.policy_of(expense)
        if expense.employee_id in policy.exempt_employees:
            return ()
        unknown = self._snapshot.unknown
        found = [flag for rule in rules for flag in rule(expense, policy)]
        return [flag for flag in found if flag.kind not in unknown]

    def policy_of(self, expense: Spending) -> ExpensePolicy:
        """That of the business unit of who spent it."""
        claimant = self._snapshot.claimants[expense.employee_id]
        return self._policy.for_department(claimant.department_id)

    def uncompared(self, expense: Spending) -> Limit | None:
        """Its limit, where that is in a currency which the expense has no amount in."""
        policy = self.policy_of(expense)
        if expense.employee_id in policy.exempt_employees:
            return None
        limits = self._limits(expense, policy)
        return limits[0] if limits and self._comparable(expense, limits) is None else None

    def _over_limit(self, expense: Spending, policy: ExpensePolicy) -> Iterator[Flag]:
        compared = self._comparable(expense, self._limits(expense, policy))
        if compared is None:
            return
        limit, amount = compared
        most = Money(limit.amount, limit.currency)
        if amount.amount > limit.amount:
            product = self._snapshot.products.get(expense.product_id or 0)
            reason = (
                Text(
                    "{amount} is above the limit of {limit} for {product}",
                    amount=amount,
                    limit=most,
                    product=product.display_name,
                )
                if product
                else Text("{amount} is above the limit of {limit}", amount=amount, limit=most)
            )
            yield Flag(Kind.OVER_LIMIT, expense, expense.entered, reason, str(most))

    def _limits(self, expense: Spending, policy: ExpensePolicy) -> Sequence[Limit]:
        """Those of its product, else of the nearest category that has any, else of everything."""
        product = self._snapshot.products.get(expense.product_id or 0)
        of_product = [x for x in policy.limits if product and x.product == product.id]
        if of_product:
            return of_product
        path = self._snapshot.categories.get((product and product.categ_id) or 0, ())
        for category in reversed(path):
            if found := [limit for limit in policy.limits if limit.category == category]:
                return found
        return [limit for limit in policy.limits if not limit.product and not limit.category]

    def _comparable(self, expense: Spending, limits: Sequence[Limit]) -> tuple[Limit, Money] | None:
        """The limit that the expense can be held against, and its amount in that currency."""
        by_currency = {limit.currency: limit for limit in limits}
        if limit := by_currency.get(expense.currency.code):
            return limit, expense.money
        companys = self._snapshot.currency
        if companys and (limit := by_currency.get(companys.code)):
            amount = companys.round(expense.in_company_currency)
            return limit, Money(amount, companys.code)
        return None

    def _no_receipt(self, expense: Spending, policy: ExpensePolicy) -> Iterator[Flag]:
        least = policy.receipt_from.get(expense.currency.code, 0)
        exempt = expense.product_id in policy.no_receipt_products or expense.amount < least
        if not exempt and not self._snapshot.receipts.get(expense.id):
            reason = Text("no file is attached to the expense of {amount}", amount=expense.money)
            yield Flag(Kind.NO_RECEIPT, expense, expense.entered, reason)

    def _duplicate(self, expense: Spending, policy: ExpensePolicy) -> Iterator[Flag]:
        """What stands for it twice: by what Odoo compares, and by the files on both."""
        alike = self._earlier(expense, self._alike.get(_sign(expense), ()))
        files = self._snapshot.receipts.get(expense.id, ())
        same = self._earlier(expense, [e for file in files for e in self._by_file.get(file, ())])
        if alike:
            reason = Text(
                "it has the employee, product, day and amount of {others}",
                others=self._named(alike),
            )
            yield Flag(Kind.DUPLICATE, expense, expense.entered, reason, _ids(alike))
        if same := [each for each in same if each not in alike]:
            reason = Text("a file on it is also on {others}", others=self._named(same))
            yield Flag(Kind.SAME_RECEIPT, expense, expense.entered, reason, _ids(same))

    def _earlier(self, expense: Spending, group: Iterable[Spending]) -> Sequence[Spending]:
        """The others that came before it, or are not looked at themselves; no parts of a split."""
        others = {each.id: each for each in group if each.family != expense.family}
        return [
            each
            for number, each in sorted(others.items())
            if number < expense.id or number not in self._looked_at
        ]

    def _named(self, others: Sequence[Spending]) -> tuple[str, ...]:
        return _some(
            Text(
                "{expense} of {employee} (no. {id})",
                expense=each.name,
                employee=self._snapshot.claimants[each.employee_id].name,
                id=each.id,
            )
            for each in others
        )

    def _not_posted(self, expense: Spending, policy: ExpensePolicy) -> Iterator[Flag]:
        """Approved and not posted, else stale."""
        if expense.stage is Stage.APPROVED:
            approved = expense.approved or expense.entered
            since = _after(approved, policy.post_within_days)
            if since <= self._as_of.day:
                reason = (
                    Text("approved on {day} and not posted", day=approved)
                    if expense.approved
                    else Text("approved, entered on {day}, and not posted", day=approved)
                )
                yield Flag(Kind.NOT_POSTED, expense, since, reason)
                return
        elif expense.stage is Stage.POSTED and self._is_draft(expense):
            since = _after(expense.approved or expense.entered, policy.post_within_days)
            if since <= self._as_of.day:
                yield Flag(Kind.NOT_POSTED, expense, since, Text("its entry is still a draft"))
        since = _after(expense.spent_on, policy.stale_after_days)
        if expense.stage in NOT_POSTED and since <= self._as_of.day:
            reason = {
                Stage.DRAFT: Text("of {day}, and not submitted", day=expense.spent_on),
                Stage.SUBMITTED: Text("of {day}, and not approved", day=expense.spent_on),
                Stage.APPROVED: Text("of {day}, and not posted", day=expense.spent_on),
            }[expense.stage]
            yield Flag(Kind.STALE, expense, since, reason, expense.stage.value)

    def _project(self, expense: Spending, policy: ExpensePolicy) -> Iterator[Flag]:
        """An account with several projects is as good as the best of them."""
        booked = [self._snapshot.projects.get(account, ()) for account in sorted(expense.accounts)]
        asked = [of for of in booked if not {each.id for each in of} & {*policy.exempt_projects}]
        closed = [each for of in asked if all(map(_is_closed, of)) for each in of]
        if closed:
            reason = Text("booked on {projects}: closed or archived", projects=_names(closed))
            yield Flag(Kind.CLOSED_PROJECT, expense, expense.entered, reason, _ids(closed))
        going_on = [[each for each in of if not _is_closed(each)] for of in asked]
        unbilled = [each for of in going_on if not any(p.allow_billable for p in of) for each in of]
        if unbilled:
            reason = Text("booked on {projects}: not billable", projects=_names(unbilled))
            yield Flag(Kind.NON_BILLABLE, expense, expense.entered, reason, _ids(unbilled))

    def _on_no_order(self, expense: Spending, policy: ExpensePolicy) -> Iterator[Flag]:
        product = self._snapshot.products.get(expense.product_id or 0)
        submitted = expense.stage is not Stage.DRAFT
        reinvoiced = product is not None and product.expense_policy in REINVOICED
        if submitted and product and reinvoiced and expense.order_id is None:
            reason = Text(
                "{product} is re-invoiced to customers, and the expense names no order",
                product=product.display_name,
            )
            yield Flag(Kind.ON_NO_ORDER, expense, expense.entered, reason)

    def _not_reconciled(self, expense: Spending, policy: ExpensePolicy) -> Iterator[Flag]:
        if expense.stage is not Stage.PAID:
            return
        entries = self._entries(expense)
        booked = min((entry.date for entry in entries), default=expense.entered)
        since = _after(booked, policy.reconcile_within_days)
        if since > self._as_of.day or len(entries) < len(expense.entries):
            # What is hidden of its entries is drift.
            return
        if reason := self._unreconciled(expense, entries):
            yield Flag(Kind.NOT_RECONCILED, expense, since, reason)

    def _entries(self, expense: Spending) -> Sequence[Entry]:
        return [e for n in expense.entries if (e := self._snapshot.entries.get(n))]

    def _is_draft(self, expense: Spending) -> bool:
        return any(entry.state == "draft" for entry in self._entries(expense))

    def _unreconciled(self, expense: Spending, entries: Sequence[Entry]) -> Text:
        """Why it is not, though Odoo says that it is paid; "" where it is."""
        if not entries:
            return Text("Odoo says that it is paid, and it has no entry in the accounts")
        if any(entry.state == "cancel" for entry in entries):
            return Text("Odoo says that it is paid, and its entry is cancelled")
        if any(entry.state == "draft" for entry in entries):
            return Text("Odoo says that it is paid, and its entry is a draft")
        if any(entry.payment_state == "reversed" for entry in entries):
            return Text("Odoo says that it is paid, and its entry is reversed")
        if any(entry.id in self._snapshot.open_entries for entry in entries):
            if expense.paid_by_company:
                return Text("the company paid it, and its entry is not reconciled with the bank")
            return Text("Odoo says that it is paid, and its entry is still open")
        if expense.in_payment:
            return Text("its payment is not matched with the bank's statement")
        return NOTHING


def _after(day: date, days: int) -> date:
    return day + timedelta(days=days + 1)


def _is_closed(project: SpentProject) -> bool:
    return not project.active or project.last_update_status == DONE


def _is_told(expense: Spending) -> bool:
    """Whether Odoo compares it with others."""
    return bool(expense.product_id and expense.amount and expense.day)


def _sign(expense: Spending) -> Hashable:
    """What two expenses share that Odoo takes for one (`_compute_duplicate_expense_ids`)."""
    spent = (expense.employee_id, expense.product_id, expense.day)
    return *spent, expense.amount, expense.currency.code


def _grouped(pairs: Iterable[tuple[K, Spending]]) -> Mapping[K, Sequence[Spending]]:
    found: dict[K, list[Spending]] = defaultdict(list)
    for key, expense in pairs:
        found[key].append(expense)
    return found


def _names(projects: Sequence[SpentProject]) -> tuple[str, ...]:
    return _some(project.name for project in projects)


def _some(names: Iterable[str]) -> tuple[str, ...]:
    found = tuple(names)
    return (*found[:MOST_NAMED], *(["…"] if len(found) > MOST_NAMED else []))


def _ids(records: Iterable[Spending | SpentProject]) -> str:
    return ",".join(str(each.id) for each in records)
