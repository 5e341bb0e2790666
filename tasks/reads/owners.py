"""Who sees to something in Odoo: users with the days that they work, and when each is told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from odoo_gateway.reader import Domain, Reader
from tasks.domain import addresses
from tasks.domain.checklists import OfficeHours, Owner, due_at
from tasks.domain.findings import Step
from tasks.domain.ladder import LOOK_AHEAD, Placed, Rung, Who, Workdays, placed, standing
from tasks.domain.periods import AsOf, Period
from tasks.domain.texts import NOTHING, Text
from tasks.reads.contacts import WEEKEND, Contacts, read_languages
from tasks.reads.names import user_names
from tasks.reads.schedules import Schedules, read_schedules
from tasks.records.people import Employee

# Of which working days are known.
WEEKS_BACK: Final = 52
WEEKS_AHEAD: Final = 5


@dataclass(frozen=True)
class People:
    """Users of Odoo, those who are employees as such, with their managers and schedules."""

    #: Names by user.
    users: Mapping[int, str]
    #: By user; the one of the company where somebody is one of several.
    by_user: Mapping[int, Employee]
    #: Owners and their managers, by id.
    employees: Mapping[int, Employee]
    schedules: Schedules
    languages: Mapping[int, str]
    #: The whole weeks that schedules are known of.
    view: Period

    def owner(self, user_id: int | None, nobody: str) -> Owner:
        """The owner that a user is; `nobody` is what one is called who is not named."""
        name = self.users.get(user_id or 0)
        return Owner(name, user_id) if name else Owner(nobody)

    def address(self, user_id: int | None) -> str:
        """Where somebody is written to, in lower case; "" where that is nowhere."""
        person = self.by_user.get(user_id or 0)
        return addresses.stripped((person.work_email if person else None) or "").lower()


@dataclass(frozen=True)
class Telling:
    """When owners are told: by their working days and clock, on a ladder around a deadline."""

    people: People
    as_of: AsOf
    office: OfficeHours
    ladder: Sequence[Rung]
    #: The rung that comes at once, on the day since which something stands.
    opening: Rung
    contacts: Contacts

    def due(self, owner: Owner, since: datetime, hours: float) -> datetime | None:
        """By when the owner has worked so many hours since an instant (UTC)."""
        return due_at(since, hours, self._workdays(owner), self.office)

    def steps(
        self,
        owner: Owner,
        since: datetime,
        due: datetime | None,
        *,
        at_once: bool = True,
        lead: int | None = None,
    ) -> tuple[Step, ...]:
        """The rung that stands, and those of about a day ahead.

        at_once: whether the owner is told when it comes up, before it is due. lead: the user who
        is told at the rungs of the manager, where that is another employee than the owner.
        """
        now, workdays = self.as_of.instant, self._workdays(owner)
        first = since.astimezone(workdays.zone).date()
        last = due.astimezone(workdays.zone).date() if due else None
        later = placed(self.ladder, last, first, workdays.days) if last else ()
        opens = at_once and (last is None or (workdays.first_from(first) or first) < last)
        marks = [*([Placed(self.opening, first)] if opens else []), *later]
        steps = [step for mark in marks if (step := self._step(owner, mark, lead)) is not None]
        return standing(steps, now, now + LOOK_AHEAD)

    def _step(self, owner: Owner, mark: Placed, lead: int | None) -> Step | None:
        """What a rung comes to; where nobody is behind a manager's, None."""
        person = self.people.by_user.get(owner.user_id or 0)
        leads = self.people.by_user.get(lead or 0)
        if person is not None:
            if leads is not None and leads.id != person.id:
                person = replace(person, parent_id=leads.id)
            return self.contacts.step(person, mark)
        if mark.rung.who is Who.MANAGER:
            return None
        escalates = mark.rung.who is Who.OWNER
        unknown = Text("{name} has no employee record in Odoo", name=owner.name)
        why = unknown if owner.user_id else NOTHING
        return self.contacts.owner(mark, escalates=escalates, unreachable=why)

    def _workdays(self, owner: Owner) -> Workdays:
        """Those of a person; weekdays for the owner of the job."""
        person = self.people.by_user.get(owner.user_id or 0)
        if person is not None:
            return self.contacts.workdays(person)
        weekdays = [day for day in self.people.view.days() if day.weekday() < WEEKEND]
        return Workdays(weekdays, self.as_of.zone)


class Reaches(Protocol):
    """What a policy says of how people are reached."""

    @property
    def wait_for_morning(self) -> bool: ...
    @property
    def opted_out(self) -> tuple[int, ...]: ...


class Tells(Reaches, Protocol):
    """What a policy says of when people are told."""

    @property
    def version(self) -> str: ...
    @property
    def ladder(self) -> tuple[Rung, ...]: ...


def contacts_of(people: People, as_of: AsOf, policy: Reaches, remedy_of_others: Text) -> Contacts:
    """How these people are reached; remedy_of_others: what is told to others than the owner."""
    return Contacts(
        people=people.employees,
        schedules=people.schedules,
        view=people.view,
        zone=as_of.zone,
        now=as_of.now,
        wait=policy.wait_for_morning,
        opted_out=policy.opted_out,
        remedy_of_others=remedy_of_others,
        languages=people.languages,
    )


class Tellings:
    """When these people are told, by policy: their working days are put together once for each."""

    def __init__(self, people: People, as_of: AsOf, remedy_of_others: Text) -> None:
        self._people, self._as_of, self._remedy_of_others = people, as_of, remedy_of_others
        self._by_version: dict[str, Telling] = {}

    def of(self, policy: Tells, office: OfficeHours, opening: Rung) -> Telling:
        """opening: the rung at which an owner is told when something comes up."""
        if policy.version not in self._by_version:
            people, as_of = self._people, self._as_of
            contacts = contacts_of(people, as_of, policy, self._remedy_of_others)
            self._by_version[policy.version] = Telling(
                people, as_of, office, policy.ladder, opening, contacts
            )
        return self._by_version[policy.version]


def view_from(oldest: date, as_of: AsOf) -> Period:
    """Whole weeks from a week before the oldest came up, of a year at most, to some ahead."""
    today = Period(as_of.day, as_of.day).whole_weeks()
    first = max(oldest - timedelta(weeks=1), today.shifted(-WEEKS_BACK).start)
    return Period(min(first, today.start), today.shifted(WEEKS_AHEAD).end).whole_weeks()


def recent_view(as_of: AsOf) -> Period:
    """Whole weeks from a quarter of a year before to some ahead, for what was found lately."""
    first = as_of.day - timedelta(weeks=12)
    last = max(as_of.day, as_of.now.date()) + timedelta(weeks=3)
    return Period(first, last).whole_weeks()


def read_people(odoo: Reader, users: Iterable[int | None], view: Period) -> People:
    """These users, the employees that they are, and the managers of those."""
    ids = sorted({user for user in users if user})
    named: Domain = [("user_id", "in", ids)]
    found = odoo.search(Employee, named, archived=True, all_companies=True) if ids else ()
    ranked = sorted(found, key=lambda each: (each.active, each.company_id == odoo.company_id))
    by_user = {each.user_id: each for each in ranked if each.user_id}
    above = {each.parent_id for each in by_user.values() if each.parent_id}
    managers = odoo.read(Employee, above)
    employees = {each.id: each for each in (*managers, *by_user.values())}
    everybody = list(employees.values())
    return People(
        users=user_names(odoo, ids),
        by_user=by_user,
        employees=employees,
        schedules=read_schedules(odoo, everybody, view),
        languages=read_languages(odoo, everybody),
        view=view,
    )
