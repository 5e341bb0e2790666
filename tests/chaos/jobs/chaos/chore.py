"""Has an activity written in Odoo for every slot: one per tenant, company and slot.

Why: a write that is lost or doubled can be told from Odoo's rows.

Remedy: none is needed.
"""

from dataclasses import replace

from tasks.declaration import Audience, Delivery, Job
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.domain.policy import Policy
from tasks.domain.texts import Text, named
from tests.chaos.jobs.chaos import tally


class ChorePolicy(Policy):
    """What tells apart the tenants, which have one Odoo."""

    tenant: str = ""


def judge(projects: tuple[tally.Project, ...], as_of: AsOf, policy: ChorePolicy) -> Report:
    """One finding per slot, whose title tells tenant, company and slot."""
    report = tally.judge(projects, as_of, policy)
    (finding,) = report.findings
    title = named(f"{policy.tenant} {finding.record_id} {finding.key}")
    return replace(report, findings=(replace(finding, title=title),))


JOB = Job(
    name="chore",
    title=Text("Chore"),
    owner="ops",
    cron=tally.JOB.cron,
    audience=Audience.DELIVERY,
    policy=ChorePolicy,
    read=tally.JOB.read,
    judge=judge,
    delivery=Delivery.AT_MOST_ONCE,
    channels=("odoo_activity",),
    doc=__doc__,
)
