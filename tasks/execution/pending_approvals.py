"""Reminds approvers of time and expenses that wait for them: them, then who stands in, then owner.

Why: time and expenses that nobody approves are billed and paid late, and nobody sees where they
wait.

Remedy: the approver approves or refuses with a reason. Name delegates in the policy for approvers
who are away.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from odoo_gateway.reader import Domain, Reader
from tasks.declaration import Audience, Cron, Delivery, Job, Shape
from tasks.domain.approval_policy import ApprovalPolicy
from tasks.domain.findings import (
    ANY_KIND,
    Finding,
    Formula,
    Measure,
    NotVerifiable,
    Report,
    Severity,
    Step,
)
from tasks.domain.periods import AsOf, Period
from tasks.domain.waiting import Kind, Waiting
from tasks.domain.withheld import Basis
from tasks.records.contacts import Contacts, read_languages
from tasks.records.deciders import Deciders, Status, Turn
from tasks.records.employment import HISTORIES
from tasks.records.orders import read_currencies
from tasks.records.people import Attendance, CalendarLeave, Employee
from tasks.records.sales import user_names
from tasks.records.schedules import Schedules, read_schedules
from tasks.records.submitted import read_submitted
from tasks.records.timesheets import TimesheetLine
from tasks.records.unapproved import read_unapproved

WEEKS_BACK: Final = 52
WEEKS_AHEAD: Final = 3
REMEDY: Final = "Approve it, or refuse it with a reason."
REMEDIES: Final[Mapping[Status, str]] = {
    Status.NONE: "Set an approver on the employee in Odoo, or decide in their place.",
    Status.UNKNOWN: "Link the approver to an employee in Odoo, or decide in their place.",
    Status.LEFT: "Set another approver in Odoo, or decide in their place.",
}
OF_OTHERS: Final = "Ask for the decision, decide in their place, or set another approver in Odoo."


@dataclass(frozen=True)
class Snapshot:
    """What waits in a company, and the people who submitted it, decide it or stand in.

    employees: those of the company, archived ones too. others: of other companies. users: names by
    id. view: the whole weeks that schedules are known of. tells: of which kinds this Odoo tells.
    languages: of their accounts, by user.
    """

    waiting: Sequence[Waiting]
    employees: Sequence[Employee]
    others: Sequence[Employee]
    users: Mapping[int, str]
    schedules: Schedules
    view: Period
    tells: frozenset[Kind]
    not_verifiable: Sequence[NotVerifiable] = field(default=())
    languages: Mapping[int, str] = field(default_factory=dict)


def read(odoo: Reader, as_of: AsOf, policy: ApprovalPolicy) -> Snapshot:
    """Everything that waits for an approval, and who may decide it."""
    employees = odoo.search(Employee, [("company_id", "=", odoo.company_id)], archived=True)
    currencies = read_currencies(odoo)
    (company,) = (c for c in odoo.session.companies if c.id == odoo.company_id)
    currency = currencies[company.currency_id]
    expenses, expense_gaps = read_submitted(odoo, employees, as_of.zone, currency)
    time, time_gaps = read_unapproved(odoo, employees, _looked_at(as_of, policy), currencies)
    waiting = (*(expenses or ()), *(time or ()))
    others = _others(odoo, employees, waiting, policy)
    deciding = _deciding(employees, others, waiting, policy)
    view = _view(waiting, as_of)
    told = {Kind.EXPENSE: expenses, Kind.TIME: time}
    return Snapshot(
        waiting=waiting,
        employees=employees,
        others=others,
        users=user_names(odoo, {item.approver_user_id for item in waiting}),
        schedules=read_schedules(odoo, deciding, view),
        languages=read_languages(odoo, deciding),
        view=view,
        tells=frozenset(kind for kind, found in told.items() if found is not None),
        not_verifiable=(*expense_gaps, *time_gaps),
    )


def judge(snapshot: Snapshot, as_of: AsOf, policy: ApprovalPolicy) -> Report:
    """A row for all that waits, oldest first, and a finding for each that is to be decided."""
    look = Look(snapshot, as_of, policy)
    items = sorted(snapshot.waiting, key=lambda item: (item.since, item.key))
    due = [item for item in items if is_due(item, as_of)]
    return Report(
        rows=tuple(look.row(item) for item in items),
        findings=tuple(look.finding(item) for item in due if not look.untold(item)),
        measures=tuple(_measures(due, snapshot.tells, as_of)),
        not_verifiable=(*snapshot.not_verifiable, *snapshot.schedules.not_verifiable),
        unseen=frozenset(f"pending-{kind}" for kind in Kind if kind not in snapshot.tells),
    )


def is_due(item: Waiting, as_of: AsOf) -> bool:
    """Whether it can be decided: hours of a week that runs may still change."""
    return item.kind is Kind.EXPENSE or item.since < as_of.day


class Look:
    """One look at a snapshot: what follows from it, the moment and the policy."""

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
            "decider": turn.person.name if turn.person else JOB.owner,
            "project_id": item.project_id,
            "project": item.what if item.project_id else None,
            "week": None if item.week is None else str(item.week.start),
            "hours": item.hours,
            "amount": None if item.amount is None else f"{item.amount:f}",
            "currency": item.currency,
            "since": str(item.since),
            "since_basis": item.basis.value,
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
            reason=item.reason() + (f"; {turn.note}" if turn.note else ""),
            remedy=REMEDIES.get(turn.status, REMEDY),
            owner=turn.person.name if turn.person else JOB.owner,
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

    def untold(self, item: Waiting) -> tuple[str, str] | None:
        """The status, and why nobody is told of it; None where somebody is."""
        policy = self._policy_of(item)
        if not is_due(item, self._as_of):
            return "not_due", f"what is logged until {item.since} may still change"
        if item.employee_id in policy.exempt_employees:
            return "exempt", "exempt by name"
        if item.project_id in policy.exempt_projects:
            return "exempt", "exempt by project"
        smallest = policy.minimum_amounts.get(item.currency or "", Decimal(0))
        small_amount = item.kind is Kind.EXPENSE and (item.amount or Decimal(0)) < smallest
        if small_amount or (item.hours is not None and item.hours < policy.minimum_hours):
            return "below_minimum", "less than the policy asks about"
        return None

    def _why(self, item: Waiting, turn: Turn) -> str:
        person = turn.person
        if person and person.id in self._policy.opted_out:
            return f"{turn.note or item.reason()}; {person.name} has opted out of these mails"
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
        return person.name if person else f"employee {item.employee_id}"


def _looked_at(as_of: AsOf, policy: ApprovalPolicy) -> Period:
    """The days whose hours are looked at: whole weeks back, until yesterday."""
    weeks = max(unit.look_back_weeks for unit in policy.everywhere())
    yesterday = as_of.day - timedelta(days=1)
    return Period(Period(as_of.day, as_of.day).whole_weeks().shifted(-weeks).start, yesterday)


def _view(waiting: Iterable[Waiting], as_of: AsOf) -> Period:
    """Whole weeks from the oldest that waits, of a year at most, to some ahead."""
    today = Period(as_of.day, as_of.day).whole_weeks()
    oldest = min((item.since for item in waiting), default=as_of.day)
    first = max(oldest - timedelta(weeks=1), today.shifted(-WEEKS_BACK).start)
    return Period(min(first, today.start), today.shifted(WEEKS_AHEAD).end).whole_weeks()


def _others(
    odoo: Reader,
    employees: Iterable[Employee],
    waiting: Iterable[Waiting],
    policy: ApprovalPolicy,
) -> Sequence[Employee]:
    """Approvers, delegates, managers and submitters who are employees of other companies."""
    known = {employee.id for employee in employees}
    users = {item.approver_user_id for item in waiting if item.approver_user_id}
    users -= {employee.user_id for employee in employees if employee.active}
    ids = {number for item in waiting for number in (item.approver_id, item.employee_id) if number}
    ids |= {number for unit in policy.everywhere() for number in unit.delegates.values()}
    ids |= {employee.parent_id for employee in employees if employee.parent_id}
    wanted: Domain = ["|", ("id", "in", sorted(ids - known)), ("user_id", "in", sorted(users))]
    return odoo.search(Employee, wanted, archived=True) if users or ids - known else ()


def _deciding(
    employees: Iterable[Employee],
    others: Iterable[Employee],
    waiting: Iterable[Waiting],
    policy: ApprovalPolicy,
) -> Sequence[Employee]:
    """Whose working days matter: approvers, their managers, and delegates."""
    people = {person.id: person for person in (*others, *employees)}
    users = {item.approver_user_id for item in waiting if item.approver_user_id}
    ids = {item.approver_id for item in waiting}
    approvers = [p for p in people.values() if p.id in ids or p.user_id in users]
    delegates = {number for unit in policy.everywhere() for number in unit.delegates.values()}
    chosen = {p.id for p in approvers} | {p.parent_id for p in approvers} | delegates
    return [person for number, person in people.items() if number in chosen]


def _measures(items: Sequence[Waiting], tells: frozenset[Kind], as_of: AsOf) -> Iterator[Measure]:
    counts = Counter(item.kind for item in items)
    for kind in sorted(tells):
        oldest = min((item.since for item in items if item.kind is kind), default=as_of.day)
        labels = {"kind": kind.value}
        yield Measure("approvals_pending", counts[kind], labels)
        yield Measure("approvals_oldest_days", (as_of.day - oldest).days, labels)
    if Kind.TIME in tells:
        hours = sum(item.hours or 0.0 for item in items)
        yield Measure("approvals_hours", round(hours, 2))
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for item in items:
        if item.amount is not None and item.currency:
            amounts[item.currency] += item.amount
    for currency, amount in sorted(amounts.items()):
        yield Measure("approvals_amount", float(amount), {"currency": currency})


_NO_HISTORY: Final = NotVerifiable(
    check="approvals of a day that is over",
    reason="Odoo keeps no history of approvals: what was decided since cannot be told from what "
    "had been decided by then",
    remedy="`fleet cases` and `fleet kpi` tell what the fleet saw on that day",
)

FORMULAS = (
    Formula(
        "approvals_pending",
        "expenses submitted and not decided, and weeks that are over of a person's hours on a "
        "project not approved, by kind",
    ),
    Formula("approvals_oldest_days", "days since the oldest of them was submitted, by kind"),
    Formula("approvals_hours", "hours of weeks that are over and not approved"),
    Formula(
        "approvals_amount",
        "totals of the expenses, and unapproved hours at the untaxed price of the order line that "
        "bills them by time, by currency",
    ),
)

DECIDED: Final = ("decider", "waiting_working_hours", "status", "reason", "told")

# Expenses and hours that are not seen whole are told of no kind at all.
RESTS_ON = (
    Basis(
        Employee.MODEL,
        "people",
        rows=True,
        columns=("submitter", "approver_id", "approver", *DECIDED),
        kinds=(ANY_KIND,),
    ),
    *(
        Basis(model, check, columns=DECIDED, kinds=(ANY_KIND,))
        for model, check in (
            (CalendarLeave.MODEL, "leave"),
            (Attendance.MODEL, "working hours"),
            # Of people entered late they tell when they were employed.
            (TimesheetLine.MODEL, "logged hours"),
        )
    ),
    *(
        Basis(model, "calendar history", columns=DECIDED, kinds=(ANY_KIND,), instead_of=other)
        for model, other in HISTORIES
    ),
)

JOB = Job(
    name="pending_approvals",
    title="Approvals that wait",
    owner="delivery",
    cron=Cron("0 5 * * 1-5", window=timedelta(days=2)),
    audience=Audience.PERSON,
    policy=ApprovalPolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_MOST_ONCE,
    shape=Shape.APPROVER,
    formulas=FORMULAS,
    of_the_present=True,
    no_history=_NO_HISTORY,
    rests_on=RESTS_ON,
    doc=__doc__,
)
