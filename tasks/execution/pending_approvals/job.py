"""Reminds approvers of time and expenses that wait for them: them, then who stands in, then owner.

Why: time and expenses that nobody approves are billed and paid late, and nobody sees where they
wait.

Remedy: the approver approves or refuses with a reason. Name delegates in the policy for approvers
who are away.
"""

from datetime import timedelta
from typing import Final

from tasks.declaration import Audience, Cron, Delivery, Job, Listed, Rule, Shape, Wake
from tasks.domain.findings import NotVerifiable, Report
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.execution.pending_approvals.measures import AMOUNT, HOURS, OLDEST, PENDING, measures
from tasks.execution.pending_approvals.policy import ApprovalPolicy
from tasks.execution.pending_approvals.rests_on import RESTS_ON
from tasks.execution.pending_approvals.rows import OWNER, Judgement, is_due
from tasks.execution.pending_approvals.snapshot import Snapshot, read
from tasks.execution.pending_approvals.submitted import (
    REPORT_SUBMITTED,
    SUBMITTED,
    SubmittedExpense,
)
from tasks.execution.pending_approvals.waiting import Kind
from tasks.records.people import Employee
from tasks.records.sales import ExpenseReport


def judge(snapshot: Snapshot, as_of: AsOf, policy: ApprovalPolicy) -> Report:
    """A row for all that waits, oldest first, and a finding for each that is to be decided."""
    judgement = Judgement(snapshot, as_of, policy)
    items = sorted(snapshot.waiting, key=lambda item: (item.since, item.key))
    due = [item for item in items if is_due(item, as_of)]
    return Report(
        rows=tuple(judgement.row(item) for item in items),
        findings=tuple(judgement.finding(item) for item in due if not judgement.untold(item)),
        measures=tuple(measures(due, snapshot.tells, as_of)),
        not_verifiable=(*snapshot.not_verifiable, *snapshot.schedules.not_verifiable),
        unseen=frozenset(f"pending-{kind}" for kind in Kind if kind not in snapshot.tells),
    )


_NO_HISTORY: Final = NotVerifiable(
    check=Text("approvals of a day that is over"),
    reason=Text(
        "Odoo keeps no history of approvals: what was decided since cannot be told from what "
        "had been decided by then"
    ),
    remedy=Text("`fleet cases` and `fleet kpi` tell what the fleet saw on that day"),
)

UNDECIDED: Final = Text("it is submitted and not decided")
LABELS: Final = {
    "first": Text("first"),
    "again": Text("again"),
    "fallback": Text("fallback"),
    "instead": Text("instead"),
    "pending_expense": Text("pending expenses"),
    "pending_time": Text("pending time"),
}

JOB = Job(
    name="pending_approvals",
    title=Text("Approvals that wait"),
    owner=OWNER,
    cron=Cron("0 5 * * 1-5", window=timedelta(days=2)),
    audience=Audience.PERSON,
    policy=ApprovalPolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_MOST_ONCE,
    shape=Shape.APPROVER,
    formulas=(PENDING, OLDEST, HOURS, AMOUNT),
    of_the_present=True,
    no_history=_NO_HISTORY,
    rests_on=RESTS_ON,
    lists=(
        Listed(
            SubmittedExpense.MODEL,
            "record_id",
            Text("before Odoo 19 expenses wait within their report: ask for that"),
            (Rule(UNDECIDED, SUBMITTED),),
        ),
        Listed(
            ExpenseReport.MODEL,
            "record_id",
            Text("from Odoo 19 on expenses wait by themselves: ask for them"),
            (Rule(UNDECIDED, REPORT_SUBMITTED),),
        ),
        Listed(
            Employee.MODEL,
            "record_id",
            Text(
                "none of their hours of the weeks looked at waits for an approval; what else they "
                "submitted is found by its own id, or by their name"
            ),
        ),
    ),
    labels=LABELS,
    wakes=(
        Wake("hr.expense.changed", SubmittedExpense.MODEL),
        Wake("hr.expense.sheet.changed", ExpenseReport.MODEL),
    ),
    narrows=True,
    demo={None: ApprovalPolicy(wait_for_morning=False)},
    doc=__doc__,
)
