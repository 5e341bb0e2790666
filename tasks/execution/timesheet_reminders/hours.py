"""Reads the hours that people logged, with how far each has come on its way to approval."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from odoo_gateway.reader import Domain, Group, Reader
from tasks.domain.findings import NotVerifiable
from tasks.domain.periods import Period
from tasks.domain.texts import Text
from tasks.execution.timesheet_reminders.policy import ProjectRules, TimesheetPolicy
from tasks.reads.approvals import TimesheetSheet, approval_field
from tasks.reads.units import hours_of
from tasks.records.people import Employee
from tasks.records.timesheets import no_leave


class State(StrEnum):
    """How far hours have come. What was rejected is a draft again, in every module we know."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"


NO_RULES: Final = ProjectRules()
# What a policy may want beyond logged hours.
WANTED: Final[Mapping[str, Text]] = {"submitted": Text("submitted"), "approved": Text("approved")}
ENOUGH: Final[Mapping[str, frozenset[State]]] = {
    "logged": frozenset(State),
    "submitted": frozenset({State.SUBMITTED, State.APPROVED}),
    "approved": frozenset({State.APPROVED}),
}
SHEET_STATES: Final[Mapping[str, State]] = {
    "new": State.DRAFT,
    "draft": State.DRAFT,
    "confirm": State.SUBMITTED,
    "done": State.APPROVED,
}


@dataclass(frozen=True, slots=True)
class Late:
    """Hours of one person and day that were logged later; Odoo tells when a line was made alone."""

    date: date
    hours: float
    project_id: int | None
    #: The first instant at which they may have been.
    made: datetime


@dataclass(frozen=True, slots=True)
class Logged:
    """Hours of one person on one day; state None is unknown, project None was not asked for."""

    hours: float
    state: State | None = None
    project_id: int | None = None


@dataclass(frozen=True)
class Hours:
    """What was logged per employee and day; `tells` are the states that this Odoo tells apart."""

    logged: Mapping[tuple[int, date], Sequence[Logged]]
    tells: frozenset[State] = frozenset()

    def on(self, employee_id: int, day: date) -> Sequence[Logged]:
        """What one person logged on one day."""
        return self.logged.get((employee_id, day), ())

    def people(self) -> frozenset[int]:
        """The employees who logged anything."""
        return frozenset(employee_id for employee_id, _ in self.logged)

    def by_state(self, employee_id: int, period: Period) -> Mapping[str, float | None]:
        """Hours by state; None where this Odoo, or a sheet hidden from the user, tells none."""
        logged = [each for day in period.days() for each in self.on(employee_id, day)]
        hidden = any(each.state is None for each in logged)
        return {
            state.value: None
            if hidden or state not in self.tells
            else round(sum(each.hours for each in logged if each.state is state), 2)
            for state in State
        }

    def told(self, wanted: str) -> bool:
        """Whether this Odoo can say that hours have come as far as a policy wants."""
        return wanted == "logged" or State(wanted) in self.tells

    def counts(self, logged: Logged, policy: TimesheetPolicy) -> bool:
        """Whether hours count against the missing ones; what nobody can tell counts."""
        rules = policy.projects.get(logged.project_id or 0, NO_RULES)
        wanted = "approved" if rules.approval_required else policy.counts
        unknown = logged.state is None or not self.told(wanted)
        return rules.hours_count and (unknown or logged.state in ENOUGH[wanted])

    def logged_by(
        self, employee_id: int, day: date, late: Iterable[Late], policy: TimesheetPolicy
    ) -> float:
        """Hours of projects that count, in whatever state, without the late ones."""
        found = [(each.project_id, each.hours) for each in self.on(employee_id, day)]
        found += [(each.project_id, -each.hours) for each in late if each.date == day]
        counts = (
            hours for of, hours in found if policy.projects.get(of or 0, NO_RULES).hours_count
        )
        return round(sum(counts), 2)

    def people_on(self, project_ids: Collection[int]) -> frozenset[int]:
        """The employees who logged on any of the projects."""
        return frozenset(
            employee_id
            for (employee_id, _), found in self.logged.items()
            if any(logged.project_id in project_ids for logged in found)
        )


