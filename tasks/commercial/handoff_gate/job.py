"""Follows the handoff of each confirmed order from sales to delivery, until it is accepted.

Where a gate in Odoo keeps quotations from being confirmed, those that have what the policy demands
are released.

Why: a project that starts without scope, papers or a person starts late, and so does its first
invoice.

Remedy: whoever owns a gap closes it; the delivery lead accepts the handoff, or returns it with a
reason.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from tasks.commercial.handoff_gate.findings import CHANGED, HANDED_IN, findings
from tasks.commercial.handoff_gate.judgement import OWNER, Handoff, Judgement
from tasks.commercial.handoff_gate.measures import FORMULAS, measures
from tasks.commercial.handoff_gate.policy import HandoffPolicy
from tasks.commercial.handoff_gate.records import Document, SoldOrder
from tasks.commercial.handoff_gate.releasing import KIND, Releasing
from tasks.commercial.handoff_gate.rests_on import RESTS_ON
from tasks.commercial.handoff_gate.rows import offered_row, row
from tasks.commercial.handoff_gate.snapshot import OFFERED_OR_CONFIRMED, Snapshot, read
from tasks.commercial.handoff_gate.words import LABELS, called
from tasks.declaration import SIGNED, Audience, Cron, Delivery, Job, Listed, Rule, Wake
from tasks.domain.acts import VERDICTS
from tasks.domain.checklists import Result
from tasks.domain.findings import ANY_KIND, NotVerifiable, Report
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text


def judge(snapshot: Snapshot, as_of: AsOf, policy: HandoffPolicy) -> Report:
    """A row per order, a finding per gap, and one for what is to be accepted or was returned."""
    if snapshot.withheld:
        unseen = frozenset({ANY_KIND})
        return Report(
            rows=(),
            not_verifiable=(snapshot.withheld,),
            subjects=snapshot.subjects,
            unseen=unseen,
        )
    handoffs = Judgement(snapshot, as_of, policy).handoffs
    releasing = Releasing(snapshot, as_of, policy)
    seller = snapshot.people.owner
    return Report(
        rows=(
            *(row(handoff, as_of) for handoff in handoffs),
            *(
                offered_row(each, seller(each.sale.order.user_id, OWNER).name)
                for each in releasing.offered
            ),
        ),
        findings=tuple(found for handoff in handoffs for found in findings(handoff, as_of)),
        measures=tuple(measures(handoffs, as_of)),
        subjects=snapshot.subjects,
        not_verifiable=(
            *_not_verifiable(handoffs),
            *snapshot.people.schedules.not_verifiable,
        ),
        proposals=releasing.proposals,
        withdrawn=releasing.withdrawn,
    )


def _not_verifiable(handoffs: Iterable[Handoff]) -> Iterator[NotVerifiable]:
    """Items that could not be checked of some order, each once."""
    gaps = {
        item.check.check: item.check.reason
        for handoff in handoffs
        for item in handoff.checklist.items
        if item.check.result is Result.NOT_VERIFIABLE
    }
    for item, reason in sorted(gaps.items()):
        yield NotVerifiable(
            check=called(item),
            reason=reason,
            remedy=Text("install its module, or take the item out of the demands of the policy"),
        )


_NO_HISTORY: Final = NotVerifiable(
    check=Text("handoffs of a day that is over"),
    reason=Text("Odoo keeps no history of what was on an order by a day"),
    remedy=Text("`fleet cases` and `fleet kpi` tell what the fleet saw on that day"),
)

JOB = Job(
    name="handoff_gate",
    title=Text("Handoffs from sales to delivery"),
    owner=OWNER,
    cron=Cron("15 5,11 * * 1-5", window=timedelta(days=2)),
    audience=Audience.PERSON,
    policy=HandoffPolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_MOST_ONCE,
    handed_in=(HANDED_IN, CHANGED),
    formulas=FORMULAS,
    of_the_present=True,
    no_history=_NO_HISTORY,
    rests_on=RESTS_ON,
    lists=(
        Listed(
            SoldOrder.MODEL,
            "sale_order_id",
            Text(
                "it sells no services, or it was confirmed longer ago than look_back_days of the "
                "policy; a quotation is listed where the gate order_confirmation is installed"
            ),
            (Rule(Text("it is a quotation, or confirmed"), OFFERED_OR_CONFIRMED),),
        ),
        Listed(Document.MODEL, "document_id", Text("it is told of with its order: ask for that")),
    ),
    labels=LABELS,
    proposes=(KIND,),
    wakes=(
        Wake("sale.order.changed", SoldOrder.MODEL),
        Wake(f"{SoldOrder.MODEL}.{SIGNED}", SoldOrder.MODEL),
        Wake("ir.attachment.changed", Document.MODEL),
        # What is returned is told to sales at once.
        *(Wake(f"{SoldOrder.MODEL}.{said}", SoldOrder.MODEL) for said in VERDICTS),
    ),
    narrows=True,
    demo={None: HandoffPolicy(wait_for_morning=False)},
    doc=__doc__,
)
