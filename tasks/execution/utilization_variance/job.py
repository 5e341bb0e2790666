"""Shows how much of people's time was billable, against target and plan, and why it differs.

Why: a month that was sold to nobody is lost, and whoever hears of it late can change nothing.

Remedy: plan unplanned people, deliver what was planned, and log the hours that are missing.
"""

from dataclasses import replace
from datetime import timedelta

from tasks.declaration import Audience, Cron, Job, Listed
from tasks.domain.findings import NotVerifiable, Report
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.execution.utilization_variance.measures import (
    HOURS,
    RATIO,
    SCHEDULED_RATIO,
    VARIANCE_HOURS,
    measures,
)
from tasks.execution.utilization_variance.people import person_of
from tasks.execution.utilization_variance.policy import UtilizationPolicy
from tasks.execution.utilization_variance.rests_on import RESTS_ON
from tasks.execution.utilization_variance.rows import LABELS, finding, row, total
from tasks.execution.utilization_variance.snapshot import NO_BILLABLE, Snapshot, read
from tasks.records.people import Employee


def judge(snapshot: Snapshot, as_of: AsOf, policy: UtilizationPolicy) -> Report:
    """A row per employee, a finding per employee outside the band."""
    people = [person_of(employee, snapshot, policy) for employee in snapshot.employees]
    report = Report(
        rows=tuple(map(row, people)),
        findings=tuple(
            finding(person, snapshot)
            for person in people
            if person.status in ("below_band", "above_band")
        ),
        totals=(total(people, snapshot.plan.basis),),
        measures=measures(people),
        not_verifiable=(
            *snapshot.schedules.not_verifiable,
            *snapshot.plan.not_verifiable,
            *(() if snapshot.knows_billable else (NO_BILLABLE,)),
        ),
        periods=frozenset({str(snapshot.period)}) if as_of.asked else None,
    )
    return _without_plan_ahead(report) if as_of.is_over else report


def _without_plan_ahead(report: Report) -> Report:
    """Of a day that is over, nobody knows what was planned then for the weeks after it."""
    return replace(
        report,
        rows=tuple({**row, "ahead": None} for row in report.rows),
        measures=tuple(m for m in report.measures if m.name != SCHEDULED_RATIO.measure),
        not_verifiable=(*report.not_verifiable, _NO_PLAN_THEN),
    )


_NO_PLAN_THEN = NotVerifiable(
    check=Text("hours planned ahead on a day that is over"),
    reason=Text("plans are those of today: Odoo keeps no history of them"),
    remedy=Text("`fleet kpi scheduled_utilization_ratio` tells what the fleet saw on that day"),
)

JOB = Job(
    name="utilization_variance",
    title=Text("Utilization variance"),
    owner="delivery",
    cron=Cron("0 6 2 * *", window=timedelta(days=7)),
    audience=Audience.DELIVERY,
    policy=UtilizationPolicy,
    read=read,
    judge=judge,
    formulas=(RATIO, SCHEDULED_RATIO, HOURS, VARIANCE_HOURS),
    rests_on=RESTS_ON,
    lists=(
        Listed(
            Employee.MODEL,
            "employee_id",
            Text("they are archived, were not employed in the period and logged nothing in it"),
        ),
    ),
    labels=LABELS,
    demo={None: UtilizationPolicy(target_percent=75)},
    doc=__doc__,
)
