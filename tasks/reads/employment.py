"""Reads when people were employed, and by which calendar: contracts, versions, and what else tells.

Where contracts are dated they alone rule, as in Odoo. Else somebody is employed from the first day
that Odoo knows (`hr.version.date_version`, else the day the record was made) or from the first
hours logged, whichever was earlier, so that firms which entered their people late lose no hours. It
ends on the day of departure; of who was archived without one, with the last hours logged.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.domain.findings import NotVerifiable
from tasks.domain.periods import Period
from tasks.domain.texts import Text
from tasks.records.people import Contract, Employee, EmploymentVersion, Resource, WorkingCalendar
from tasks.records.timesheets import TimesheetLine, no_leave

# As `resource.resource._get_calendars_validity_within_period` of Odoo 16 to 18 has it: contracts
# that run, ran, or are signed and still to begin; those of others than employees rule nothing.
IN_FORCE: Final[Domain] = [
    *("|", ("state", "in", ["open", "close"])),
    *("&", ("state", "=", "draft"), ("kanban_state", "=", "done")),
]
# What tells of past schedules, each where the other may not be read.
HISTORIES: Final = (
    (EmploymentVersion.MODEL, Contract.MODEL),
    (Contract.MODEL, EmploymentVersion.MODEL),
)
UNDER_CONTRACT: Final = ("employee", "student")


@dataclass(frozen=True)
class Term:
    """A calendar agreed with an employee between two days; None is open."""

    calendar_id: int | None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class _Agreed:
    """What was agreed, by employee."""

    terms: Mapping[int, Sequence[Term]]
    #: Of whom contracts tell both ends.
    dated: frozenset[int] = frozenset()
    not_verifiable: tuple[NotVerifiable, ...] = ()


def read_terms(
    odoo: Reader, employees: Sequence[Employee], resources: Mapping[int, Resource], period: Period
) -> tuple[Mapping[int, Sequence[Term]], tuple[NotVerifiable, ...]]:
    """The terms of every employee, none for who was not employed in the period, and the gaps.

    resources: in whose zones the days are, and which were made with the employees. period: the days
    that matter.
    """
    agreed = _agreed(odoo, employees)
    calendars = _calendars(odoo, employees)
    terms = {
        each.id: agreed.terms.get(each.id)
        or (Term(calendars[each.id], _made(resources.get(each.resource_id))),)
        for each in employees
    }
    late = {
        each.id
        for each in employees
        if each.id not in agreed.dated and (terms[each.id][0].first or date.min) > period.start
    }
    ended = {each.id for each in employees if _ended_somehow(each, terms[each.id])}
    logged = _logged(odoo, late | ended)
    bounded = {
        each.id: _bounded(
            each, terms[each.id], logged, late=each.id in late, ended=each.id in ended
        )
        for each in employees
    }
    guessed = any(logged[number][1] >= period.start for number in ended & logged.keys())
    gaps = (_DEPARTURE_UNKNOWN,) if guessed else ()
    return bounded, (*agreed.not_verifiable, *gaps)


def _bounded(
    employee: Employee,
    terms: Sequence[Term],
    logged: Mapping[int, tuple[date, date]],
    *,
    late: bool,
    ended: bool,
) -> Sequence[Term]:
    """The terms from the first hours logged where those are earlier, until the person left."""
    first_logged, last_logged = logged.get(employee.id, (date.max, date.min))
    if late:
        terms = [replace(terms[0], first=min(terms[0].first or date.max, first_logged)), *terms[1:]]
    last = last_logged if ended else employee.departure_date
    if last is None:
        return terms
    return [
        replace(term, last=min(term.last or last, last))
        for term in terms
        if (term.first or date.min) <= last
    ]


def _ended_somehow(employee: Employee, terms: Sequence[Term]) -> bool:
    """Whether somebody has left and nothing tells when."""
    return not (employee.active or employee.departure_date or terms[-1].last)


def _made(resource: Resource | None) -> date | None:
    """The day when the record was made, where the person is."""
    if resource is None or resource.create_date is None:
        return None
    return resource.create_date.astimezone(resource.tz).date()


def _calendars(odoo: Reader, employees: Iterable[Employee]) -> Mapping[int, int | None]:
    """The present calendar by employee; the company's where Odoo knows no flexible hours.

    An employee without a calendar has flexible hours from Odoo 18 on.
    """
    companies = {company.id: company.resource_calendar_id for company in odoo.session.companies}
    instead = companies if odoo.lacks(WorkingCalendar, "flexible_hours") else {}
    return {
        each.id: each.resource_calendar_id or instead.get(each.company_id) for each in employees
    }


def _logged(odoo: Reader, ids: Iterable[int]) -> Mapping[int, tuple[date, date]]:
    """The first and the last day of hours logged, by employee, leave left out."""
    wanted = sorted(ids)
    if not wanted:
        return {}
    groups = odoo.group(
        TimesheetLine.MODEL,
        [("project_id", "!=", False), ("employee_id", "in", wanted), *no_leave(odoo)],
        by=["employee_id"],
        earliest=["date"],
        latest=["date"],
        all_companies=True,
    )
    return {
        group.id_at(0): (group.earliest[0], group.latest[0])
        for group in groups
        if group.earliest[0] and group.latest[0]
    }


def _agreed(odoo: Reader, employees: Sequence[Employee]) -> _Agreed:
    ids = [employee.id for employee in employees]
    if odoo.sees_all(EmploymentVersion.MODEL):
        versions = odoo.search(EmploymentVersion, [("employee_id", "in", ids)], all_companies=True)
        return _of_versions(versions)
    if odoo.sees_all(Contract.MODEL):
        return _of_contracts(odoo, employees)
    return _Agreed({}, not_verifiable=(_HISTORY_HIDDEN,))


def _of_versions(versions: Iterable[EmploymentVersion]) -> _Agreed:
    by_employee: dict[int, list[EmploymentVersion]] = defaultdict(list)
    for version in versions:
        if version.employee_id is not None:
            by_employee[version.employee_id].append(version)
    dated = {
        employee_id
        for employee_id, history in by_employee.items()
        if any(version.contract_date_start for version in history)
    }
    terms = {
        employee_id: _history(
            sorted(history, key=lambda version: version.date_version or date.min),
            contracted=employee_id in dated,
        )
        for employee_id, history in by_employee.items()
    }
    return _Agreed(terms, frozenset(dated))


def _history(versions: Sequence[EmploymentVersion], *, contracted: bool) -> Sequence[Term]:
    """Each version until the next one; with any contract date, only inside contracts."""
    terms = []
    for number, version in enumerate(versions):
        first = version.date_version
        following = versions[number + 1].date_version if number + 1 < len(versions) else None
        last = following - timedelta(days=1) if following else None
        if contracted:
            if version.contract_date_start is None:
                continue
            # A contract may have begun before the version that Odoo made of it.
            first = max(filter(None, (first if number else None, version.contract_date_start)))
            last = min(filter(None, (last, version.contract_date_end)), default=None)
        terms.append(Term(version.resource_calendar_id, first, last))
    return terms


def _of_contracts(odoo: Reader, employees: Iterable[Employee]) -> _Agreed:
    ids = [each.id for each in employees if each.employee_type in (None, *UNDER_CONTRACT)]
    contracts = odoo.search(Contract, [("employee_id", "in", ids), *IN_FORCE], all_companies=True)
    terms: dict[int, list[Term]] = defaultdict(list)
    for contract in sorted(contracts, key=lambda contract: contract.date_start):
        if contract.employee_id is not None:
            terms[contract.employee_id].append(
                Term(contract.resource_calendar_id, contract.date_start, contract.date_end)
            )
    return _Agreed(terms, frozenset(terms))


_HISTORY_HIDDEN = NotVerifiable(
    check=Text("calendar history"),
    reason=Text(
        "employment versions or contracts are not readable for this user or not installed, so "
        "the present calendar is taken for past days too, from the day on which the record was made"
    ),
    remedy=Text(
        "give the fleet's user read access to hr.version (Odoo 19) or hr.contract (16 to 18)"
    ),
)
_DEPARTURE_UNKNOWN = NotVerifiable(
    check=Text("day of departure"),
    reason=Text(
        "somebody was archived without a day of departure or an end of contract, or both are "
        "hidden from this user, so such people count until the last hours that they logged"
    ),
    remedy=Text(
        "archive people with Odoo's form of departure, and give the fleet's user an HR group "
        "that sees the day"
    ),
)
