"""Who is to decide what waits, who steps in for them and why, and which rungs speak now."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from tasks.domain import addresses
from tasks.domain.acts import Act, ActKind
from tasks.domain.findings import Step
from tasks.domain.ladder import LOOK_AHEAD, Placed, Rung, Who, placed, standing
from tasks.domain.periods import AsOf, Period
from tasks.domain.texts import NOTHING, Text
from tasks.execution.pending_approvals.policy import INSTEAD, ApprovalPolicy
from tasks.execution.pending_approvals.waiting import Waiting
from tasks.reads.contacts import WEEKEND, Contacts
from tasks.records.people import CalendarLeave, Employee

NOT_ASKED: Final = Text("Odoo names no approver")


class Status(StrEnum):
    """Where a decision stands."""

    WAITING = "waiting"
    AWAY = "approver_away"
    SELF = "self_approval"
    LEFT = "approver_left"
    HANDED_OVER = "handed_over"
    UNKNOWN = "approver_unknown"
    NONE = "no_approver"


@dataclass(frozen=True)
class Turn:
    """Whose turn it is; person None is the job's owner."""

    status: Status
    person: Employee | None
    #: Why it is not the approver's.
    note: Text = NOTHING
    #: From which day on somebody else decides.
    since: date | None = None


@dataclass(frozen=True)
class Deciders:
    """Finds who decides."""

    contacts: Contacts
    #: Employees by their user.
    by_user: Mapping[int, Employee]
    #: Names of users without an employee.
    users: Mapping[int, str]
    as_of: AsOf
    _hours: dict[int, Mapping[date, float] | None] = field(default_factory=dict, compare=False)
    _away: dict[int, date | None] = field(default_factory=dict, compare=False)

    def approver(self, item: Waiting) -> Employee | None:
        """Whom Odoo names, where that is an employee."""
        if item.approver_id:
            return self.contacts.people.get(item.approver_id)
        return self.by_user.get(item.approver_user_id or 0)

    def named(self, item: Waiting) -> str:
        """The approver's name in Odoo, or ""."""
        approver = self.approver(item)
        return approver.name if approver else self.users.get(item.approver_user_id or 0, "")

    def turn(self, item: Waiting, policy: ApprovalPolicy) -> Turn:
        """Who is to decide now: the approver, else who stands in, else the owner."""
        approver, name = self.approver(item), self.named(item)
        if approver is None:
            unknown = Text("{name} has no employee record in Odoo", name=name)
            note = unknown if name else NOT_ASKED
            return Turn(Status.UNKNOWN if name else Status.NONE, None, note)
        stands_in = self.fallback(approver, item, policy)
        if act := self._handed_over(item):
            known = addresses.stripped(stands_in.work_email or "") if stands_in else ""
            itself = stands_in and known.lower() == act.person
            day = act.at.astimezone(self.as_of.zone).date()
            note = Text("{person} handed it over", person=act.person)
            return Turn(Status.HANDED_OVER, None if itself else stands_in, note, day)
        if self._same(approver, item.employee_id):
            note = Text("{name} cannot approve what they submitted", name=name)
            return Turn(Status.SELF, stands_in, note)
        if not approver.active:
            note = Text("{name} is archived in Odoo", name=name)
            return Turn(Status.LEFT, stands_in, note)
        if since := self._away_since(approver):
            return Turn(Status.AWAY, stands_in, self._absence(approver), since)
        return Turn(Status.WAITING, approver)

    def fallback(
        self, approver: Employee, item: Waiting, policy: ApprovalPolicy
    ) -> Employee | None:
        """The delegate, else the manager: whoever is there and did not submit it."""
        for number in (policy.delegates.get(approver.id), approver.parent_id):
            person = self.contacts.people.get(number or 0)
            barred = (approver.id, item.employee_id)
            if person is None or not person.active or self._away_since(person):
                continue
            if not any(self._same(person, other) for other in barred):
                return person
        return None

    def steps(self, item: Waiting, turn: Turn, policy: ApprovalPolicy) -> tuple[Step, ...]:
        """The rung that stands, and those of about a day ahead."""
        if turn.status is Status.WAITING and turn.person:
            steps = self._climb(item, turn.person, policy)
        else:
            steps = self._instead(item, turn, policy)
        now = self.as_of.instant
        return standing([step for step in steps if step], now, now + LOOK_AHEAD)

    def working_hours(self, item: Waiting, person: Employee | None) -> float | None:
        """Hours that somebody was to work since it waits, until yesterday; None if unknown."""
        expected = self._expected(person) if person else None
        if expected is None:
            return None
        return round(sum(h for day, h in expected.items() if item.since < day < self.as_of.day), 2)

    def _expected(self, person: Employee) -> Mapping[date, float] | None:
        if person.id not in self._hours:
            self._hours[person.id] = self._days(person, self.contacts.schedules.expected)
        return self._hours[person.id]

    def _days(
        self, person: Employee, hours: Callable[[Employee, Period], Mapping[date, float] | None]
    ) -> Mapping[date, float] | None:
        """Hours of all days in view; None where nobody can say those of a week."""
        found = [hours(person, week) for week in self.contacts.view.weeks()]
        known = [week for week in found if week is not None]
        if len(known) < len(found):
            return None
        return {day: hours for week in known for day, hours in week.items()}

    def _climb(
        self, item: Waiting, approver: Employee, policy: ApprovalPolicy
    ) -> Iterator[Step | None]:
        stands_in = self.fallback(approver, item, policy)
        below = replace(approver, parent_id=stands_in.id if stands_in else None)
        days = self.contacts.workdays(approver).days
        for mark in placed(policy.ladder, item.since, item.since, days):
            yield self.contacts.step(below, mark)

    def _instead(self, item: Waiting, turn: Turn, policy: ApprovalPolicy) -> Iterator[Step | None]:
        """At once to who stands in, later to the owner."""
        rung = Rung(name=INSTEAD, working_days=0, at=policy.instead_at)
        mark, person = Placed(rung, max(item.since, turn.since or item.since)), turn.person
        told = self.contacts.step(person, mark) if person else None
        step = told or self._owner(mark, turn)
        yield step and replace(step, unreachable=step.unreachable or turn.note)
        days = self.contacts.workdays(person).days if person else self._weekdays()
        owners = [rung for rung in policy.ladder if rung.who is Who.OWNER]
        for later in placed(owners, item.since, item.since, days):
            yield self._owner(later, turn, escalates=True)

    def _owner(self, mark: Placed, turn: Turn, *, escalates: bool = False) -> Step | None:
        """The owner, who follows up with whoever stands in, or else decides."""
        step = self.contacts.owner(mark, escalates=escalates)
        return replace(step, remedy=NOTHING) if step and turn.person is None else step

    def _weekdays(self) -> Sequence[date]:
        return [day for day in self.contacts.view.days() if day.weekday() < WEEKEND]

    def _handed_over(self, item: Waiting) -> Act | None:
        handed_over = (act for act in self.as_of.acts if act.kind is ActKind.HANDED_OVER)
        return next((act for act in handed_over if act.key == item.key), None)

    def _same(self, person: Employee, employee_id: int) -> bool:
        """Whether these are one person, who may be an employee of several companies."""
        other = self.contacts.people.get(employee_id)
        same_user = other is not None and person.user_id and person.user_id == other.user_id
        return person.id == employee_id or bool(same_user)

    def _away_since(self, person: Employee) -> date | None:
        """The first day of the leave that somebody is on today; holidays are everybody's."""
        if person.id not in self._away:
            self._away[person.id] = self._first_day_away(person)
        return self._away[person.id]

    def _first_day_away(self, person: Employee) -> date | None:
        """The day after the last that was worked; None for who is not on leave today.

        A day off belongs to the leave that covers it with a working day beside it, or to the
        leaves on both sides. Where no calendar says what is worked, a leave takes the day whose
        noon it covers.
        """
        day = self._today(person)
        if not self._leaves(person) or not self._absent(person, day):
            return None
        worked = [found for found in self.contacts.workdays(person).days if found < day]
        return worked[-1] + timedelta(days=1) if worked else day

    def _absent(self, person: Employee, day: date) -> bool:
        gross = self._days(person, self.contacts.schedules.gross)
        if gross is None:
            noon = datetime.combine(day, time(12), self.contacts.schedules.zone(person))
            return any(x.date_from <= noon <= x.date_to for x in self._leaves(person))
        if gross.get(day):
            return self._all_off(person, day)
        before = max((each for each, hours in gross.items() if hours and each < day), default=day)
        after = min((each for each, hours in gross.items() if hours and each > day), default=day)
        neighbours = [self._all_off(person, each) for each in (before, after)]
        return any(neighbours) if self._on_leave(person, day) else all(neighbours)

    def _all_off(self, person: Employee, day: date) -> bool:
        """Whether a leave of the person's own leaves nothing of a working day."""
        return not (self._expected(person) or {}).get(day) and self._on_leave(person, day)

    def _on_leave(self, person: Employee, day: date) -> bool:
        """Whether a leave of the person's own touches the day where she is."""
        zone = self.contacts.schedules.zone(person)
        start = datetime.combine(day, time(), zone)
        end = datetime.combine(day + timedelta(days=1), time(), zone)
        return any(x.date_from < end and start < x.date_to for x in self._leaves(person))

    def _leaves(self, person: Employee) -> Sequence[CalendarLeave]:
        return self.contacts.schedules.leaves.get(person.resource_id, ())

    def _absence(self, person: Employee) -> Text:
        back = self.contacts.workdays(person).first_from(self._today(person))
        if back is None:
            return Text("{name} is on leave", name=person.name)
        return Text("{name} is on leave and back on {day}", name=person.name, day=back)

    def _today(self, person: Employee) -> date:
        return self.as_of.instant.astimezone(self.contacts.schedules.zone(person)).date()
