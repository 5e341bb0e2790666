"""What is late of a project, since when, and who is told."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import chain
from typing import Any, Final

from tasks.domain.findings import Finding, Severity, Step
from tasks.domain.handoffs import Fate
from tasks.domain.ladder import LOOK_AHEAD, placed, standing
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text, joined
from tasks.mobilization.late_starts.policy import NOT_ASKED, LatePolicy, Sign
from tasks.mobilization.late_starts.records import StartedProject
from tasks.mobilization.late_starts.snapshot import Snapshot
from tasks.reads.owners import contacts_of
from tasks.records.people import Employee
from tasks.records.sales import Milestone

ROLE: Final = "delivery"
OWNER: Final = Text("delivery")
WEEKEND: Final = 5
# As many names are told as a sentence has room for.
MOST_NAMED: Final = 5
OF_OTHERS: Final = Text("Ask for the start, or plan it anew.")
UNREACHABLE: Final = Text("the project has no manager who can be written to")


class Kind(StrEnum):
    """What is late or otherwise than agreed."""

    KICKOFF = "no-kickoff"
    HOURS = "no-hours"
    MILESTONE = "missed-milestone"
    HANDOFF = "no-handoff"
    TEMPLATE = "unlike-template"


REMEDIES: Final[Mapping[Kind, Text]] = {
    Kind.KICKOFF: Text("hold the kickoff, and put it into Odoo as your firm does"),
    Kind.HOURS: Text("begin, log what was worked, or plan the start anew"),
    Kind.MILESTONE: Text("mark it as reached, or agree on another deadline"),
    Kind.HANDOFF: Text("have sales hand it over, and accept or return the handoff"),
    Kind.TEMPLATE: Text("add what is missing, or amend the template"),
}


@dataclass(frozen=True)
class Late:
    """One thing that is late: of which project, since which day, and why."""

    kind: Kind
    project: StartedProject
    #: The day from which on it is late.
    since: date
    reason: Text
    milestone: Milestone | None = None

    @property
    def key(self) -> str:
        """The same in every run."""
        about = self.milestone.id if self.milestone else self.project.id
        return f"{self.kind}-{about}"


class Judgement:
    """What is made of one snapshot: what follows from it, the moment and the policy."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: LatePolicy) -> None:
        self._snapshot, self._as_of, self._policy = snapshot, as_of, policy
        self._first = as_of.day - timedelta(days=policy.look_back_days)
        self._people = snapshot.people
        self._contacts = contacts_of(snapshot.people, as_of, policy, OF_OTHERS)
        self.projects = [p for p in snapshot.projects if p.id not in policy.exempt_projects]
        self.late = {project.id: list(self._of(project)) for project in self.projects}

    def row(self, project: StartedProject) -> Mapping[str, Any]:
        """One line of the full picture."""
        late = self.late[project.id]
        contract, first = self._contract(project), self._snapshot.first_hours.get(project.id)
        return {
            "project_id": project.id,
            "project": project.name,
            "contract_on": None if contract is None else str(contract),
            "planned_start": None if project.date_start is None else str(project.date_start),
            "first_hours_on": None if first is None else str(first),
            "handoff_status": self._fate(project).value,
            "status": "late" if late else "ok",
            "reason": joined((found.reason for found in late), "; "),
            "policy": self._policy.version,
        }

    def finding(self, late: Late) -> Finding:
        """What the manager must act on."""
        project = late.project
        return Finding(
            key=late.key,
            severity=Severity.WARNING,
            title=_title(late),
            reason=late.reason,
            remedy=REMEDIES[late.kind],
            owner=self._people.users.get(project.user_id or 0, OWNER),
            model=StartedProject.MODEL,
            record_id=project.id,
            url=self._snapshot.links[project.id],
            since=late.since,
            steps=self._steps(late),
            kind=late.kind.value,
        )

    def _of(self, project: StartedProject) -> Iterator[Late]:
        found = chain(
            self._kickoff(project),
            self._hours(project),
            self._handoff(project),
            self._milestones(project),
            self._template(project),
        )
        yield from (late for late in found if self._first <= late.since <= self._as_of.day)

    def _kickoff(self, project: StartedProject) -> Iterator[Late]:
        contract, sign = self._contract(project), self._policy.kickoff
        if contract is None or self._happened(sign, project) is not False:
            return
        if due := self._after(project, contract, self._policy.kickoff_within):
            reason = Text(
                "its order was confirmed on {day}, a kickoff was due on {due}",
                day=contract,
                due=due,
            )
            yield Late(Kind.KICKOFF, project, due + timedelta(days=1), reason)

    def _hours(self, project: StartedProject) -> Iterator[Late]:
        start = project.date_start or self._contract(project)
        if start is None or project.id in self._snapshot.first_hours:
            return
        if due := self._after(project, start, self._policy.first_hours_within):
            reason = Text("it was to begin on {day}, and no hour is logged on it", day=start)
            yield Late(Kind.HOURS, project, due + timedelta(days=1), reason)

    def _handoff(self, project: StartedProject) -> Iterator[Late]:
        fate, began = self._fate(project), self._began(project)
        # What was not accepted before is not accepted by being forgotten.
        lapsed = fate is Fate.UNKNOWN and _key_of_handoff(project) in self._as_of.standing
        if began and (fate is Fate.OPEN or lapsed):
            yield began

    def _began(self, project: StartedProject) -> Late | None:
        """That it began, by its kickoff or its first hour, whichever came first."""
        first, kickoff = self._snapshot.first_hours.get(project.id), self._kicked_off(project)
        if first and first <= self._as_of.day and (kickoff is None or first <= kickoff):
            reason = Text("hours are logged on it since {day}", day=first)
            return Late(Kind.HANDOFF, project, first, reason)
        if kickoff:
            return Late(Kind.HANDOFF, project, kickoff, Text("it has had its kickoff"))
        return None

    def _kicked_off(self, project: StartedProject) -> date | None:
        """The day of its kickoff; since when that is known where nothing tells the day."""
        sign = self._policy.kickoff
        if not self._happened(sign, project):
            return None
        if sign.kind == "field":
            return self._day(sign, project)
        seen = self._as_of.standing.get(_key_of_handoff(project), self._as_of.day)
        if sign.kind == "task":
            return seen
        reached = [each.reached_date for each in self._reached(sign, project) if each.reached_date]
        return min(reached, default=seen)

    def _fate(self, project: StartedProject) -> Fate:
        """Whether its handoff was accepted, as far as the policy asks for that."""
        sign = self._policy.handoff
        if isinstance(sign, Sign):
            happened = self._happened(sign, project)
            if happened is None:
                return Fate.UNKNOWN
            return Fate.ACCEPTED if happened else Fate.OPEN
        order = self._snapshot.orders.get(project.id)
        if sign == NOT_ASKED or order is None:
            return Fate.NOT_ASKED
        if self._as_of.handoffs is None:
            return Fate.UNKNOWN
        seller = self._people.address(order.user_id)
        return self._as_of.handoffs.fate((order.MODEL, order.id), order.date_order, seller)

    @property
    def untold(self) -> Sequence[StartedProject]:
        """Those that began of late, and nobody can tell whether their handoff was accepted."""
        unknown = [each for each in self.projects if self._fate(each) is Fate.UNKNOWN]
        told = {
            late.project.id for of in self.late.values() for late in of if late.kind is Kind.HANDOFF
        }
        return [
            each
            for each in unknown
            if (began := self._began(each)) and self._first <= began.since and each.id not in told
        ]

    def _milestones(self, project: StartedProject) -> Iterator[Late]:
        for milestone in self._snapshot.milestones.get(project.id, ()):
            if milestone.deadline and not milestone.is_reached:
                reason = Text("it was to be reached by {day}", day=milestone.deadline)
                since = milestone.deadline + timedelta(days=1)
                yield Late(Kind.MILESTONE, project, since, reason, milestone)

    def _template(self, project: StartedProject) -> Iterator[Late]:
        contract = self._contract(project)
        copied = self._snapshot.templates.get(project.id, ())
        if contract is None or not self._policy.as_template or not copied:
            return
        wanted = {key: name for template in copied for key, name in self._held(template).items()}
        missing = sorted(name for key, name in wanted.items() if key not in self._held(project.id))
        if missing:
            told = (*missing[:MOST_NAMED], *(["…"] if len(missing) > MOST_NAMED else []))
            reason = Text("of its template it lacks: {names}", names=told)
            yield Late(Kind.TEMPLATE, project, contract, reason)

    def _held(self, project_id: int) -> Mapping[str, str]:
        """The names of a project's tasks and milestones, by how they are compared."""
        tasks = (task.name for task in self._snapshot.tasks.get(project_id, ()))
        milestones = (each.name for each in self._snapshot.milestones.get(project_id, ()))
        return {_folded(name): name for name in (*tasks, *milestones)}

    def _happened(self, sign: Sign, project: StartedProject) -> bool | None:
        """Whether the sign is there; None where this Odoo does not tell."""
        if sign.kind == "field":
            if sign.name in self._snapshot.hidden:
                return None
            day = self._day(sign, project)
            return day is not None and day <= self._as_of.day
        if sign.kind == "milestone":
            return bool(self._reached(sign, project))
        name, tasks = _folded(sign.name), self._snapshot.tasks.get(project.id, ())
        return any(task.is_done and _folded(task.name) == name for task in tasks)

    def _day(self, sign: Sign, project: StartedProject) -> date | None:
        day: date | None = getattr(project, sign.name)
        return day

    def _reached(self, sign: Sign, project: StartedProject) -> Sequence[Milestone]:
        name, milestones = _folded(sign.name), self._snapshot.milestones.get(project.id, ())
        return [each for each in milestones if each.is_reached and _folded(each.name) == name]

    def _contract(self, project: StartedProject) -> date | None:
        order = self._snapshot.orders.get(project.id)
        return self._as_of.day_of(order.date_order) if order else None

    def _after(self, project: StartedProject, day: date, count: int) -> date | None:
        """So many working days of the manager later; None of a day that nobody looks back at."""
        later = [found for found in self._workdays(project) if found > day]
        known = day >= self._first and len(later) >= count
        return later[count - 1] if known else None

    def _manager(self, project: StartedProject) -> Employee | None:
        return self._people.by_user.get(project.user_id or 0)

    def _workdays(self, project: StartedProject) -> Sequence[date]:
        manager = self._manager(project)
        if manager is not None:
            return self._contacts.workdays(manager).days
        return [day for day in self._people.view.days() if day.weekday() < WEEKEND]

    def _steps(self, late: Late) -> tuple[Step, ...]:
        """The rung that it stands on, and those of about a day ahead."""
        manager, days = self._manager(late.project), self._workdays(late.project)
        before = late.since - timedelta(days=1)
        marks = placed(self._policy.ladder, before, before, days)
        found: Iterable[Step | None] = (
            self._contacts.step(manager, mark)
            if manager is not None
            else self._contacts.owner(mark, unreachable=UNREACHABLE)
            for mark in marks
        )
        until = self._as_of.instant + LOOK_AHEAD
        return standing([step for step in found if step], self._as_of.instant, until)


def _title(late: Late) -> Text:
    name = late.project.name
    if late.milestone:
        milestone = late.milestone.name
        return Text("{project}: milestone {milestone} is missed", project=name, milestone=milestone)
    return {
        Kind.KICKOFF: Text("{project} has had no kickoff", project=name),
        Kind.HOURS: Text("{project}: nobody has logged an hour", project=name),
        Kind.HANDOFF: Text("{project} began without an accepted handoff", project=name),
        Kind.TEMPLATE: Text("{project} is not set up like its template", project=name),
    }[late.kind]


def _key_of_handoff(project: StartedProject) -> str:
    return f"{Kind.HANDOFF}-{project.id}"


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
