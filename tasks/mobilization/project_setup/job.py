"""Finds orders without a project, projects without an order, and won leads without either.

Why: what is sold and not set up is started late, by guesswork, and billed later still; what is
worked on and not sold is billed to nobody.

Remedy: create the project of the order, name the order of the project, and have the order of a
won lead confirmed.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from tasks.declaration import Audience, Cron, Delivery, Job, Listed, Rule, Wake
from tasks.domain.acts import ActKind
from tasks.domain.findings import NotVerifiable, Report
from tasks.domain.handoffs import TO_DELIVERY, Fate
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.mobilization.project_setup.following import MOST_NAMED, Following
from tasks.mobilization.project_setup.judgement import ROLE, Judgement
from tasks.mobilization.project_setup.measures import FORMULAS, measures
from tasks.mobilization.project_setup.policy import MilestoneShare, ServiceLine, SetupPolicy
from tasks.mobilization.project_setup.proposing import KIND, proposals, withdrawn
from tasks.mobilization.project_setup.records import SetupOrder, SetupProject, WonLead
from tasks.mobilization.project_setup.rests_on import RESTS_ON
from tasks.mobilization.project_setup.snapshot import Snapshot, read
from tasks.reads.orders import CONFIRMED


def judge(snapshot: Snapshot, as_of: AsOf, policy: SetupPolicy) -> Report:
    """A row per order of services, billable project without an order, and won lead."""
    judgement = Judgement(snapshot, as_of, policy)
    proposed, following = tuple(proposals(judgement)), Following(judgement)
    return Report(
        rows=tuple(map(judgement.row, judgement.cases)),
        findings=(
            *(judgement.finding(case) for case in judgement.cases if case.kind),
            *following.findings(),
        ),
        measures=tuple(measures(judgement, following)),
        not_verifiable=(
            *_handoffs(judgement),
            *(gap.told for gap in snapshot.gaps),
            *snapshot.people.schedules.not_verifiable,
        ),
        proposals=proposed,
        withdrawn=withdrawn(judgement, proposed),
        unseen=frozenset(kind.value for kind in judgement.untold),
    )


def _handoffs(judgement: Judgement) -> Iterator[NotVerifiable]:
    """That projects wait for handoffs of which nothing is remembered."""
    waiting = [case.record.name for case in judgement.cases if case.awaited is Fate.UNKNOWN]
    if waiting:
        names = (*waiting[:MOST_NAMED], *(["…"] if len(waiting) > MOST_NAMED else []))
        yield NotVerifiable(
            check=Text("accepted handoffs"),
            reason=Text("nothing is remembered of the handoffs of: {names}", names=names),
            remedy=Text(
                "enable handoff_gate and see that it runs, or set waits_for_handoff of the policy "
                "to false"
            ),
        )


_NO_HISTORY: Final = NotVerifiable(
    check=Text("projects of a day that is over"),
    reason=Text("Odoo keeps no history of which order and project named each other on a day"),
    remedy=Text("`fleet cases` and `fleet kpi` tell what the fleet saw on that day"),
)
LABELS: Final = {
    "first": Text("first"),
    "no_support_project": Text("without a support project"),
    "not_needed": Text("needs no project"),
    "not_sold": Text("no confirmed order"),
    "order_without_project": Text("orders without a project"),
    "project_active": Text("projects that became active"),
    "project_without_order": Text("projects without an order"),
    "support_ends": Text("support that ends"),
    "staffing_request": Text("staffing requests"),
    "waits_for_handoff": Text("waits for its handoff"),
    "warranty_ends": Text("warranties that end"),
    "without_order": Text("without an order"),
    "without_project": Text("without a project"),
    "won_without_order": Text("won leads without an order"),
}

# The services of the sandbox's firm, with its template, one of its managers and its milestones.
_OF_THE_DEMO: Final = SetupPolicy(
    service_lines=(
        ServiceLine(
            name="implementation",
            categories=(2,),
            template=3,
            manager=117,
            milestones=(
                MilestoneShare(name="Design accepted", percent=40, days=30),
                MilestoneShare(name="Go-live", percent=60, days=60),
            ),
        ),
    )
)

JOB = Job(
    name="project_setup",
    title=Text("Projects to set up"),
    owner=ROLE,
    cron=Cron("20 5,11 * * 1-5", window=timedelta(days=2)),
    audience=Audience.PERSON,
    policy=SetupPolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_MOST_ONCE,
    goes_by=(TO_DELIVERY,),
    formulas=FORMULAS,
    of_the_present=True,
    no_history=_NO_HISTORY,
    rests_on=RESTS_ON,
    lists=(
        Listed(
            SetupOrder.MODEL,
            "record_id",
            Text("it sells no services, or it was confirmed longer ago than look_back_days"),
            (Rule(Text("it is confirmed"), CONFIRMED),),
        ),
        Listed(
            SetupProject.MODEL,
            "record_id",
            Text("an order names it, or it is internal, a template, archived or not billable"),
        ),
        Listed(
            WonLead.MODEL,
            "record_id",
            Text("it is not won, or it was won longer ago than look_back_days"),
        ),
    ),
    labels=LABELS,
    wakes=(
        Wake("sale.order.changed", SetupOrder.MODEL),
        Wake(f"{SetupOrder.MODEL}.{ActKind.ACCEPTED}", SetupOrder.MODEL),
        Wake("project.project.changed", SetupProject.MODEL),
        Wake("crm.lead.changed", WonLead.MODEL),
    ),
    tells=(Audience.FINANCE.value,),
    proposes=(KIND,),
    narrows=True,
    demo={None: SetupPolicy(wait_for_morning=False), 1: _OF_THE_DEMO},
    doc=__doc__,
)
