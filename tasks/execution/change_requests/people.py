"""Who raised, sold, leads and decided: their addresses, and the hours that they work."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from odoo_gateway.reader import Reader
from tasks.domain import addresses
from tasks.domain.findings import Recipient
from tasks.domain.periods import AsOf, Period
from tasks.execution.change_requests.kept import ChangeRequest
from tasks.execution.change_requests.records import (
    BudgetedProject,
    ChangeOrder,
    Person,
    SalesTeam,
)
from tasks.reads.contacts import read_languages
from tasks.reads.schedules import Schedules, read_schedules
from tasks.records.people import Employee

NONE: Final = Schedules(resources={}, schedules={}, terms={}, leaves={})


@dataclass(frozen=True)
class People:
    """Users by id, those who are employees as such, and who leads each sales team."""

    users: Mapping[int, Person]
    #: By user; the one of the company where somebody is one of several.
    employees: Mapping[int, Employee]
    #: The user who leads each sales team.
    leads: Mapping[int, int]
    #: Of those who decided.
    schedules: Schedules
    #: Those who decided, by address in lower case.
    deciders: Mapping[str, Employee]
    languages: Mapping[int, str]

    def name(self, user_id: int | None) -> str:
        """What somebody is called; "" for nobody."""
        user = self.users.get(user_id or 0)
        return user.name if user else ""

    def address(self, user_id: int | None) -> str:
        """Where somebody is written to: the employee's, else the login's; "" where neither is."""
        employee, user = self.employees.get(user_id or 0), self.users.get(user_id or 0)
        known = (employee.work_email if employee else None, user.login if user else None)
        usable = (addresses.stripped(each) for each in known if each)
        return next((each.lower() for each in usable if not addresses.problem(each)), "")

    def addresses(self, user_id: int | None) -> frozenset[str]:
        """All that somebody is known by, without a name, in lower case."""
        employee, user = self.employees.get(user_id or 0), self.users.get(user_id or 0)
        known = (employee.work_email if employee else None, user.login if user else None)
        usable = (each for each in known if each and not addresses.problem(each))
        return frozenset(addresses.single(each).addr_spec.lower() for each in usable)

    def recipient(self, user_id: int | None) -> Recipient | None:
        """Whom to tell; None for who is not there any more, or has no address."""
        employee, address = self.employees.get(user_id or 0), self.address(user_id)
        if not address or (employee is not None and not employee.active):
            return None
        language = self.languages.get(user_id or 0, "")
        return Recipient(address, self.name(user_id), language=language)


def read_people(
    odoo: Reader,
    as_of: AsOf,
    requests: Iterable[ChangeRequest],
    orders: Iterable[ChangeOrder],
    projects: Iterable[BudgetedProject],
    view: Period,
) -> People:
    """Everybody who is concerned."""
    orders = list(orders)
    teams = _teams(odoo, orders)
    users = {
        *(each.raised_by for each in requests),
        *(order.user_id for order in orders),
        *(project.user_id for project in projects),
        *teams.values(),
    } - {None}
    known = odoo.read(Person, [number for number in users if number])
    found = odoo.search(Employee, [("user_id", "!=", False)], archived=True, all_companies=True)
    ours = [each for each in found if each.company_id == odoo.company_id]
    by_user = {each.user_id: each for each in (*found, *ours) if each.user_id}
    said = {said.person for each in as_of.proposed for said in each.said}
    deciders = {
        address: each
        for each in (*found, *ours)
        if (address := addresses.stripped(each.work_email or "").lower()) in said
    }
    told = [by_user[number] for number in sorted(by_user) if number in users]
    return People(
        users={person.id: person for person in known},
        employees=by_user,
        leads=teams,
        schedules=read_schedules(odoo, list(deciders.values()), view) if deciders else NONE,
        deciders=deciders,
        languages=read_languages(odoo, told),
    )


def _teams(odoo: Reader, orders: Iterable[ChangeOrder]) -> Mapping[int, int]:
    ids = sorted({order.team_id for order in orders if order.team_id})
    if not ids or not odoo.session.may_read(SalesTeam.MODEL):
        return {}
    found = odoo.read(SalesTeam, ids)
    return {team.id: team.user_id for team in found if team.user_id}
