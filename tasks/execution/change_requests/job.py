"""Follows change requests from raised to signed and applied, and finds what grew without one.

Why: work that nobody decided is work that nobody pays, and a change that waits for its decision
holds up the project.

Remedy: decide what is raised, put what is decided on the order, have the customer sign it, and
raise a change request for what grew without one.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from tasks.declaration import SIGNED, Audience, Cron, Delivery, Job, Listed, Wake
from tasks.domain.findings import NotVerifiable, Report
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.execution.change_requests.findings import OWNER, UNSIGNED, Findings
from tasks.execution.change_requests.judgement import KIND, Judgement, Standing
from tasks.execution.change_requests.measures import FORMULAS, measures
from tasks.execution.change_requests.policy import ChangePolicy, KeptAs
from tasks.execution.change_requests.proposing import proposals
from tasks.execution.change_requests.records import ChangeOrder, ChangeTask
from tasks.execution.change_requests.rests_on import RESTS_ON
from tasks.execution.change_requests.rows import row, row_of_creep, totals
from tasks.execution.change_requests.snapshot import Snapshot, read
from tasks.execution.change_requests.words import LABELS


def judge(snapshot: Snapshot, as_of: AsOf, policy: ChangePolicy) -> Report:
    """A row per change request, and per order that grew without one; findings and proposals."""
    judgement, findings = Judgement(snapshot, as_of, policy), Findings(snapshot, as_of)
    standings, creeps = judgement.standings, judgement.creeps
    doubtful = _doubtful(standings)
    return Report(
        rows=(
            *(row(standing, snapshot, as_of) for standing in standings),
            *(row_of_creep(creep, snapshot, as_of, policy.version) for creep in creeps),
        ),
        findings=(
            *(found for standing in standings for found in findings.of_request(standing)),
            *(
                found
                for creep in creeps
                for found in findings.of_creep(creep, policy.exempt_orders)
            ),
        ),
        totals=totals(standings, creeps, snapshot),
        measures=tuple(measures(standings, snapshot.people, as_of)),
        not_verifiable=(
            *snapshot.not_verifiable,
            *snapshot.people.schedules.not_verifiable,
            *_signatures(as_of, policy),
            *doubtful,
        ),
        unseen=frozenset({UNSIGNED} if doubtful else ()),
        withdrawn=judgement.withdrawn,
        proposals=tuple(proposals(standings, judgement.refused, snapshot, as_of)),
    )


def _signatures(as_of: AsOf, policy: ChangePolicy) -> tuple[NotVerifiable, ...]:
    """Tasks are signed nowhere in Odoo."""
    known = policy.kept_as is KeptAs.QUOTATIONS or as_of.signed is not None
    return () if known or not policy.signature_required else (_NO_SIGNATURES,)


def _doubtful(standings: Sequence[Standing]) -> tuple[NotVerifiable, ...]:
    """Quotations of which it cannot be told who signed them."""
    names = tuple(
        standing.request.name
        for standing in standings
        if standing.may_be_signed and standing.policy.signature_required
    )
    if not names:
        return ()
    reason = Text("who signed is hidden from the fleet's user, or deleted: {orders}", orders=names)
    return (NotVerifiable(_SIGNATURES, reason, _SHOW_WHO_SIGNED),)


_SIGNATURES: Final = Text("signatures of customers")
_SHOW_WHO_SIGNED: Final = Text(
    "show the fleet's user all contacts and users, or have a source of the kind signed_webhook "
    "tell of what was signed"
)
_NO_SIGNATURES: Final = NotVerifiable(
    check=_SIGNATURES,
    reason=Text("change requests are kept as tasks, which Odoo has nobody sign"),
    remedy=Text(
        "have what they are signed with tell of it (a source of the kind signed_webhook), keep "
        "them as quotations, or set signature_required to false"
    ),
)
_NO_HISTORY: Final = NotVerifiable(
    check=Text("change requests of a day that is over"),
    reason=Text("Odoo keeps no history of what was raised, allocated and signed by a day"),
    remedy=Text("`fleet cases` and `fleet kpi` tell what the fleet saw on that day"),
)

JOB = Job(
    name="change_requests",
    title=Text("Change requests"),
    owner=OWNER,
    cron=Cron("30 5 * * 1-5", window=timedelta(days=2)),
    audience=Audience.PERSON,
    policy=ChangePolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_MOST_ONCE,
    formulas=FORMULAS,
    of_the_present=True,
    no_history=_NO_HISTORY,
    rests_on=RESTS_ON,
    lists=(
        Listed(
            ChangeOrder.MODEL,
            "record_id",
            Text(
                "it changes no confirmed order: it names none as its source and is not of the "
                "project of one, or nothing of it grew without a change request; or it is older "
                "than look_back_days"
            ),
        ),
        Listed(
            ChangeTask.MODEL,
            "record_id",
            Text(
                "change requests are not kept as tasks, or it has none of the tags and stages that "
                "the policy names, or it is older than look_back_days"
            ),
        ),
    ),
    labels=LABELS,
    wakes=(
        Wake("sale.order.changed", ChangeOrder.MODEL),
        Wake("project.task.changed", ChangeTask.MODEL),
        *(Wake(f"{model}.{SIGNED}", model) for model in (ChangeOrder.MODEL, ChangeTask.MODEL)),
    ),
    proposes=(KIND,),
    narrows=True,
    doc=__doc__,
)
