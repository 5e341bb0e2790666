"""Which rungs of a week speak now, of the ladder and of what comes beside it."""

from collections.abc import Iterator, Sequence
from datetime import date

from tasks.domain.findings import Step
from tasks.domain.ladder import LOOK_AHEAD, Placed, Rung, Who, last_of_month, placed, standing
from tasks.domain.periods import AsOf
from tasks.execution.timesheet_reminders.policy import TimesheetPolicy
from tasks.execution.timesheet_reminders.timesheet import Timesheet, is_complete
from tasks.reads.contacts import Contacts
from tasks.records.people import Employee


def steps_of(
    contacts: Contacts,
    employee: Employee,
    sheet: Timesheet,
    policy: TimesheetPolicy,
    as_of: AsOf,
    *,
    daily: bool,
) -> tuple[Step, ...] | None:
    """The rung that an incomplete timesheet stands on, and those of about a day ahead.

    None before the first rung. daily: whether the person is asked for single days too.
    """
    days = contacts.workdays(employee).days
    deadline = policy.deadline.day(sheet.period)
    marks = placed(policy.ladder, deadline, sheet.period.start, days)
    month_end = last_of_month(days, sheet.period) if policy.month_end_reminder else None
    extras = [*_month_end(sheet, month_end, policy, as_of)]
    extras += _daily(sheet, days, month_end, policy) if daily else ()
    # One mail a day: what comes beside the ladder gives way to it.
    taken = {mark.day for mark in marks if mark.rung.who is Who.PERSON}
    found = [*marks, *(mark for mark in extras if mark.day not in taken)]
    steps = [step for mark in found if (step := contacts.step(employee, mark))]
    until = as_of.instant + LOOK_AHEAD
    begun = any(step.at <= until for step in steps)
    return standing(steps, as_of.instant, until) if begun else None


def _month_end(
    sheet: Timesheet, month_end: date | None, policy: TimesheetPolicy, as_of: AsOf
) -> Iterator[Placed]:
    if month_end and sheet.period.end >= as_of.day:
        yield Placed(_extra("month-end", policy), month_end)


def _daily(
    sheet: Timesheet, days: Sequence[date], month_end: date | None, policy: TimesheetPolicy
) -> Iterator[Placed]:
    """For each short day, the working day after it."""
    for day in sheet.days:
        following = next((found for found in days if found > day.date), None)
        short = not is_complete(Timesheet(sheet.period, [day]), policy)
        if short and following and following != month_end:
            yield Placed(_extra(f"daily-{day.date}", policy), following)


def _extra(name: str, policy: TimesheetPolicy) -> Rung:
    return Rung(name=name, working_days=0, at=policy.extra_at)
