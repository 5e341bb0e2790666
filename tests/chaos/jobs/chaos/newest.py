"""Tells finance of its slots as `tally` does; after an outage, the newest slot alone.

Why: what an outage brings is the rule's, and can be told from the outside.

Remedy: none is needed.
"""

from dataclasses import replace
from datetime import timedelta

from tasks.declaration import CatchUp, Cron
from tasks.domain.texts import Text
from tests.chaos.jobs.chaos import tally

JOB = replace(
    tally.JOB,
    name="newest",
    title=Text("Newest"),
    cron=Cron("* * * * *", CatchUp.COALESCE, timedelta(days=1)),
    doc=__doc__,
)
