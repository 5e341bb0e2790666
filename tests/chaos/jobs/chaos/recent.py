"""Tells finance of its slots as `tally` does; after an outage, all of the last six hours.

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
    name="recent",
    title=Text("Recent"),
    cron=Cron("* * * * *", CatchUp.ALL, timedelta(hours=6)),
    doc=__doc__,
)
