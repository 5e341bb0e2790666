"""Tells finance of its slots as `tally` does; after an outage, none that is late.

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
    name="punctual",
    title=Text("Punctual"),
    cron=Cron("* * * * *", CatchUp.SKIP, timedelta(days=1)),
    doc=__doc__,
)
