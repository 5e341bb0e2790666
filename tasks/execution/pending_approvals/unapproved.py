"""Reads the hours that wait for an approval, per person, project and week."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import ClassVar, Final, NamedTuple

from odoo_gateway.reader import Domain, Group, Reader
from odoo_gateway.records import Record
from tasks.domain.findings import NotVerifiable
from tasks.domain.money import Currency
from tasks.domain.periods import AsOf, Period, week_of
from tasks.domain.texts import NOTHING, Text
from tasks.domain.withheld import REMEDY
from tasks.doubts import unseen
from tasks.execution.pending_approvals.waiting import DatedBy, Kind, Waiting
from tasks.reads.approvals import TimesheetApprover, approval_field, approvers_of
from tasks.reads.rates import Rate, read_rates
from tasks.reads.unbilled import knows_hours
from tasks.reads.units import group_hours
from tasks.records.people import Employee
from tasks.records.sales import Order, OrderLine, Project
from tasks.records.timesheets import TimesheetLine, no_leave


@dataclass(frozen=True)
class SubmittedSheet(Record):
    """A sheet that was handed in (OCA); reviewer_id is an employee."""

    MODEL: ClassVar[str] = "hr_timesheet.sheet"
    MODULE: ClassVar[str] = "hr_timesheet_sheet"
    id: int
    employee_id: int
    date_end: date
    reviewer_id: int | None = None


class _Place(NamedTuple):
    """Where hours belong together: decided at once."""

    employee_id: int
    project_id: int
    week: Period
    sheet_id: int | None


@dataclass
class _Held:
    """The hours of one place, and what they are worth by currency."""

    hours: float
    amounts: dict[Currency, Decimal]


def read_unapproved(
    odoo: Reader,
    employees: Sequence[Employee],
    as_of: AsOf,
    period: Period,
    currencies: Mapping[int, Currency],
) -> tuple[Sequence[Waiting] | None, Sequence[NotVerifiable]]:
    """Hours of these employees that nobody approved, and what this Odoo cannot tell of them.

    None where it cannot tell at all. period: the days looked at, where hours themselves are
    approved; of sheets that were handed in, all are looked at.
    """
    approval = approval_field(odoo)
    models = (TimesheetLine.MODEL, *([SubmittedSheet.MODEL] if approval == ("sheet_id",) else ()))
    if approval and (doubt := unseen(odoo, *models)):
        return None, (replace(_NOT_SEEN, reason=doubt),)
    if approval == ("validated",):
        asked = [each for each in employees if as_of.looks_at(each.MODEL, each.id)]
        return _of_lines(odoo, asked, period, currencies)
    if approval == ("sheet_id",):
        return _of_sheets(odoo, employees, as_of, currencies), _unpriced(odoo)
    return None, (_NO_APPROVAL,)


def _of_lines(
    odoo: Reader, employees: Sequence[Employee], period: Period, currencies: Mapping[int, Currency]
) -> tuple[Sequence[Waiting], Sequence[NotVerifiable]]:
    domain: Domain = [
        ("employee_id", "in", [employee.id for employee in employees]),
        ("date", ">=", str(period.start)),
        ("date", "<=", str(period.end)),
        ("validated", "=", False),
    ]
    held = _held(odoo, domain, [], _rates(odoo, currencies, [("validated", "=", True)]))
    hidden = odoo.lacks(TimesheetApprover, "timesheet_manager_id")
    approvers = approvers_of(odoo, [employee.id for employee in employees])
    url = odoo.session.page("all-timesheets", "hr_timesheet.timesheet_action_all")
    names = _names(odoo, held)
    managers = {employee.id: employee.parent_id for employee in employees}
    waiting = [
        _waiting(
            place,
            found,
            names,
            url=url,
            since=place.week.end,
            approver_user_id=approvers.get(place.employee_id),
            approver_id=None if approvers.get(place.employee_id) else managers[place.employee_id],
        )
        for place, found in held.items()
    ]
    return waiting, (*_unpriced(odoo), *((_NO_APPROVER,) if hidden else ()))


def _of_sheets(
    odoo: Reader, employees: Sequence[Employee], as_of: AsOf, currencies: Mapping[int, Currency]
) -> Sequence[Waiting]:
    managers = {employee.id: employee.parent_id for employee in employees}
    sheets = {
        sheet.id: sheet
        for sheet in odoo.search(
            SubmittedSheet,
            [
                ("state", "=", "confirm"),
                ("employee_id", "in", sorted(managers)),
                *as_of.only_ids(SubmittedSheet.MODEL),
            ],
            all_companies=True,
        )
    }
    if not sheets:
        return ()
    domain: Domain = [("sheet_id", "in", sorted(sheets))]
    done: Domain = [("sheet_id.state", "=", "done")]
    held = _held(odoo, domain, ["sheet_id"], _rates(odoo, currencies, done))
    names = _names(odoo, held)
    return [
        _waiting(
            place,
            found,
            names,
            url=odoo.session.link(SubmittedSheet.MODEL, sheet.id),
            since=sheet.date_end,
            approver_id=sheet.reviewer_id or managers[place.employee_id],
            sheet_id=sheet.id,
        )
        for place, found in held.items()
        if (sheet := sheets[place.sheet_id or 0])
    ]


def _rates(
    odoo: Reader, currencies: Mapping[int, Currency], approved: Domain
) -> Mapping[int, Rate] | None:
    """None where nobody knows what hours are worth, or not all that is sold is seen."""
    known = knows_hours(odoo) and not _unpriced(odoo)
    return read_rates(odoo, currencies, approved) if known else None


def _unpriced(odoo: Reader) -> tuple[NotVerifiable, ...]:
    """Why nobody can tell what hours are worth, where hours are sold at all."""
    doubt = unseen(odoo, Order.MODEL, OrderLine.MODEL) if knows_hours(odoo) else NOTHING
    if not doubt:
        return ()
    figures = ("amount", "approvals_amount")
    return (NotVerifiable(Text("what hours are worth"), doubt, REMEDY, figures),)


def _held(
    odoo: Reader, domain: Domain, more: Sequence[str], rates: Mapping[int, Rate] | None
) -> Mapping[_Place, _Held]:
    sold = [] if rates is None else ["so_line", "timesheet_invoice_type"]
    groups = group_hours(
        odoo,
        [("project_id", "!=", False), *domain, *no_leave(odoo)],
        ["employee_id", "project_id", "date:day", *more, *sold],
    )
    found: dict[_Place, _Held] = {}
    for group in groups:
        held = found.setdefault(_place(group, more), _Held(0.0, defaultdict(Decimal)))
        held.hours += group.sums[0]
        rate = (rates or {}).get(group.id_at(-2)) if _billable(group, sold) else None
        if rate:
            held.amounts[rate.currency] += rate.per_hour * Decimal(repr(group.sums[0]))
    return {place: held for place, held in found.items() if round(held.hours, 2) > 0}


def _place(group: Group, more: Sequence[str]) -> _Place:
    sheet_id = group.id_at(3) if more else None
    return _Place(group.id_at(0), group.id_at(1), week_of(group.day_at(2)), sheet_id)


def _billable(group: Group, sold: Sequence[str]) -> bool:
    return bool(sold) and group.keys[-1] == "billable_time" and group.keys[-2] is not None


def _waiting(
    place: _Place,
    held: _Held,
    names: Mapping[int, str],
    *,
    url: str,
    since: date,
    approver_user_id: int | None = None,
    approver_id: int | None = None,
    sheet_id: int | None = None,
) -> Waiting:
    amount, currency = _one_amount(held.amounts)
    of = f"sheet-{sheet_id}" if sheet_id else f"time-{place.employee_id}"
    return Waiting(
        kind=Kind.TIME,
        key=f"{of}-{place.project_id}-{place.week.start}",
        what=names.get(place.project_id, Text("project {id}", id=place.project_id)),
        model=SubmittedSheet.MODEL if sheet_id else Employee.MODEL,
        record_id=sheet_id or place.employee_id,
        url=url,
        employee_id=place.employee_id,
        since=since,
        dated_by=DatedBy.LOGGED,
        approver_user_id=approver_user_id,
        approver_id=approver_id,
        hours=round(held.hours, 2),
        amount=amount,
        currency=currency,
        project_id=place.project_id,
        week=place.week,
    )


def _one_amount(amounts: Mapping[Currency, Decimal]) -> tuple[Decimal | None, str | None]:
    """The amount in its currency; none where hours are billed in several, which never add up."""
    if len(amounts) != 1:
        return None, None
    ((currency, amount),) = amounts.items()
    return currency.round(amount), currency.code


def _names(odoo: Reader, places: Iterable[_Place]) -> Mapping[int, str]:
    ids = sorted({place.project_id for place in places})
    projects = odoo.read(Project, ids) if ids else ()
    return {project.id: project.name for project in projects}


_NO_APPROVAL: Final = NotVerifiable(
    check=Text("hours that wait"),
    reason=Text("this Odoo has no approval of timesheets, so no hours wait for one"),
    remedy=Text(
        "install timesheet_grid (Enterprise) or hr_timesheet_sheet (OCA) to have them approved"
    ),
)
_NOT_SEEN: Final = NotVerifiable(
    check=Text("hours that wait"),
    reason=NOTHING,
    remedy=REMEDY,
    figures=(
        *("rows", "approvals_pending", "approvals_oldest_days"),
        *("approvals_hours", "approvals_amount"),
    ),
)
_NO_APPROVER: Final = NotVerifiable(
    check=Text("approvers of hours"),
    reason=Text(
        "the approver of an employee's hours is hidden from the fleet's user, so the manager is "
        "taken for it"
    ),
    remedy=Text("give the fleet's user a group that sees the timesheet approver of employees"),
)
