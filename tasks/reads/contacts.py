"""Who is told at a rung, at which instant: the person, her manager, or the job's owner."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from odoo_gateway.reader import Reader
from tasks.domain import addresses
from tasks.domain.findings import Recipient, Step
from tasks.domain.ladder import Placed, Who, Workdays, instant
from tasks.domain.periods import Period
from tasks.domain.texts import NOTHING, Text
from tasks.reads.schedules import Schedules
from tasks.records.people import Account, Employee

WEEKEND = 5
ASK: Final = Text("Ask for the hours, or approve leave that was taken.")


def read_languages(odoo: Reader, people: Iterable[Employee]) -> Mapping[int, str]:
    """The language of each user's account, by the user's id; who has none, or hides it, is not."""
    if not odoo.session.may_read(Account.MODEL) or odoo.lacks(Account, "lang"):
        return {}
    users = sorted({person.user_id for person in people if person.user_id is not None})
    accounts = odoo.search(Account, [("id", "in", users)])
    return {account.id: account.lang for account in accounts if account.lang}


@dataclass(frozen=True)
class Contacts:
    """How people are reached."""

    #: Employees and managers by id.
    people: Mapping[int, Employee]
    schedules: Schedules
    #: The whole weeks that schedules are known of.
    view: Period
    #: The owner's.
    zone: ZoneInfo
    #: Nothing is sent before.
    now: datetime
    #: Whether mails wait for their rung's time.
    wait: bool = True
    opted_out: Collection[int] = ()
    #: Where others than the person herself see her hours, and remedy_of_others what they do about
    #: them.
    page_of_others: str = ""
    remedy_of_others: Text = ASK
    #: By user.
    languages: Mapping[int, str] = field(default_factory=dict)
    _workdays: dict[int, Workdays] = field(default_factory=dict, compare=False)

    def workdays(self, employee: Employee) -> Workdays:
        """The days on which hours are expected of somebody; weekdays where nobody can say."""
        if employee.id not in self._workdays:
            found = [
                day for week in self.view.weeks() for day in self._working_days(employee, week)
            ]
            self._workdays[employee.id] = Workdays(found, self.schedules.zone(employee))
        return self._workdays[employee.id]

    @cached_property
    def _weekdays(self) -> Workdays:
        return Workdays([day for day in self.view.days() if day.weekday() < WEEKEND], self.zone)

    def step(self, employee: Employee, placed: Placed) -> Step | None:
        """What a rung of an employee comes to; None if nobody is told."""
        rung = placed.rung
        if rung.who is Who.PERSON:
            return self._person(employee, placed)
        if rung.who is Who.MANAGER:
            step = self._manager(employee, placed)
            why = NOTHING if step else self._unreachable_manager(employee)
            return step or self.owner(placed, escalates=True, unreachable=why)
        return self.owner(placed, escalates=True)

    def _manager(self, employee: Employee, placed: Placed) -> Step | None:
        manager = self.people.get(employee.parent_id or 0)
        if manager is None or not manager.active:
            return None
        return self._mail(manager, placed, escalates=True)

    def _unreachable_manager(self, employee: Employee) -> Text:
        manager = self.people.get(employee.parent_id or 0)
        wrong = _wrong_address(manager) if manager and manager.active else NOTHING
        return wrong or Text("{name} has no manager who can be written to", name=employee.name)

    def _person(self, employee: Employee, placed: Placed) -> Step | None:
        if employee.id in self.opted_out:
            return None
        if not employee.active:
            left = Text("{name} has left", name=employee.name)
            step = self._manager(employee, placed)
            return replace(step, unreachable=left) if step else self.owner(placed, unreachable=left)
        if not employee.work_email:
            nowhere = Text("{name} has no e-mail address", name=employee.name)
            return self.owner(placed, unreachable=nowhere)
        if wrong := _wrong_address(employee):
            return self.owner(placed, unreachable=wrong)
        return self._mail(employee, placed)

    def _mail(self, person: Employee, placed: Placed, *, escalates: bool = False) -> Step | None:
        known = person.resource_id in self.schedules.resources
        if not person.work_email or person.id in self.opted_out or not known:
            return None
        if _wrong_address(person):
            return None
        step = self._on(self.workdays(person), placed)
        recipient = Recipient(
            addresses.stripped(person.work_email),
            person.name,
            zone=self.schedules.zone(person).key,
            language=self.languages.get(person.user_id or 0, ""),
        )
        told = step and replace(step, recipient=recipient)
        return self._about_others(told, escalates=True) if escalates else told

    def owner(
        self, placed: Placed, *, escalates: bool = False, unreachable: Text = NOTHING
    ) -> Step | None:
        """What a rung comes to for the job's owner, who works on weekdays, as far as we know."""
        step = self._on(self._weekdays, placed)
        return self._about_others(step, escalates=escalates, unreachable=unreachable)

    def _about_others(
        self, step: Step | None, *, escalates: bool, unreachable: Text = NOTHING
    ) -> Step | None:
        return step and replace(
            step,
            escalates=escalates,
            unreachable=unreachable,
            url=self.page_of_others,
            remedy=self.remedy_of_others,
        )

    def _on(self, workdays: Workdays, placed: Placed) -> Step | None:
        """The step on the first working day from the rung's day on; None if none is known."""
        clock, day = placed.rung.at, workdays.first_from(placed.day)
        if day is None:
            return None
        at = instant(day, clock, workdays.zone)
        not_before = workdays.send_at(at, clock, self.now)
        if not_before is None:
            return None
        return Step(placed.rung.name, at, not_before=not_before if self.wait else None)

    def _working_days(self, employee: Employee, week: Period) -> Collection[date]:
        hours = self.schedules.expected(employee, week)
        if hours is None:
            return [day for day in week.days() if day.weekday() < WEEKEND]
        return [day for day, expected in hours.items() if expected > 0]


def _wrong_address(person: Employee) -> Text:
    """Why nobody is written to at the address that Odoo has; empty when it is one, or none.

    Of several, nobody can say which is the person's: all of them would tell others, one of them
    might be an old one.
    """
    address = addresses.stripped(person.work_email or "")
    if not person.work_email or not addresses.problem(address):
        return NOTHING
    return Text(
        "{name} has no single usable e-mail address in Odoo, but {address}",
        name=person.name,
        address=repr(address),
    )
