"""Posts every slot to a webhook: at most once.

Why: an event that is lost or doubled can be told from what the receiver got.

Remedy: none is needed.
"""

from dataclasses import replace

from tasks.declaration import Audience, Delivery
from tasks.domain.texts import Text
from tests.chaos.jobs.chaos import tally

JOB = replace(
    tally.JOB,
    name="ring",
    title=Text("Ring"),
    audience=Audience.DELIVERY,
    delivery=Delivery.AT_MOST_ONCE,
    channels=("hook",),
    doc=__doc__,
)
