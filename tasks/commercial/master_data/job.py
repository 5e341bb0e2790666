"""Tells finance of customers and projects that stand twice, and of codes that are missing or wrong.

Why: what stands twice is billed and judged twice, and margins of work that is coded in different
ways cannot be compared between offices.

Remedy: merge what is one, acknowledge what is not, and set the codes that the company's policy
expects.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from tasks.commercial.master_data import measures
from tasks.commercial.master_data.policy import MasterDataPolicy
from tasks.commercial.master_data.records import CodedOrder, CodedProject, Customer
from tasks.commercial.master_data.rests_on import RESTS_ON
from tasks.commercial.master_data.rows import KINDS, ROLE, Judgement, totals
from tasks.commercial.master_data.snapshot import Part, Snapshot, read
from tasks.declaration import Audience, Cron, Delivery, Job, Listed, Rule, Shape
from tasks.domain.findings import Measure, NotVerifiable, Report
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.reads.orders import CONFIRMED


def judge(snapshot: Snapshot, as_of: AsOf, policy: MasterDataPolicy) -> Report:
    """A row for each pair and each coded record, a finding for what somebody must look at."""
    judgement = Judgement(snapshot, as_of, policy)
    return Report(
        rows=tuple(judgement.rows()),
        findings=tuple(judgement.findings()),
        totals=(totals(judgement, snapshot),),
        measures=tuple(_measured(judgement, snapshot)),
        not_verifiable=snapshot.not_verifiable,
        unseen=frozenset(kind for part in snapshot.unknown for kind in KINDS[part]),
    )


def _measured(judgement: Judgement, snapshot: Snapshot) -> Iterator[Measure]:
    """What is known whole."""
    if Part.CUSTOMERS not in snapshot.unknown:
        pairs = judgement.customers
        yield from measures.customers(pairs, judgement.different(pairs))
    if Part.PROJECTS not in snapshot.unknown:
        pairs = judgement.projects
        yield from measures.projects(pairs, judgement.different(pairs))
    if Part.PROJECT_CODES not in snapshot.unknown:
        yield from measures.codes("project", judgement.coded_projects)
    if Part.ORDER_CODES not in snapshot.unknown:
        yield from measures.codes("order", judgement.coded_orders)


_NO_HISTORY: Final = NotVerifiable(
    check=Text("master data of a day that is over"),
    reason=Text("Odoo keeps no history of names, numbers, tags and accounts"),
    remedy=Text("`fleet cases` and `fleet kpi` tell what the fleet saw on that day"),
)

LABELS: Final = {
    "customers": Text("customers"),
    "different": Text("different"),
    "duplicate": Text("duplicate"),
    "duplicate_customers": Text("customers that stand twice"),
    "duplicate_projects": Text("projects that stand twice"),
    "inconsistent": Text("inconsistent"),
    "inconsistent_codes": Text("codes that do not fit"),
    "kind": Text("kind"),
    "missing": Text("missing"),
    "missing_codes": Text("codes that are missing"),
    "model": Text("model in Odoo"),
    "orders": Text("orders"),
    "other": Text("the other one"),
    "projects": Text("projects"),
    "record": Text("record"),
    "sign": Text("strongest sign"),
}

JOB = Job(
    name="master_data",
    title=Text("Master data"),
    owner=ROLE,
    cron=Cron("0 6 * * 2", window=timedelta(days=3)),
    audience=Audience.FINANCE,
    policy=MasterDataPolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_LEAST_ONCE,
    shape=Shape.WEEKLY,
    formulas=measures.FORMULAS,
    of_the_present=True,
    no_history=_NO_HISTORY,
    rests_on=RESTS_ON,
    lists=(
        Listed(Customer.MODEL, "record_id", Text("no other customer is like it")),
        Listed(
            CodedProject.MODEL,
            "record_id",
            Text("no other project of its customer is like it, and it is not billable"),
        ),
        Listed(
            CodedOrder.MODEL,
            "record_id",
            Text("it sells no service, or was confirmed before the days that are looked at"),
            (Rule(Text("it is confirmed"), CONFIRMED),),
        ),
    ),
    labels=LABELS,
    doc=__doc__,
)
