"""Has every kind of effect done once for every slot: one of each per tenant, company and slot.

Why: an effect that is lost or doubled can be told from Odoo's rows.

Remedy: none is needed.
"""

from dataclasses import dataclass

from odoo_gateway.reader import Reader
from tasks.declaration import Audience, Delivery, Job
from tasks.domain.findings import Report
from tasks.domain.matrix import Request
from tasks.domain.periods import AsOf
from tasks.domain.policy import Policy
from tasks.domain.proposals import Proposal
from tasks.domain.texts import Text, named
from tests.chaos.errands import KINDS, REQUESTER, Errand
from tests.chaos.jobs.chaos import tally


class ErrandPolicy(Policy):
    """What tells apart the tenants, which have one Odoo."""

    tenant: str = "acme"


@dataclass(frozen=True)
class Here:
    """The company that is looked at, with some of its projects."""

    company_id: int
    projects: tuple[tally.Project, ...]


def read(odoo: Reader, as_of: AsOf, policy: ErrandPolicy) -> Here:
    """Odoo is asked for something, as by every job."""
    return Here(odoo.company_id, tally.read(odoo, as_of, policy))


def judge(here: Here, as_of: AsOf, policy: ErrandPolicy) -> Report:
    """A proposal of each kind, by somebody who may have it done at once."""
    errand = Errand(policy.tenant, here.company_id, as_of.instant)
    requester = REQUESTER.format(tenant=policy.tenant)
    return Report(
        rows=tuple({"project_id": project.id} for project in here.projects[:2]),
        proposals=tuple(
            Proposal(
                kind,
                *errand.subject(kind),
                errand.title,
                named(errand.title),
                errand.values(kind),
                Request(kind, as_of.instant.date(), requester=requester),
            )
            for kind in KINDS
        ),
    )


JOB = Job(
    name="errand",
    title=Text("Errand"),
    owner="ops",
    cron=tally.JOB.cron,
    audience=Audience.FINANCE,
    policy=ErrandPolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_LEAST_ONCE,
    doc=__doc__,
)
