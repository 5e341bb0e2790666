"""What is told of leaks: to whom, and what people said to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from tasks.domain.checklists import OfficeHours, Owner
from tasks.domain.findings import Finding, Severity, Step
from tasks.domain.periods import AsOf
from tasks.domain.texts import NOTHING, Text, joined
from tasks.domain.verdicts import Contents, Said, Verdicts
from tasks.financial.leakage.kinds import REMEDIES, TITLES
from tasks.financial.leakage.leaks import Leak, Leaks
from tasks.financial.leakage.policy import LADDER, LeakagePolicy
from tasks.financial.leakage.records import Bill, SpentForCustomer
from tasks.financial.leakage.snapshot import Snapshot
from tasks.reads.owners import Tellings
from tasks.records.sales import Order, OrderLine, Project

ROLE: Final = "finance"
FINANCE: Final = Text("finance")
OF_OTHERS: Final = Text("Ask for it, or mend it in Odoo.")
EXEMPT: Final = Text("exempt by name")
MODELS: Final = frozenset(
    {*(Order.MODEL, OrderLine.MODEL, Project.MODEL), *(Bill.MODEL, SpentForCustomer.MODEL)}
)
# What a person who accepts a leak has seen of it, as people read it.
SEEN: Final[Mapping[str, Text]] = {
    "amount": Text("amount"),
    "currency": Text("currency"),
    "hours": Text("hours"),
}


@dataclass(frozen=True)
class Told:
    """A leak with what people said to it."""

    leak: Leak
    contents: Contents
    said: Said
    is_exempt: bool

    @property
    def is_open(self) -> bool:
        """Whether somebody is told of it."""
        return not self.is_exempt and self.said.acceptance is None

    @property
    def status(self) -> str:
        """A word for programs."""
        if self.is_exempt:
            return "exempt"
        return "unaccepted" if self.is_open else "accepted"


class Judgement:
    """What is made of one snapshot: what follows from it, the moment and the policy."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: LeakagePolicy) -> None:
        self._snapshot, self._as_of = snapshot, as_of
        self._leaks = Leaks(snapshot, as_of, policy)
        self._tellings = Tellings(snapshot.people, as_of, OF_OTHERS)
        self._verdicts = Verdicts(as_of.acts, MODELS)

    @cached_property
    def told(self) -> Sequence[Told]:
        """All leaks, accepted and exempt ones too."""
        return [self._told(leak) for leak in self._leaks.all()]

    @property
    def open(self) -> Sequence[Told]:
        """What nobody accepted, and is not exempt."""
        return [each for each in self.told if each.is_open]

    def row(self, told: Told) -> Mapping[str, Any]:
        """One line of the full picture."""
        leak = told.leak
        accepted = told.said.acceptance
        quiet = (
            Text("accepted by {person}: {reason}", person=accepted.person, reason=accepted.reason)
            if accepted
            else EXEMPT
            if told.is_exempt
            else NOTHING
        )
        return {
            "kind": leak.kind.value,
            "model": leak.model,
            "record_id": leak.record_id,
            "subject": leak.name,
            "amount": None if leak.amount is None else leak.currency.text(leak.amount),
            "currency": leak.currency.code,
            "valued_at": leak.valued_at.value,
            "hours": None if leak.hours is None else float(leak.hours),
            "since": str(leak.since) if leak.since else None,
            "owner": self._owner(leak).name,
            "status": told.status,
            "reason": joined(filter(None, (leak.reason, quiet)), "; "),
            "policy": self._leaks.policy_of(leak).version,
        }

    def finding(self, told: Told) -> Finding:
        """What somebody must mend or accept."""
        leak = told.leak
        owner = self._owner(leak)
        said = told.said.told(told.contents, SEEN, self._as_of.zone)
        is_line = leak.model == OrderLine.MODEL and leak.order_id is not None
        return Finding(
            key=told.said.key,
            severity=Severity.WARNING,
            title=Text("{subject}: {wrong}", subject=leak.name, wrong=TITLES[leak.kind]),
            reason=joined(filter(None, (leak.reason, said)), "; "),
            remedy=REMEDIES[leak.kind],
            owner=owner.name,
            model=leak.model,
            record_id=leak.record_id,
            url=leak.url,
            since=leak.since,
            amount=leak.amount,
            currency=None if leak.amount is None else leak.currency.code,
            steps=self._steps(told, owner),
            kind=leak.kind.value,
            hours=None if leak.hours is None else float(leak.hours),
            part_of=(Order.MODEL, leak.order_id) if is_line and leak.order_id else None,
            contents=told.contents,
        )

    def _told(self, leak: Leak) -> Told:
        contents = {
            "amount": "" if leak.amount is None else leak.currency.text(leak.amount),
            "currency": leak.currency.code,
            "hours": "" if leak.hours is None else f"{leak.hours:f}",
        }
        said = self._verdicts.on(leak.stem, contents, as_then=is_no_more)
        return Told(leak, contents, said, self._leaks.is_exempt(leak))

    def _owner(self, leak: Leak) -> Owner:
        return self._snapshot.people.owner(leak.user_id, FINANCE)

    def _steps(self, told: Told, owner: Owner) -> tuple[Step, ...]:
        """The rung that it stands on, and those of about a day ahead."""
        since = told.leak.since or self._as_of.day
        day = self._as_of.first_seen(told.said.key, since)
        if told.said.is_returned and told.said.verdict:
            day = max(day, told.said.verdict.at.astimezone(self._as_of.zone).date())
        noon = datetime.combine(day, time(12), self._as_of.zone).astimezone(UTC)
        policy = self._leaks.policy_of(told.leak)
        return self._tellings.of(policy, OfficeHours(), LADDER[0]).steps(owner, noon, noon)


def is_no_more(then: Contents, now: Contents) -> bool:
    """Whether what leaks is at most what was accepted: more of it is another loss."""
    same = then.get("currency") == now["currency"]
    return same and all(_number(now[n]) <= _number(then.get(n, "")) for n in ("amount", "hours"))


def _number(text: str) -> Decimal:
    return Decimal(text or 0)
