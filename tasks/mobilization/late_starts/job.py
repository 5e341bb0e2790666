"""Tells project managers of projects that start late or otherwise than agreed, then delivery.

Why: a project that starts late ends late, and one that starts without its handoff, its tasks or
its milestones is led by guesswork.

Remedy: hold the kickoff, log the first hours, agree on milestones anew, and complete what the
handoff and the template ask for.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from tasks.declaration import Audience, Cron, Delivery, Job, Listed
from tasks.domain.findings import Formula, NotVerifiable, Panel, Report
from tasks.domain.handoffs import TO_DELIVERY
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.mobilization.late_starts.judgement import MOST_NAMED, ROLE, Judgement, Kind
from tasks.mobilization.late_starts.policy import ACCEPTED, LatePolicy, Sign
from tasks.mobilization.late_starts.records import StartedProject
from tasks.mobilization.late_starts.rests_on import RESTS_ON
from tasks.mobilization.late_starts.snapshot import Snapshot, read

LATE: Final = Formula(
    "late_starts",
    "projects without kickoff, first hour or accepted handoff in time or unlike their template, "
    "and missed milestones, by kind",
    panels=(Panel("Late starts", ("kind",)),),
)


def judge(snapshot: Snapshot, as_of: AsOf, policy: LatePolicy) -> Report:
    """A row per project that is under way, and a finding for each thing that is late of it."""
    judgement = Judgement(snapshot, as_of, policy)
    late = [found for project in judgement.projects for found in judgement.late[project.id]]
    counts = Counter(found.kind for found in late)
    signs = {Kind.KICKOFF: policy.kickoff, Kind.HANDOFF: policy.handoff}
    unknown = {
        kind
        for kind, sign in signs.items()
        if isinstance(sign, Sign) and sign.name in snapshot.hidden
    }
    if policy.handoff == ACCEPTED and as_of.handoffs is None:
        unknown.add(Kind.HANDOFF)
    untold = {"not_verifiable": len(judgement.untold)} if judgement.untold else None
    return Report(
        rows=tuple(map(judgement.row, judgement.projects)),
        findings=tuple(map(judgement.finding, late)),
        measures=tuple(
            LATE.measured(
                counts[kind], {"kind": kind.value}, untold if kind is Kind.HANDOFF else None
            )
            for kind in Kind
            if kind not in unknown
        ),
        not_verifiable=(
            *snapshot.not_verifiable,
            *_handoffs(judgement, as_of, policy),
            *snapshot.people.schedules.not_verifiable,
        ),
        unseen=frozenset(kind.value for kind in unknown),
    )


def _handoffs(judgement: Judgement, as_of: AsOf, policy: LatePolicy) -> Iterator[NotVerifiable]:
    """Of which projects nobody can tell whether delivery accepted their handoff."""
    check = Text("accepted handoffs")
    if policy.handoff == ACCEPTED and as_of.handoffs is None:
        yield NotVerifiable(check, NOT_REMEMBERED, REMEDY)
    elif policy.handoff == ACCEPTED and (untold := judgement.untold):
        names = tuple(each.name for each in untold[:MOST_NAMED])
        reason = Text(
            "nothing is remembered of the handoffs of: {names}",
            names=(*names, *(["…"] if len(untold) > MOST_NAMED else [])),
        )
        yield NotVerifiable(check, reason, LOOK_AGAIN)


NOT_REMEMBERED: Final = Text("nothing is remembered of handoffs: no job here has them accepted")
REMEDY: Final = Text(
    "enable handoff_gate, or have the policy of late_starts name what else shows that a handoff "
    "was accepted, or that it is not_asked"
)
LOOK_AGAIN: Final = Text(
    "the next run of handoff_gate looks at those of late; see to older ones by hand, or exempt the "
    "project"
)
_NO_HISTORY: Final = NotVerifiable(
    check=Text("starts of a day that is over"),
    reason=Text("Odoo keeps no history of which tasks and milestones were there on a day"),
    remedy=Text("`fleet cases` and `fleet kpi` tell what the fleet saw on that day"),
)

LABELS: Final = {
    "accepted": Text("accepted"),
    "again": Text("again"),
    "contract_on": Text("order confirmed on"),
    "first": Text("first"),
    "first_hours_on": Text("first hour on"),
    "late_starts": Text("late starts"),
    "handoff_status": Text("handoff"),
    "missed_milestone": Text("missed milestones"),
    "no_handoff": Text("without an accepted handoff"),
    "no_hours": Text("without an hour"),
    "no_kickoff": Text("without a kickoff"),
    "not_asked": Text("not asked for"),
    "open": Text("not accepted"),
    "planned_start": Text("planned start"),
    "unlike_template": Text("unlike their template"),
}

JOB = Job(
    name="late_starts",
    title=Text("Late starts"),
    owner=ROLE,
    cron=Cron("45 5 * * 1-5", window=timedelta(days=2)),
    audience=Audience.PERSON,
    policy=LatePolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_MOST_ONCE,
    goes_by=(TO_DELIVERY,),
    formulas=(LATE,),
    of_the_present=True,
    no_history=_NO_HISTORY,
    rests_on=RESTS_ON,
    lists=(
        Listed(
            StartedProject.MODEL,
            "project_id",
            Text("it is a template, archived, on hold, done or exempt"),
        ),
    ),
    labels=LABELS,
    demo={None: LatePolicy(wait_for_morning=False)},
    doc=__doc__,
)
