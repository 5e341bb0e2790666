"""Tells salespeople of opportunities and quotations that are incomplete, wrong or slow.

Why: what is not asked, not carried into the quotation or priced wrongly is paid for in delivery,
and a quotation that waits is won by somebody else.

Remedy: complete the opportunity, correct the quotation, and plan the next step with the customer.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from tasks.commercial.quote_check.judgement import CARRIED_BY, ROLE, Judged, Judgement
from tasks.commercial.quote_check.measures import FORMULAS, measures
from tasks.commercial.quote_check.policy import QuotePolicy
from tasks.commercial.quote_check.records import Quotation
from tasks.commercial.quote_check.rests_on import RESTS_ON
from tasks.commercial.quote_check.snapshot import QUOTATIONS, Snapshot, read
from tasks.commercial.quote_check.words import (
    CHECKS,
    LABELS,
    OF_OPPORTUNITIES,
    OF_QUOTATIONS,
    Kind,
)
from tasks.declaration import Audience, Cron, Delivery, Job, Listed, Rule, Wake
from tasks.domain.checklists import Result
from tasks.domain.findings import NotVerifiable, Report
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.reads.opportunities import OPEN
from tasks.records.crm import Opportunity


def judge(snapshot: Snapshot, as_of: AsOf, policy: QuotePolicy) -> Report:
    """A row per open opportunity and quotation, and a finding for each thing wrong with one."""
    judgement = Judgement(snapshot, as_of, policy)
    judged = judgement.judged
    unverified = {gap.check: gap for gap in snapshot.not_verifiable}
    unverified |= {gap.check: gap for gap in _unverified(judged) if gap.check not in unverified}
    unknown = {*_unknown(snapshot), *(k for k in Kind if _is_unknown(k, judged))}
    return Report(
        rows=tuple(map(judgement.row, judged)),
        findings=tuple(found for each in judged for found in judgement.findings(each)),
        measures=tuple(measures(judged, snapshot, judgement.pipeline, as_of, unknown)),
        not_verifiable=(
            *unverified.values(),
            *snapshot.people.schedules.not_verifiable,
        ),
        unseen=frozenset(kind.value for kind in unknown),
        proposals=tuple(found for each in judged for found in judgement.proposals(each)),
    )


def _unknown(snapshot: Snapshot) -> Iterator[Kind]:
    """What cannot be looked at for want of a module or of rights."""
    if snapshot.stages is None:
        yield from (*OF_OPPORTUNITIES, Kind.NOTES)
    elif not snapshot.tells_opportunities:
        yield from (Kind.QUOTATION, Kind.AMOUNT, Kind.NOTES)
    if not snapshot.tells_orders:
        yield from OF_QUOTATIONS


def _is_unknown(kind: Kind, judged: Sequence[Judged]) -> bool:
    """Whether it can be said of no record, so that what stood before may stand still."""
    results = {each.answers[kind].result for each in judged if kind in each.answers}
    return results - {Result.NOT_APPLICABLE} == {Result.NOT_VERIFIABLE}


def _unverified(judged: Sequence[Judged]) -> Iterator[NotVerifiable]:
    """What could not be checked of some record, each once."""
    gaps = {
        kind: answer.reason
        for each in judged
        for kind, answer in each.answers.items()
        if answer.result is Result.NOT_VERIFIABLE
    }
    for kind, reason in sorted(gaps.items()):
        yield NotVerifiable(
            check=CHECKS[kind],
            reason=reason,
            remedy=Text("install its module, give the right to see it, or see to it by hand"),
        )


_NO_HISTORY: Final = NotVerifiable(
    check=Text("the pipeline of a day that is over"),
    reason=Text("Odoo keeps no history of what was in opportunities and quotations on a day"),
    remedy=Text("`fleet cases` and `fleet kpi` tell what the fleet saw on that day"),
)

JOB = Job(
    name="quote_check",
    title=Text("Opportunities and quotations to correct"),
    owner=ROLE,
    cron=Cron("30 5 * * 1-5", window=timedelta(days=2)),
    audience=Audience.PERSON,
    policy=QuotePolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_MOST_ONCE,
    formulas=FORMULAS,
    of_the_present=True,
    no_history=_NO_HISTORY,
    rests_on=RESTS_ON,
    lists=(
        Listed(
            Opportunity.MODEL,
            "record_id",
            Text("it is exempt"),
            (Rule(Text("it is an opportunity of a stage that is not won"), OPEN),),
        ),
        Listed(
            Quotation.MODEL,
            "record_id",
            Text("it is exempt"),
            (Rule(Text("it is a quotation"), QUOTATIONS),),
        ),
    ),
    labels=LABELS,
    wakes=(
        Wake("crm.lead.changed", Opportunity.MODEL),
        Wake("sale.order.changed", Quotation.MODEL),
    ),
    proposes=(CARRIED_BY,),
    narrows=True,
    demo={None: QuotePolicy(wait_for_morning=False)},
    doc=__doc__,
)
