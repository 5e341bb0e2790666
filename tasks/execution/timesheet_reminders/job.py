"""Reminds people of hours that they have really not logged: them, then manager, then owner.

Why: hours that nobody logs are billed late or never, and a reminder for a day off teaches people
to ignore reminders.

Remedy: the person logs the missing hours; a manager approves leave that was taken. Exempt people
who do not log time in the policy.
"""

from datetime import timedelta
from typing import Final

from tasks.declaration import Audience, Cron, Delivery, Job, Listed, Shape, Wake
from tasks.domain.findings import Report
from tasks.domain.ladder import Rung, Who
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.execution.timesheet_reminders.hours import gaps
from tasks.execution.timesheet_reminders.measures import (
    COMPLIANCE,
    MISSING_HOURS,
    compliance,
    missing,
)
from tasks.execution.timesheet_reminders.policy import TimesheetPolicy
from tasks.execution.timesheet_reminders.reminders import OWNER, Reminders, doubled
from tasks.execution.timesheet_reminders.rests_on import RESTS_ON
from tasks.execution.timesheet_reminders.rules import Judgement
from tasks.execution.timesheet_reminders.snapshot import Snapshot, periods, read
from tasks.records.people import Employee


def judge(snapshot: Snapshot, as_of: AsOf, policy: TimesheetPolicy) -> Report:
    """A row per employee of one period, and a finding per employee and week with hours missing."""
    judgement = Judgement(snapshot, as_of, policy)
    reminders = Reminders(judgement, policy)
    weeks = periods(as_of, policy)
    present = [person for person in snapshot.employees if judgement.is_asked(person, as_of.week)]
    judged = [judgement.judged(person, as_of.week) for person in present]
    found = [reminders.finding(who, week) for week in weeks for who in snapshot.employees]
    untold = dict.fromkeys(
        gap for unit in policy.everywhere() for gap in gaps(snapshot.hours, unit)
    )
    return Report(
        rows=tuple(map(reminders.row, judged)),
        findings=(
            *(() if as_of.asked else doubled(snapshot, as_of)),
            *(finding for finding in found if finding),
        ),
        measures=(missing(judged), *compliance(map(judgement.punctuality, snapshot.employees))),
        not_verifiable=(*snapshot.schedules.not_verifiable, *untold),
        periods=frozenset(map(str, weeks)) | ({""} if not as_of.asked else set()),
    )


LABELS: Final = {
    "month_end": Text("end of the month"),
    "daily": Text("daily"),
    "missing_hours": Text("missing hours"),
    "own_reminders": Text("Odoo's own reminders"),
}

# A ladder of one rung, that stands all week, has somebody to write to on every day: consultants in
# the one company, managers in the other.
DEMO: Final = {
    None: TimesheetPolicy(wait_for_morning=False, ladder=(Rung(name="late", working_days=1),)),
    2: TimesheetPolicy(ladder=(Rung(name="manager", working_days=1, who=Who.MANAGER),)),
}
JOB = Job(
    name="timesheet_reminders",
    title=Text("Timesheet reminders"),
    owner=OWNER,
    cron=Cron("0 5 * * *", window=timedelta(days=2)),
    audience=Audience.PERSON,
    policy=TimesheetPolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_MOST_ONCE,
    shape=Shape.REMINDER,
    formulas=(MISSING_HOURS, COMPLIANCE),
    rests_on=RESTS_ON,
    opens=Text("Open the timesheet"),
    lists=(
        Listed(
            Employee.MODEL,
            "employee_id",
            Text(
                "they were not employed in the week that is judged, or are archived and logged "
                "nothing in it"
            ),
        ),
    ),
    labels=LABELS,
    wakes=(Wake("hr.employee.changed", Employee.MODEL),),
    narrows=True,
    demo=DEMO,
    doc=__doc__,
)
