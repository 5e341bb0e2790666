"""Tells finance of every slot: at least once, one digest per slot.

Why: a slot or a mail that is lost or doubled can be told from the outside.

Remedy: none is needed.
"""

from dataclasses import dataclass
from typing import ClassVar

from odoo_gateway.reader import Reader
from odoo_gateway.records import Record
from tasks.declaration import Audience, CatchUp, Cron, Delivery, Job
from tasks.domain.findings import Finding, Measure, Report, Severity
from tasks.domain.periods import AsOf
from tasks.domain.policy import Policy
from tasks.domain.texts import Text, named


@dataclass(frozen=True)
class Project(Record):
    """Anything that a company has some of."""

    MODEL: ClassVar[str] = "project.project"
    MODULE: ClassVar[str] = "project"
    id: int
    name: str


def read(odoo: Reader, as_of: AsOf, policy: Policy) -> tuple[Project, ...]:
    """The company's projects."""
    return odoo.search(Project, [("company_id", "in", [odoo.company_id, False])])


def judge(projects: tuple[Project, ...], as_of: AsOf, policy: Policy) -> Report:
    """One finding per slot."""
    slot = as_of.instant
    finding = Finding(
        key=f"{slot:%Y%m%dT%H%M%S}",
        severity=Severity.INFO,
        title=named(f"tally of {slot:%H:%M:%S}"),
        reason=named(f"{len(projects)} projects"),
        remedy=Text("none"),
        owner="finance",
        model=Project.MODEL,
        record_id=projects[0].id,
        url="http://odoo.example",
    )
    return Report(
        rows=tuple({"project_id": project.id} for project in projects[:2]),
        findings=(finding,),
        measures=(Measure("tally_projects", len(projects)),),
    )


JOB = Job(
    name="tally",
    title=Text("Tally"),
    owner="ops",
    cron=Cron("* * * * *", CatchUp.ALL),
    audience=Audience.FINANCE,
    policy=Policy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_LEAST_ONCE,
    doc=__doc__,
)
