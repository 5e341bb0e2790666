"""Kills its worker at every attempt.

Why: a child that is killed by a signal raises nothing, so nobody can catch it.

Remedy: none is needed.
"""

import os
import signal

from odoo_gateway.reader import Reader
from tasks.declaration import Audience, CatchUp, Cron, Job
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.domain.policy import Policy
from tasks.domain.texts import Text


def read(odoo: Reader, as_of: AsOf, policy: Policy) -> None:
    """As an out-of-memory kill ends it."""
    os.kill(os.getpid(), signal.SIGKILL)


def judge(snapshot: None, as_of: AsOf, policy: Policy) -> Report:
    """Never reached."""
    return Report(rows=())


JOB = Job(
    name="poison_run",
    title=Text("Poison"),
    owner="ops",
    cron=Cron("* * * * *", CatchUp.ALL),
    audience=Audience.OPS,
    policy=Policy,
    read=read,
    judge=judge,
    doc=__doc__,
)
