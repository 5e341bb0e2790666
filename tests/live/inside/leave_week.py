"""People whose week holds leave or holidays, stored in each of the ways that Odoo knows."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.live.inside.odoo_arithmetic import hired

ZONE = ZoneInfo("Europe/Brussels")


def build(env: Any, monday: str) -> dict[str, int]:
    """Make the people of the week that starts on that day; returns their ids by what they show."""
    week = Week(env, date.fromisoformat(monday))
    week.leaves()
    week.holidays()
    week.hours()
    week.others()
    env.cr.commit()
    return {name: person.id for name, person in week.people.items()}


def build_without_lines(env: Any, monday: str) -> dict[str, int]:
    """The people on leave of their own, for an Odoo that writes no timesheet lines of leave."""
    week = Week(env, date.fromisoformat(monday))
    week.leaves()
    week.hours()
    env.cr.commit()
    return {name: person.id for name, person in week.people.items()}


def expected(env: Any, periods: list[list[str]]) -> list[dict[int, float | None]]:
    """What Odoo expects of every active employee in each period: None where nobody can say."""
    people = env["hr.employee"].search([("company_id", "!=", False)])
    return [
        {
            person.id: _expected(
                person, date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1)
            )
            for person in people
        }
        for first, last in periods
    ]


def _expected(person: Any, first: date, after: date) -> float | None:
    # Without any calendar Odoo answers the raw clock here.
    if not person.version_ids.resource_calendar_id:
        return None
    zone, first = ZoneInfo(person.tz), max(first, hired(person))
    if first >= after:
        return 0.0
    intervals, _ = person.resource_id._get_valid_work_intervals(
        _instant(first, zone), _instant(after, zone)
    )
    worked = sum((stop - begin for begin, stop, _ in intervals[person.resource_id.id]), timedelta())
    return worked / timedelta(hours=1)


def _instant(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


class Week:
    """Builds the people of one week in the first company; nobody has contract dates."""

    def __init__(self, env: Any, monday: date) -> None:
        self.company = env["res.company"].search([], order="id", limit=1)
        companies = env["res.company"].search([], order="id").ids
        self.env = env(context={**env.context, "allowed_company_ids": companies})
        self.days = [monday + timedelta(days=number) for number in range(7)]
        self.people: dict[str, Any] = {}
        self.forty = self.calendar("Forty of the leave week")
        self.paid = self.leave_type("Leave of days", "day")
        self.project = self.env["project.project"].search(
            [("allow_timesheets", "=", True), ("company_id", "=", self.company.id)], limit=1
        )

    def leave_type(self, name: str, unit: str) -> Any:
        return self.env["hr.leave.type"].create(
            {
                "name": name,
                "requires_allocation": False,
                "leave_validation_type": "hr",
                "time_type": "leave",
                "request_unit": unit,
                "company_id": False,
            }
        )

    def calendar(self, name: str) -> Any:
        shifts = [(day, *span) for day in range(5) for span in [(8, 12), (13, 17)]]
        made = self.env["resource.calendar"].create(
            {
                "name": name,
                "company_id": self.company.id,
                "tz": str(ZONE),
                "attendance_ids": [(5, 0, 0)],
            }
        )
        made.attendance_ids = [
            (
                0,
                0,
                {
                    "name": "work",
                    "dayofweek": str(day),
                    "hour_from": start,
                    "hour_to": end,
                    "day_period": "morning" if end <= 12 else "afternoon",
                },
            )
            for day, start, end in shifts
        ]
        return made

    def person(self, name: str, calendar: Any | None = None, **values: Any) -> Any:
        made = self.env["hr.employee"].create(
            {
                "name": name,
                "company_id": self.company.id,
                "tz": str(ZONE),
                "work_email": f"{name.replace(' ', '.')}@example.com",
                "resource_calendar_id": (self.forty if calendar is None else calendar).id,
                "date_version": date(2020, 1, 1),
                **values,
            }
        )
        # Who may not see the history goes by the day on which the record was made.
        made.flush_recordset()
        long_ago, cr = date(2020, 1, 1), made.env.cr
        for table, number in (("hr_employee", made.id), ("resource_resource", made.resource_id.id)):
            command = f"UPDATE {table} SET create_date = %s WHERE id = %s"
            cr.execute(command, [long_ago, number])
        self.people[name] = made
        return made

    def leave(self, person: Any, first: int, last: int, **values: Any) -> Any:
        return self.env["hr.leave"].create(
            {
                "employee_id": person.id,
                "holiday_status_id": self.paid.id,
                "request_date_from": self.days[first],
                "request_date_to": self.days[last],
                **values,
            }
        )

    def away(self, first: int, last: int, **values: Any) -> None:
        """A row of the calendar alone: no request, no timesheet lines."""
        self.env["resource.calendar.leaves"].with_company(self.company).create(
            {
                "name": "away",
                "date_from": _instant(self.days[first], ZONE).replace(tzinfo=None),
                "date_to": _instant(self.days[last] + timedelta(days=1), ZONE).replace(tzinfo=None)
                - timedelta(seconds=1),
                **values,
            }
        )

    def log(self, person: Any, day: int, hours: float, **values: Any) -> None:
        self.env["account.analytic.line"].create(
            {
                "name": "work",
                "employee_id": person.id,
                "project_id": self.project.id,
                "date": self.days[day],
                "unit_amount": hours,
                **values,
            }
        )

    def leaves(self) -> None:
        self.leave(self.person("whole week booked"), 0, 6).action_approve()
        self.leave(self.person("two days booked"), 1, 2).action_approve()
        self.leave(self.person("two days asked for"), 1, 2)
        self.leave(self.person("two days refused"), 1, 2).action_refuse()
        morning = {
            "holiday_status_id": self.leave_type("Leave of half days", "half_day").id,
            "request_date_from_period": "am",
            "request_date_to_period": "am",
        }
        self.leave(self.person("a morning booked"), 3, 3, **morning).action_approve()
        for name, first, last in [("whole week off", 0, 6), ("two days off", 1, 2)]:
            person = self.person(name)
            self.away(first, last, resource_id=person.resource_id.id, time_type="leave")
        training = self.person("two days of training")
        self.away(1, 2, resource_id=training.resource_id.id, time_type="other")

    def holidays(self) -> None:
        task, self.company.leave_timesheet_task_id = self.company.leave_timesheet_task_id, False
        silent = self.calendar("Silent holiday")
        self.person("holiday off", silent)
        self.away(3, 4, calendar_id=silent.id)
        shut = self.calendar("Silent closing")
        self.person("closed week off", shut)
        self.away(0, 6, calendar_id=shut.id)
        self.company.leave_timesheet_task_id = task
        booked = self.calendar("Booked holiday")
        self.person("holiday booked", booked)
        self.away(3, 4, calendar_id=booked.id)
        closed = self.calendar("Booked closing")
        self.person("closed week booked", closed)
        self.away(0, 6, calendar_id=closed.id)

    def hours(self) -> None:
        """The same absences, and all the hours of the days that are left."""
        present = self.person("two days booked and the rest logged")
        self.leave(present, 1, 2).action_approve()
        for day in (0, 3, 4):
            self.log(present, day, 8.0)
        short = self.person("two days booked and two logged")
        self.leave(short, 1, 2).action_approve()
        for day in (0, 3):
            self.log(short, day, 7.75)
        over = self.person("more than expected")
        for day in range(6):
            self.log(over, day, 9.5)

    def others(self) -> None:
        elsewhere = self.env["res.company"].search([("id", "!=", self.company.id)], limit=1)
        project = self.env["project.project"].create(
            {"name": "Of the other company", "company_id": elsewhere.id, "allow_timesheets": True}
        )
        lent = self.person("lent to the other company")
        for day in range(5):
            self.log(lent, day, 8.0, project_id=project.id, company_id=elsewhere.id)
        self.person("nothing logged at all")
        flexible = {"name": "Flexible", "schedule_type": "flexible", "company_id": False}
        free = self.env["resource.calendar"].create({**flexible, "hours_per_day": 8.0})
        free.write({"full_time_required_hours": 36.0, "hours_per_day": 8.0})
        self.person("flexible hours", free)
        self.person("no calendar", self.env["resource.calendar"])
        costs = self.person("costs without a project")
        account = self.project.account_id or self.env["account.analytic.account"].search(
            [], limit=1
        )
        self.log(costs, 0, 40.0, project_id=False, account_id=account.id)
        self.person("gone").active = False
