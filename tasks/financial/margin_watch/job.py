"""Shows what projects earn, cost and will have cost, and tells finance of margins that erode.

Why: a fixed price whose hours run away is seen in the accounts when it is over; by then nobody can
agree on a change, and the next offer is made at the same price.

Remedy: look at scope and remaining work while there is some, agree on a change request, and
complete the coding where a margin cannot be told.

Formulas. Margin: what is earned less the cost of hours, purchases and expenses. Cost at completion
by earned value, EAC = AC + (BAC - EV) / CPI with CPI = EV / AC (PMI, PMBOK Guide, 6th edition,
7.4.2.2), or by the hours that open tasks have left, EAC = AC + bottom-up ETC. Worked examples stand
in docs/jobs.md and in the tests.
"""

from collections import defaultdict
from datetime import timedelta
from typing import Final

from tasks.declaration import Audience, Cron, Delivery, Job, Listed, Rule, Shape
from tasks.domain.findings import NotVerifiable, Report
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.domain.withheld import REMEDY
from tasks.financial.margin_watch.facts import Facts
from tasks.financial.margin_watch.findings import Kind, findings
from tasks.financial.margin_watch.margins import judged
from tasks.financial.margin_watch.measures import FORMULAS, measures
from tasks.financial.margin_watch.policy import MarginPolicy
from tasks.financial.margin_watch.records import MarginProject
from tasks.financial.margin_watch.rests_on import RESTS_ON
from tasks.financial.margin_watch.rows import row, totals
from tasks.financial.margin_watch.snapshot import read
from tasks.financial.margin_watch.words import LABELS


def judge(facts: Facts, as_of: AsOf, policy: MarginPolicy) -> Report:
    """A row per project that is billable or sold; findings at the steps of its policy."""
    exchange = facts.exchange
    if exchange is None:
        # A company whose currency is hidden: that is drift, which `rests_on` tells.
        return Report(rows=())
    margins = [
        judged(each, exchange, policy, knows_ordered=not facts.ordered_unknown)
        for each in facts.projects
    ]
    told = tuple(findings(margins, facts, as_of.standing))
    kinds: dict[int, list[Kind]] = defaultdict(list)
    for finding in told:
        kinds[finding.record_id].append(Kind(finding.kind))
    currency = exchange.currency
    return Report(
        rows=tuple(row(m, facts, currency, kinds[m.watched.project.id]) for m in margins),
        findings=told,
        totals=totals(margins, currency),
        measures=tuple(measures(margins, told, currency)),
        not_verifiable=_ordered_unknown(facts),
    )


def _ordered_unknown(facts: Facts) -> tuple[NotVerifiable, ...]:
    if not facts.ordered_unknown:
        return ()
    return (NotVerifiable(Text("purchase orders"), facts.ordered_unknown, REMEDY),)


_NO_HISTORY: Final = NotVerifiable(
    check=Text("margins of a day that is over"),
    reason=Text("Odoo keeps no history of what was planned, delivered and left to do"),
    remedy=Text("`fleet cases` and `fleet kpi` tell what the fleet saw on that day"),
)

JOB = Job(
    name="margin_watch",
    title=Text("Margin watch"),
    owner="finance",
    cron=Cron("30 6 * * 1", window=timedelta(days=3)),
    audience=Audience.FINANCE,
    policy=MarginPolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_LEAST_ONCE,
    shape=Shape.WEEKLY,
    formulas=FORMULAS,
    of_the_present=True,
    no_history=_NO_HISTORY,
    rests_on=RESTS_ON,
    lists=(
        Listed(
            MarginProject.MODEL,
            "project_id",
            Text(
                "it is neither billable nor sold, or is shared by all companies and has nothing of "
                "this one"
            ),
            (
                Rule(Text("it is active"), [("active", "=", True)]),
                Rule(Text("it is no template"), [("is_template", "=", False)]),
            ),
        ),
    ),
    labels=LABELS,
    demo={None: MarginPolicy().demoed()},
    doc=__doc__,
)
