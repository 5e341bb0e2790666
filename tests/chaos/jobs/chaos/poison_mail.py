"""Finds something, and kills whoever re-checks it before sending.

Why: a message that kills its sender must not take the others of its batch along.

Remedy: none is needed.
"""

import os
import signal

from odoo_gateway.reader import Reader
from tasks.declaration import Audience, CatchUp, Cron, Job
from tasks.domain.findings import Finding, Recipient, Report, Severity
from tasks.domain.periods import AsOf
from tasks.domain.policy import Policy
from tasks.domain.texts import Text


def read(odoo: Reader, as_of: AsOf, policy: Policy) -> None:
    """A re-check names its period, a run does not; that one asks something, as all jobs do."""
    if as_of.asked is not None:
        os.kill(os.getpid(), signal.SIGKILL)
    odoo.count("res.company", [])


def judge(snapshot: None, as_of: AsOf, policy: Policy) -> Report:
    """One finding per slot."""
    slot = as_of.instant
    finding = Finding(
        key=f"{slot:%Y%m%dT%H%M%S}",
        severity=Severity.INFO,
        title=Text("poison"),
        reason=Text("poison"),
        remedy=Text("none"),
        owner="nobody",
        model="res.company",
        record_id=1,
        url="http://odoo.example",
        period=f"{slot.date()}/{slot.date()}",
        recipient=Recipient("nobody@nordwind.example"),
    )
    return Report(rows=(), findings=(finding,))


JOB = Job(
    name="poison_mail",
    title=Text("Poison"),
    owner="ops",
    cron=Cron("* * * * *", CatchUp.ALL),
    audience=Audience.PERSON,
    policy=Policy,
    read=read,
    judge=judge,
    doc=__doc__,
)
