"""What becomes of an order: a draft is proposed or there, it waits, or something is in the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final

from tasks.domain.checklists import Check, failed, unverified
from tasks.domain.deciding import State
from tasks.domain.drafting import ExpectedDraft
from tasks.domain.periods import AsOf
from tasks.domain.proposals import Proposed
from tasks.domain.texts import NOTHING, Text, joined
from tasks.domain.withheld import STATUS
from tasks.financial.milestone_billing.checks import Candidate, checks_of, look_at
from tasks.financial.milestone_billing.expecting import expected, identity
from tasks.financial.milestone_billing.policy import DraftingPolicy
from tasks.financial.milestone_billing.snapshot import Snapshot
from tasks.financial.milestone_billing.triggers import too_early, triggers
from tasks.financial.milestone_billing.words import CHECKS
from tasks.reads.orders import SoldOrder

KIND: Final = "draft_invoice"
# As long as a draft may take that was agreed to.
IN_THE_MAKING: Final = timedelta(hours=1)


class Status(StrEnum):
    """What becomes of it."""

    #: All is well, so that a draft is proposed.
    PROPOSED = "proposed"
    #: A draft bills all that is due: a person posts it.
    DRAFTED = "drafted"
    #: What is due is not what is on its draft any more.
    DRAFT_DIFFERS = "draft_differs"
    #: More is invoiced than delivered.
    TAKEN_BACK = "taken_back"
    #: A check failed.
    BLOCKED = "blocked"
    #: No check failed, and not all could be made.
    UNVERIFIED = "unverified"
    #: The same was agreed to before, and no draft is there.
    GONE = "gone"
    #: Somebody said no to it.
    REFUSED = "refused"
    #: Too early.
    WAITING = "waiting"
    HELD = "held"
    EXCLUDED = "excluded"
    NOT_VERIFIABLE = STATUS


#: Of which somebody is told.
TOLD: Final = (
    *(Status.PROPOSED, Status.DRAFTED, Status.DRAFT_DIFFERS),
    *(Status.TAKEN_BACK, Status.BLOCKED, Status.GONE),
)


@dataclass(frozen=True)
class Case:
    """One order, judged by the policy of its business unit."""

    order: SoldOrder
    look: Candidate
    status: Status
    reason: Text
    checks: Sequence[Check] = ()
    triggers: Sequence[Text] = ()
    #: What is proposed, and by what it is the same one in the next run.
    expected: ExpectedDraft | None = None
    identity: str = ""

    @property
    def policy(self) -> DraftingPolicy:
        """The policy that it is judged by."""
        return self.look.policy


class Judgement:
    """What is made of one snapshot."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: DraftingPolicy) -> None:
        self.snapshot, self.as_of, self.policy = snapshot, as_of, policy

    @cached_property
    def cases(self) -> Sequence[Case]:
        """One per order."""
        return [self._case(order) for order in self.snapshot.orders]

    def _case(self, order: SoldOrder) -> Case:
        policy = self.policy.for_sales_team(order.order.team_id)
        look = look_at(order, self.snapshot, self.as_of, policy)
        if order.order.id in self.snapshot.unreadable:
            unread = Text("a record of this order could not be read; see drift")
            return Case(order, look, Status.NOT_VERIFIABLE, unread)
        if look.facts.customers & {*policy.excluded_customers}:
            why = Text("the customer is excluded by policy")
            return Case(order, look, Status.EXCLUDED, why)
        checks = checks_of(look)
        held = next((c.reason for c in failed(checks) if c.check == "hold"), None)
        if held is not None:
            return Case(order, look, Status.HELD, held, checks)
        return self._drafted(look) or self._undrafted(look, checks)

    def _drafted(self, look: Candidate) -> Case | None:
        """What a draft stands for, or what was billed too much; None where neither is."""
        drafts = look.facts.draft
        less = [s for s in look.due if s.line.qty_to_invoice < 0 and s.line.qty_invoiced > 0]
        if drafts.bills and look.due:
            why = (
                Text("more is on the draft, or invoiced, than is delivered by now")
                if less
                else joined([drafts.reason, Text("since then more is to be billed")], "; ")
            )
            return Case(look.order, look, Status.DRAFT_DIFFERS, why)
        if drafts.bills:
            return Case(look.order, look, Status.DRAFTED, drafts.reason)
        if drafts.down_payment or drafts.credit_note:
            return Case(look.order, look, Status.WAITING, drafts.reason)
        if less:
            why = Text(
                "more is invoiced than delivered: {lines}",
                lines=tuple(sold.line.name.splitlines()[0] for sold in less),
            )
            return Case(look.order, look, Status.TAKEN_BACK, why)
        return None

    def _undrafted(self, look: Candidate, checks: Sequence[Check]) -> Case:
        why = tuple(triggers(look))
        if not why:
            wait = joined(too_early(look), "; ")
            waits = wait or Text("nothing that bills it was reached")
            return Case(look.order, look, Status.WAITING, waits, checks)
        problems = failed(checks)
        if problems:
            reason = joined([check.reason for check in problems], "; ")
            return Case(look.order, look, Status.BLOCKED, reason, checks, why)
        if unknown := unverified(checks):
            reason = Text("not verified: {checks}", checks=tuple(CHECKS[n] for n in unknown))
            return Case(look.order, look, Status.UNVERIFIED, reason, checks, why)
        draft = expected(look, self.snapshot)
        key = identity(look, draft)
        status, said = self._before(look.order.order.id, key)
        return Case(look.order, look, status, said or joined(why, "; "), checks, why, draft, key)

    def _before(self, order: int, key: str) -> tuple[Status, Text]:
        """What became of the same when it was proposed before, and why it is not now."""
        same = [
            each
            for each in self.as_of.proposed
            if (each.kind, each.record_id, each.identity) == (KIND, order, key)
        ]
        last = same[-1] if same else None
        if last is None or last.state in (State.WAITING, State.STUCK):
            return Status.PROPOSED, NOTHING
        decided = last.decided_at or last.asked_at
        day = decided.astimezone(self.as_of.zone).date()
        if last.state is State.REFUSED:
            return Status.REFUSED, Text("somebody refused this very draft on {day}", day=day)
        if self.as_of.now - decided < IN_THE_MAKING:
            return Status.WAITING, Text("this very draft was agreed to, and is being made")
        return Status.GONE, Text(
            "this very draft was agreed to on {day}, and is not there", day=day
        )

    @property
    def withdrawn(self) -> tuple[Proposed, ...]:
        """What people are asked, and need not be any more: other things are due by now."""
        asked = {(c.order.order.id, c.identity) for c in self.cases if c.status is Status.PROPOSED}
        return tuple(
            each
            for each in self.as_of.proposed
            if each.kind == KIND
            and each.state in (State.WAITING, State.STUCK)
            and (each.record_id, each.identity) not in asked
            and each.record_id not in self.snapshot.unreadable
        )