def read_hours(
    odoo: Reader, employees: Iterable[Employee], period: Period, *, by_project: bool
) -> Hours:
    """Hours of these employees on any project, leave left out."""
    approval = approval_field(odoo)
    by = ["date:day", *(["project_id"] if by_project else []), *approval]
    people = [employee.id for employee in employees]
    groups = list(hours_of(odoo, people, _logged(odoo, period), by))
    states = _states(odoo, groups, approval)
    found: dict[tuple[int, date], list[Logged]] = defaultdict(list)
    for group in groups:
        employee_id, day, *more = group.keys
        if isinstance(employee_id, int) and isinstance(day, date):
            project_id = more[0] if by_project and isinstance(more[0], int) else None
            state = states.get(group.keys[-1]) if approval else None
            found[employee_id, day].append(Logged(group.sums[0], state, project_id))
    return Hours(found, _TELLS.get(approval, frozenset()))


def read_late(
    odoo: Reader, people: Iterable[int], period: Period, after: datetime
) -> Iterator[tuple[int, Late]]:
    """What of the same hours was logged after an instant (UTC), and by which of the employees."""
    made = after + timedelta(seconds=1)
    domain = [*_logged(odoo, period), ("create_date", ">=", f"{made:%Y-%m-%d %H:%M:%S}")]
    for group in hours_of(odoo, people, domain, ["date:day", "project_id"]):
        yield group.id_at(0), Late(group.day_at(1), group.sums[0], group.id_at(2), made)


def _logged(odoo: Reader, period: Period) -> Domain:
    return [
        ("project_id", "!=", False),
        ("date", ">=", str(period.start)),
        ("date", "<=", str(period.end)),
        *no_leave(odoo),
    ]


def gaps(hours: Hours, policy: TimesheetPolicy) -> Iterator[NotVerifiable]:
    """What this Odoo cannot tell of the hours that were logged."""
    if not hours.tells:
        yield _NO_APPROVAL
    else:
        yield _REJECTED
    rules = policy.projects.values()
    wanted = {policy.counts, *("approved" for each in rules if each.approval_required)}
    for state in sorted(wanted):
        if not hours.told(state):
            yield NotVerifiable(
                check=Text("{state} hours as the policy counts them", state=WANTED[state]),
                reason=Text(
                    "this Odoo does not tell which hours are {state}, so all logged ones count",
                    state=WANTED[state],
                ),
                remedy=Text(
                    "install a module that tells, or let the policy count what this Odoo tells"
                ),
            )


def _states(
    odoo: Reader, groups: Iterable[Group], approval: tuple[str, ...]
) -> Mapping[object, State]:
    """The state by the key of a group; a sheet that the user does not see has none."""
    if approval != ("sheet_id",):
        return {True: State.APPROVED, None: State.DRAFT}
    ids = sorted({group.keys[-1] for group in groups if isinstance(group.keys[-1], int)})
    sheets = odoo.read(TimesheetSheet, ids) if ids else ()
    states: dict[object, State] = {None: State.DRAFT}
    for sheet in sheets:
        if sheet.state in SHEET_STATES:
            states[sheet.id] = SHEET_STATES[sheet.state]
    return states


_TELLS: Final[Mapping[tuple[str, ...], frozenset[State]]] = {
    ("validated",): frozenset({State.DRAFT, State.APPROVED}),
    ("sheet_id",): frozenset(State),
}
_NO_APPROVAL = NotVerifiable(
    check=Text("approved hours"),
    reason=Text("this Odoo has no approval of timesheets, so every logged hour counts"),
    remedy=Text(
        "install timesheet_grid (Enterprise) or hr_timesheet_sheet (OCA) to tell them apart"
    ),
)
_REJECTED = NotVerifiable(
    check=Text("rejected hours"),
    reason=Text("Odoo makes rejected hours drafts again, so they are counted among the drafts"),
    remedy=Text("ask whoever approves: nothing in Odoo tells"),
)
