"""Leave and public holidays, in the calendar and as timesheet lines."""

import importlib
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.live.inside.firm.setting import Firm

KINDS = ("week", "two days", "half day", "half day", "asked", "silent", "training")


def make(firm: Firm) -> None:
    """Public holidays of both companies, then leave for every third person without a contract."""
    _holidays(firm)
    types = {unit: _leave_type(firm.env, unit) for unit in ("day", "half_day")}
    for number, person in enumerate(firm.people[::3]):
        for monday in (firm.last_week, firm.last_month + timedelta(days=7 + 7 * (number % 2))):
            first = monday - timedelta(days=monday.weekday())
            _leave(firm, person, firm.chance.choice(KINDS), first, types)
    firm.done("absence")


def _leave_type(env: Any, unit: str) -> Any:
    return env["hr.leave.type"].create(
        {
            "name": f"Firm leave by {unit}",
            "requires_allocation": False,
            "leave_validation_type": "hr",
            "time_type": "leave",
            "request_unit": unit,
            "company_id": False,
        }
    )


def _leave(firm: Firm, person: Any, kind: str, monday: date, types: dict[str, Any]) -> None:
    start = monday + timedelta(days=firm.chance.randrange(4))
    calendar = person.resource_calendar_id
    if kind in ("silent", "training") or not calendar or len(person.version_ids) > 1:
        time_type = "other" if kind == "training" else "leave"
        _away(firm, person.company_id, ZoneInfo(person.tz), start, 2, time_type, person)
    elif not person.contract_date_start:
        first, last = (monday, monday + timedelta(days=6)) if kind == "week" else (start, start)
        values: dict[str, Any] = {"request_date_from": first, "request_date_to": last}
        if kind in ("two days", "asked"):
            values["request_date_to"] = start + timedelta(days=1)
        if kind == "half day":
            half = firm.chance.choice(["am", "pm"])
            values |= {"request_date_from_period": half, "request_date_to_period": half}
        unit = "half_day" if kind == "half day" else "day"
        _request(firm, person, types[unit], values, approved=kind != "asked")


def _request(firm: Firm, person: Any, kind: Any, values: dict[str, Any], approved: bool) -> None:
    """Where the person does not work then, Odoo refuses, and nothing is made."""
    # Only Odoo's own process has it.
    exceptions = importlib.import_module("odoo.exceptions")
    try:
        with firm.env.cr.savepoint():
            made = firm.env["hr.leave"].create(
                {"employee_id": person.id, "holiday_status_id": kind.id, **values}
            )
            if approved:
                made.action_approve()
    except exceptions.UserError:
        return


def _away(
    firm: Firm, company: Any, zone: ZoneInfo, first: date, days: int, kind: str, person: Any = None
) -> None:
    """A row of the calendar: of a person, else of everybody in the company."""
    start = datetime.combine(first, time(), zone).astimezone(UTC)
    end = datetime.combine(first + timedelta(days=days), time(), zone).astimezone(UTC)
    firm.env["resource.calendar.leaves"].with_company(company).create(
        {
            "name": "away",
            "date_from": start.replace(tzinfo=None),
            "date_to": end.replace(tzinfo=None) - timedelta(seconds=1),
            "time_type": kind,
            "resource_id": person.resource_id.id if person else False,
            "calendar_id": False,
        }
    )


def _holidays(firm: Firm) -> None:
    """Some with timesheet lines for everybody, as Odoo writes them, and some without."""
    zones = {firm.companies[0].id: ZoneInfo("Europe/Brussels")}
    # The demo data of Odoo have one, whose day hangs on when they were made.
    known = firm.env["resource.calendar.leaves"].search([("resource_id", "=", False)])
    taken = {leave.date_from.date() for leave in known}
    for company in firm.companies:
        zone = zones.get(company.id, ZoneInfo("America/New_York"))
        _away(firm, company, zone, firm.last_week + timedelta(days=2), 1, "leave")
        task, company.leave_timesheet_task_id = company.leave_timesheet_task_id, False
        _away(firm, company, zone, firm.last_month + timedelta(days=14), 1, "leave")
        for number in range(6):
            day = firm.ago(90 + 50 * number)
            _away(firm, company, zone, day - timedelta(days=day in taken), 1, "leave")
        company.leave_timesheet_task_id = task
