"""What is measured of the setup of projects, and how."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from tasks.domain.findings import Formula, Measure, Panel
from tasks.domain.percentiles import percentile
from tasks.mobilization.project_setup.following import Following
from tasks.mobilization.project_setup.judgement import Case, Judgement
from tasks.mobilization.project_setup.snapshot import Kind

NO_PROJECT: Final = Formula(
    "orders_without_project",
    "confirmed orders of services that need a project and have none",
    panels=(Panel("Orders without a project", now=True),),
)
NO_ORDER: Final = Formula(
    "projects_without_order",
    "billable projects of customers that no order names",
    panels=(Panel("Projects without an order", now=True),),
)
NOT_SOLD: Final = Formula(
    "won_leads_without_order",
    "opportunities that are won and have no confirmed order",
    panels=(Panel("Won leads without an order", now=True),),
)
SETUP: Final = Formula(
    "project_setup_days",
    "median days from the confirmation of an order to the creation of its first project, of the "
    "orders that are looked back at; a project that was there before counts as zero",
    panels=(Panel("Days until an order has its project"),),
)
UNSTAFFED: Final = Formula(
    "unstaffed_hours",
    "hours of confirmed orders of late on whose projects nobody has a task and no hour is logged",
    panels=(Panel("Sold hours without a person", now=True),),
)
FORMULAS: Final = (NO_PROJECT, NO_ORDER, NOT_SOLD, SETUP, UNSTAFFED)
_OF_KIND: Final = {
    Kind.NO_PROJECT: NO_PROJECT,
    Kind.NO_ORDER: NO_ORDER,
    Kind.NOT_SOLD: NOT_SOLD,
}


def measures(judgement: Judgement, following: Following) -> Iterator[Measure]:
    """How many stand open, how long the setup of those of late took, and hours without a person."""
    counts = Counter(case.kind for case in judgement.cases)
    for kind, formula in _OF_KIND.items():
        if kind not in judgement.untold:
            yield formula.measured(counts[kind])
    days = [days for case in judgement.cases if (days := _days(case)) is not None]
    if (median := percentile(days, 50)) is not None:
        yield SETUP.measured(round(median, 2))
    if Kind.NO_PROJECT not in judgement.untold:
        yield UNSTAFFED.measured(sum(request.total for request in following.requests))


def _days(case: Case) -> float | None:
    """From the confirmation to the first project; None where nobody knows when that was made."""
    made = [p.create_date for p in case.sale.projects if p.create_date] if case.sale else []
    if not made or case.since is None:
        return None
    return max((min(made) - case.since) / timedelta(days=1), 0.0)
