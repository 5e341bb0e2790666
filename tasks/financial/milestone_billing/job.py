"""Proposes a draft invoice for each order whose milestones, kickoff or hours make it due.

Why: what is reached and accepted is invoiced when somebody remembers; each day of that is money
lent to the customer.

Remedy: agree to the draft, look it up in Odoo, and post it; a draft that is out of date, or of what
was taken back, is mended by hand.
"""

from datetime import timedelta
from typing import Final

from tasks.declaration import SIGNED, Audience, Cron, Delivery, Job, Listed, Rule, Wake
from tasks.domain.findings import NotVerifiable, Report
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.financial.milestone_billing.expecting import proposal
from tasks.financial.milestone_billing.findings import ASIDE, aside, findings, row, totals
from tasks.financial.milestone_billing.judgement import KIND, Judgement, Status
from tasks.financial.milestone_billing.measures import FORMULAS, measures
from tasks.financial.milestone_billing.policy import DraftingPolicy
from tasks.financial.milestone_billing.rests_on import RESTS_ON
from tasks.financial.milestone_billing.snapshot import Snapshot, read
from tasks.financial.milestone_billing.words import LABELS
from tasks.reads.invoicing.evidence import SoldTask
from tasks.reads.invoicing.rules import not_verifiable
from tasks.reads.orders import CONFIRMED
from tasks.records.sales import Milestone, Order


def judge(snapshot: Snapshot, as_of: AsOf, policy: DraftingPolicy) -> Report:
    """A row per order with something to bill, a finding where finance must act, and proposals."""
    judgement = Judgement(snapshot, as_of, policy)
    cases = judgement.cases
    return Report(
        rows=tuple(row(case, snapshot) for case in cases),
        findings=tuple(found for case in cases for found in findings(case, snapshot)),
        totals=totals(cases),
        measures=tuple(measures(cases)),
        not_verifiable=(
            *snapshot.not_verifiable,
            *not_verifiable(
                (check for case in cases for check in case.checks), snapshot.facts.values()
            ),
        ),
        set_aside=tuple(aside(case, snapshot) for case in cases if case.status in ASIDE),
        proposals=tuple(
            proposal(KIND, case.look, case.expected, case.identity, case.reason, snapshot)
            for case in cases
            if case.status is Status.PROPOSED and case.expected is not None
        ),
        withdrawn=judgement.withdrawn,
    )


_NO_HISTORY: Final = NotVerifiable(
    check=Text("drafts of a day that is over"),
    reason=Text("Odoo keeps no history of drafts, of what was due, and of what checks look at"),
    remedy=Text("`fleet cases`, `fleet effects list` and `fleet kpi` tell what the fleet saw then"),
)

JOB = Job(
    name="milestone_billing",
    title=Text("Draft invoices"),
    owner="finance",
    cron=Cron("15 6,9,12,15 * * 1-5", window=timedelta(days=1)),
    audience=Audience.FINANCE,
    policy=DraftingPolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_LEAST_ONCE,
    held_as=Order.MODEL,
    formulas=FORMULAS,
    of_the_present=True,
    no_history=_NO_HISTORY,
    rests_on=RESTS_ON,
    lists=(
        Listed(
            Order.MODEL,
            "sale_order_id",
            Text("nothing of it is to be billed or on a draft"),
            (Rule(Text("it is confirmed"), CONFIRMED),),
        ),
    ),
    labels=LABELS,
    wakes=(
        Wake(f"{Order.MODEL}.{SIGNED}", Order.MODEL),
        Wake(f"{SoldTask.MODEL}.{SIGNED}", SoldTask.MODEL),
        Wake(f"{Milestone.MODEL}.{SIGNED}", Milestone.MODEL),
    ),
    proposes=(KIND,),
    doc=__doc__,
)
