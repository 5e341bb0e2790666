"""What is told of expenses that are out of order: to whom, and what people said to it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cached_property
from typing import Any, Final

from tasks.domain import addresses
from tasks.domain.acts import Act, ActKind
from tasks.domain.checklists import OfficeHours, Owner
from tasks.domain.findings import Finding, Severity, Step
from tasks.domain.periods import AsOf
from tasks.domain.texts import NOTHING, Money, Text, joined
from tasks.domain.verdicts import Said, Verdicts
from tasks.financial.expense_exceptions.flags import Flag, Flags
from tasks.financial.expense_exceptions.kinds import REMEDIES, TITLES, Kind
from tasks.financial.expense_exceptions.policy import LADDER, ExpensePolicy
from tasks.financial.expense_exceptions.records import SpentExpense
from tasks.financial.expense_exceptions.snapshot import Snapshot
from tasks.financial.expense_exceptions.spending import Spending, Stage
from tasks.reads.owners import Telling, Tellings

ROLE: Final = "finance"
FINANCE: Final = Text("finance")
OF_OTHERS: Final = Text("Ask for it, or mend it in Odoo.")
# What a person who accepts an exception has seen of it, as people read it.
SEEN: Final[Mapping[str, Text]] = {
    "amount": Text("amount"),
    "day": Text("day"),
    "employee": Text("employee"),
    "product": Text("product"),
    "about": Text("what it is held against"),
}
EXEMPT: Final = Text("exempt by name")
OF_FINANCE: Final = frozenset({Kind.NOT_POSTED, Kind.NOT_RECONCILED})


@dataclass(frozen=True)
class Told:
    """A flag with what people said to it."""

    flag: Flag
    contents: Mapping[str, str]
    #: Void where it was accepted by the one who spent it.
    said: Said

    @property
    def acceptance(self) -> Act | None:
        """That of somebody else than who spent it, of it as it is."""
        return self.said.acceptance


class Judgement:
    """What is made of one snapshot: what follows from it, the moment and the policy."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: ExpensePolicy) -> None:
        self._snapshot, self._as_of = snapshot, as_of
        self._flags = Flags(snapshot, as_of, policy)
        self._tellings = Tellings(snapshot.people, as_of, OF_OTHERS)
        self._verdicts = Verdicts(as_of.acts, {SpentExpense.MODEL})

    @cached_property
    def told(self) -> Mapping[int, Sequence[Told]]:
        """By expense, all that is wrong with it, accepted or not."""
        expenses = self._snapshot.expenses
        return {each.id: [self._told(flag) for flag in self._flags.of(each)] for each in expenses}

    @cached_property
    def open(self) -> Sequence[Told]:
        """What nobody accepted yet."""
        return [each for of in self.told.values() for each in of if not each.acceptance]

    def uncompared(self) -> Iterator[Spending]:
        """Expenses that no limit in their currency or the company's is there for."""
        return (each for each in self._snapshot.expenses if self._flags.uncompared(each))

    def row(self, expense: Spending) -> Mapping[str, Any]:
        """One line of the full picture."""
        told = self.told[expense.id]
        accepted = [(each.flag.kind, act) for each in told if (act := each.acceptance)]
        left = [each for each in told if not each.acceptance]
        product = self._snapshot.products.get(expense.product_id or 0)
        policy, unsure = self._flags.policy_of(expense), self._uncompared(expense)
        exempt = expense.employee_id in policy.exempt_employees
        quiet = [_accepted(kind, act) for kind, act in accepted]
        reasons = [*(each.flag.reason for each in left), *quiet, unsure]
        return {
            "expense_id": expense.id,
            "expense": expense.name,
            "employee_id": expense.employee_id,
            "employee": self._snapshot.claimants[expense.employee_id].name,
            "spent_on": str(expense.spent_on),
            "age_days": max((self._as_of.day - expense.spent_on).days, 0),
            "product": product.display_name if product else None,
            "stage": expense.stage.value,
            "amount": f"{expense.amount:f}",
            "currency": expense.currency.code,
            "exceptions": ", ".join(each.flag.kind for each in left),
            "accepted": ", ".join(kind for kind, _ in accepted),
            "status": _status(left, accepted, unsure, exempt=exempt),
            "reason": EXEMPT if exempt else joined(filter(None, reasons), "; "),
            "policy": policy.version,
        }

    def finding(self, told: Told) -> Finding:
        """What somebody must mend, accept or return."""
        flag, expense = told.flag, told.flag.expense
        owner = self._owner(told)
        return Finding(
            key=told.said.key,
            severity=Severity.WARNING,
            title=Text(
                "{expense} of {employee}: {wrong}",
                expense=expense.name,
                employee=self._snapshot.claimants[expense.employee_id].name,
                wrong=TITLES[flag.kind],
            ),
            reason=joined(filter(None, (flag.reason, self._said(told))), "; "),
            remedy=REMEDIES[flag.kind],
            owner=owner.name,
            model=SpentExpense.MODEL,
            record_id=expense.id,
            url=expense.url,
            since=flag.since,
            amount=expense.amount,
            currency=expense.currency.code,
            steps=self._steps(told, owner),
            kind=flag.kind.value,
            contents=told.contents,
        )

    def _uncompared(self, expense: Spending) -> Text:
        """That its limit cannot be held against it; "" where it can, or there is none."""
        limit = self._flags.uncompared(expense)
        if limit is None:
            return NOTHING
        return Text(
            "its limit is {limit}, and it is in {currency}",
            limit=Money(limit.amount, limit.currency),
            currency=expense.currency.code,
        )

    def _told(self, flag: Flag) -> Told:
        contents = self._contents(flag)
        said = self._verdicts.on(
            f"{flag.kind}-{flag.expense.id}",
            contents,
            void=lambda act: self._is_claimants(act, flag.expense),
        )
        return Told(flag, contents, said)

    def _contents(self, flag: Flag) -> Mapping[str, str]:
        expense = flag.expense
        return {
            "amount": str(expense.money),
            "day": str(expense.spent_on),
            "employee": str(expense.employee_id),
            "product": str(expense.product_id or ""),
            "about": flag.about,
        }

    def _is_claimants(self, act: Act, expense: Spending) -> bool:
        claimant = self._snapshot.claimants[expense.employee_id]
        address = addresses.stripped(claimant.work_email or "").lower()
        return act.kind is ActKind.ACCEPTED and bool(address) and act.person == address

    def _said(self, told: Told) -> Text:
        """What was said to it before, and why that is not all."""
        verdict = told.said.verdict
        if verdict is not None and told.said.void:
            return Text("{person} cannot accept their own expense", person=verdict.person)
        return told.said.told(told.contents, SEEN, self._as_of.zone)

    def _owner(self, told: Told) -> Owner:
        """Who can mend it: who spent it, their approver, or finance."""
        kind, expense = told.flag.kind, told.flag.expense
        claimant = self._snapshot.claimants[expense.employee_id]
        people, stage = self._snapshot.people, expense.stage
        with_claimant = told.said.is_returned or kind is Kind.NO_RECEIPT or stage is Stage.DRAFT
        booked = stage in (Stage.POSTED, Stage.PAID)
        if not with_claimant and (kind in OF_FINANCE or booked):
            return Owner(FINANCE)
        if with_claimant and claimant.active and claimant.user_id:
            return people.owner(claimant.user_id, FINANCE)
        if kind is Kind.STALE and stage is Stage.APPROVED:
            return Owner(FINANCE)
        approver = expense.approver_id if expense.approver_id != claimant.user_id else None
        return people.owner(approver, FINANCE)

    def _steps(self, told: Told, owner: Owner) -> tuple[Step, ...]:
        """The rung that it stands on, and those of about a day ahead."""
        day = max(told.flag.since, self._as_of.first_seen(told.said.key, told.flag.since))
        if told.said.is_returned and told.said.verdict:
            day = max(day, told.said.verdict.at.astimezone(self._as_of.zone).date())
        since = datetime.combine(day, time(12), self._as_of.zone).astimezone(UTC)
        policy = self._flags.policy_of(told.flag.expense)
        return self._telling(policy).steps(owner, since, since)

    def _telling(self, policy: ExpensePolicy) -> Telling:
        """When people are told by this policy."""
        return self._tellings.of(policy, OfficeHours(), LADDER[0])


def _accepted(kind: Kind, act: Act) -> Text:
    """Who accepted it, and why."""
    if not act.reason:
        return Text("{wrong}: accepted by {person}", wrong=TITLES[kind], person=act.person)
    return Text(
        "{wrong}: accepted by {person}: {reason}",
        wrong=TITLES[kind],
        person=act.person,
        reason=act.reason,
    )


def _status(left: Sequence[Told], accepted: Sequence[object], unsure: Text, *, exempt: bool) -> str:
    if exempt:
        return "exempt"
    if left:
        return "exception"
    if unsure:
        return "not_verifiable"
    return "accepted" if accepted else "ok"
