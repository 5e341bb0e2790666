"""How what waits is told: its row, and the finding for who must decide it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tasks.domain.findings import Finding, Severity, Step
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text, joined
from tasks.execution.pending_approvals.deciders import Deciders, Status, Turn
from tasks.execution.pending_approvals.policy import ApprovalPolicy
from tasks.execution.pending_approvals.snapshot import Snapshot
from tasks.execution.pending_approvals.waiting import Kind, Waiting
from tasks.reads.contacts import Contacts

OWNER: Final = Text("delivery")
REMEDY: Final = Text("Approve it, or refuse it with a reason.")
REMEDIES: Final[Mapping[Status, Text]] = {
    Status.NONE: Text("Set an approver on the employee in Odoo, or decide in their place."),
    Status.UNKNOWN: Text("Link the approver to an employee in Odoo, or decide in their place."),
    Status.LEFT: Text("Set another approver in Odoo, or decide in their place."),
}
OF_OTHERS: Final = Text(
    "Ask for the decision, decide in their place, or set another approver in Odoo."
)


def is_due(item: Waiting, as_of: AsOf) -> bool:
    """Whether it can be decided: hours of a week that runs may still change."""
    return item.kind is Kind.EXPENSE or item.since < as_of.day


class Judgement:
    """What is made of one snapshot: what follows from it, the moment and the policy."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: ApprovalPolicy) -> None:
        self._as_of, self._policy = as_of, policy
        people = {person.id: person for person in (*snapshot.others, *snapshot.employees)}
        contacts = Contacts(
            people=people,
            schedules=snapshot.schedules,
            view=snapshot.view,
            zone=as_of.zone,
            now=as_of.now,
            wait=policy.wait_for_morning,
            opted_out=policy.opted_out,
            remedy_of_others=OF_OTHERS,
            languages=snapshot.languages,
        )
        own = {person.id for person in snapshot.employees}
        ranked = sorted(people.values(), key=lambda person: (person.active, person.id in own))
        by_user = {person.user_id: person for person in ranked if person.user_id}
        self._people = people
        self._turns: dict[str, Turn] = {}
        self._deciders = Deciders(contacts, by_user, snapshot.users, as_of)

    def row(self, item: Waiting) -> Mapping[str, Any]:
        """One line of the full picture."""
        policy, turn = self._policy_of(item), self._turn(item)
        untold = self.untold(item)
        approver = self._deciders.approver(item)
        return {
            "kind": item.kind.value,
            "model": item.model,
            "record_id": item.record_id,
            "what": item.what,
            "submitter_id": item.employee_id,
            "submitter": self._submitter(item),
            "approver_id": approver.id if approver else None,
            "approver": self._deciders.named(item),
            "decider": turn.person.name if turn.person else OWNER,
            "project_id": item.project_id,
            "project": item.what if item.project_id else None,
            "week": None if item.week is None else str(item.week.start),
            "hours": item.hours,
            "amount": None if item.amount is None else f"{item.amount:f}",
            "currency": item.currency,
            "since": str(item.since),
            "since_basis": item.dated_by.value,
            "waiting_days": max((self._as_of.day - item.since).days, 0),
            "waiting_working_hours": self._deciders.working_hours(item, turn.person),
            "status": untold[0] if untold else turn.status.value,
            "reason": untold[1] if untold else self._why(item, turn),
            "told": ", ".join(step.name for step in self._steps(item, turn)) if not untold else "",
            "policy": policy.version,
        }

    def finding(self, item: Waiting) -> Finding:
        """What somebody must decide."""
        turn = self._turn(item)
        return Finding(
            key=item.key,
            severity=Severity.WARNING,
            title=item.title(self._submitter(item)),
            reason=joined(filter(None, (item.reason(), turn.note)), "; "),
            remedy=REMEDIES.get(turn.status, REMEDY),
            owner=turn.person.name if turn.person else OWNER,
            model=item.model,
            record_id=item.record_id,
            url=item.url,
            since=item.since,
            amount=item.amount,
            currency=item.currency,
            hours=item.hours,
            steps=self._steps(item, turn),
            kind=f"pending-{item.kind}",
        )

    def untold(self, item: Waiting) -> tuple[str, Text] | None:
        """The status, and why nobody is told of it; None where somebody is."""
        policy = self._policy_of(item)
        if not is_due(item, self._as_of):
            return "not_due", Text("what is logged until {day} may still change", day=item.since)
        if item.employee_id in policy.exempt_employees:
            return "exempt", Text("exempt by name")
        if item.project_id in policy.exempt_projects:
            return "exempt", Text("exempt by project")
        smallest = policy.minimum_amounts.get(item.currency or "", Decimal(0))
        known = item.kind is Kind.EXPENSE and item.amount is not None
        if (known and (item.amount or 0) < smallest) or (
            item.hours is not None and item.hours < policy.minimum_hours
        ):
            return "below_minimum", Text("less than the policy asks about")
        return None

    def _why(self, item: Waiting, turn: Turn) -> Text:
        person = turn.person
        if person and person.id in self._policy.opted_out:
            out = Text("{name} has opted out of these mails", name=person.name)
            return joined([turn.note or item.reason(), out], "; ")
        return turn.note or item.reason()

    def _turn(self, item: Waiting) -> Turn:
        if item.key not in self._turns:
            self._turns[item.key] = self._deciders.turn(item, self._policy_of(item))
        return self._turns[item.key]

    def _steps(self, item: Waiting, turn: Turn) -> tuple[Step, ...]:
        return self._deciders.steps(item, turn, self._policy_of(item))

    def _policy_of(self, item: Waiting) -> ApprovalPolicy:
        """The policy of the submitter's business unit."""
        submitter = self._people.get(item.employee_id)
        return self._policy.for_department(submitter.department_id if submitter else None)

    def _submitter(self, item: Waiting) -> str:
        person = self._people.get(item.employee_id)
        return person.name if person else Text("employee {id}", id=item.employee_id)
