"""What each person can mend so that an order can be invoiced, and when they are told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Final

from tasks.domain.checklists import Check, Owner, failed
from tasks.domain.findings import Finding, Severity
from tasks.domain.ladder import Rung
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.financial.invoice_readiness.policy import FIRST
from tasks.financial.invoice_readiness.readiness import Readiness
from tasks.reads.invoicing.owned import Share, merged, names, shares_of
from tasks.reads.invoicing.words import CHECKS
from tasks.reads.owners import People, Tellings
from tasks.records.sales import Order

GAP: Final = "invoice-gap"
KEYS: Final = "gap-"
FOLLOW_UP: Final = Text("Ask for it, or see to it.")


@dataclass(frozen=True)
class Gap:
    """One failed check of an order, as far as it is one person's."""

    readiness: Readiness
    check: Check
    share: Share

    @property
    def key(self) -> str:
        """The same in every run."""
        order, user = self.readiness.order.order.id, self.share.owner.user_id
        return f"{KEYS}{self.check.check}-order-{order}-user-{user or 0}"


def gaps_of(readiness: Readiness) -> Sequence[Gap]:
    """Those of a blocked order."""
    if readiness.status != "blocked":
        return ()
    return [
        Gap(readiness, check, share)
        for check in failed(readiness.checks)
        for share in _by_user(shares_of(check))
    ]


def _by_user(shares: Sequence[Share]) -> Iterator[Share]:
    """The parts of users, and one of all who are none: the job's owner is told of that."""
    yield from (share for share in shares if share.owner.user_id)
    others = [share for share in shares if not share.owner.user_id]
    if others:
        together = Owner(names(share.owner for share in others))
        yield from merged(replace(share, owner=together) for share in others)


def findings_of(every: Sequence[Readiness], people: People, as_of: AsOf) -> Iterator[Finding]:
    """A finding for each gap, on a ladder of its own."""
    tellings = Tellings(people, as_of, FOLLOW_UP)
    for readiness in every:
        if readiness.policy.tell_owners:
            for gap in gaps_of(readiness):
                yield _finding(gap, tellings, as_of)


def _finding(gap: Gap, tellings: Tellings, as_of: AsOf) -> Finding:
    readiness, check, share = gap.readiness, gap.check, gap.share
    order, currency, policy = readiness.order.order, readiness.order.currency, readiness.policy
    opening = Rung(name=FIRST, working_days=0, at=policy.first_at)
    telling = tellings.of(policy, policy.office, opening)
    day = as_of.first_seen(gap.key, came_up(gap, as_of.day), among=KEYS)
    since = datetime.combine(day, time(12), as_of.zone).astimezone(UTC)
    return Finding(
        key=gap.key,
        severity=Severity.WARNING,
        title=Text(
            "{order} {customer} cannot be invoiced: {check}",
            order=order.name,
            customer=readiness.partner,
            check=CHECKS[check.check],
        ),
        reason=share.reason,
        remedy=check.next_step,
        owner=share.owner.name,
        model=Order.MODEL,
        record_id=order.id,
        url=check.url,
        since=came_up(gap, as_of.day),
        amount=currency.round(readiness.amount),
        currency=currency.code,
        kind=GAP,
        steps=telling.steps(
            share.owner, since, telling.due(share.owner, since, policy.within_hours)
        ),
    )


def came_up(gap: Gap, today: date) -> date:
    """Since when it holds up the order, as far as Odoo tells; days to come count as today."""
    return min(gap.share.since or gap.readiness.waiting_since or today, today)
