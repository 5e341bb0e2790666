"""Tells of work and costs that nobody will bill as things stand: who can mend it, then finance.

Why: hours on orders that fell through, hours without order line or price, costs that miss their
invoice and prepaid hours that run over are lost quietly, a little every week.

Remedy: bill it, mend the order, project or expense in Odoo, or accept the loss on its page, with a
reason; it is then quiet until it grows.
"""

from datetime import timedelta
from typing import Final

from tasks.declaration import Audience, Cron, Delivery, Job, Listed, Rule
from tasks.domain.findings import NotVerifiable, Report
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.financial.leakage.judgement import ROLE, Judgement
from tasks.financial.leakage.kinds import TITLES, Kind
from tasks.financial.leakage.measures import AMOUNT, LEAKS, column, measures, totals
from tasks.financial.leakage.policy import LeakagePolicy
from tasks.financial.leakage.records import Bill, SpentForCustomer
from tasks.financial.leakage.rests_on import RESTS_ON
from tasks.financial.leakage.snapshot import Snapshot, read
from tasks.reads.orders import SELLS
from tasks.records.sales import Order, OrderLine, Project


def judge(snapshot: Snapshot, as_of: AsOf, policy: LeakagePolicy) -> Report:
    """A row per leak, and a finding for each that nobody accepted and that is not exempt."""
    judgement = Judgement(snapshot, as_of, policy)
    kinds = [kind for kind in Kind if kind not in snapshot.unknown]
    return Report(
        rows=tuple(map(judgement.row, judgement.told)),
        findings=tuple(map(judgement.finding, judgement.open)),
        totals=totals(judgement.told, kinds),
        measures=tuple(measures(judgement.told, kinds)),
        not_verifiable=(
            *(gap.told for gap in snapshot.gaps),
            *snapshot.people.schedules.not_verifiable,
        ),
        unseen=frozenset(kind.value for kind in snapshot.unknown),
    )


_NO_HISTORY: Final = NotVerifiable(
    check=Text("leaks of a day that is over"),
    reason=Text("Odoo keeps no history of orders, and of what was on no order then"),
    remedy=Text("`fleet cases` and `fleet kpi` tell what the fleet saw on that day"),
)

LABELS: Final = {
    **{column(kind): title for kind, title in TITLES.items()},
    "accepted": Text("accepted"),
    "again": Text("again"),
    "at_cost": Text("at cost"),
    "exempt": Text("exempt"),
    "first": Text("first"),
    "leakage": Text("leaks"),
    "unaccepted": Text("not accepted"),
    "order_price": Text("at the price of the order"),
    "subject": Text("what leaks"),
    "valued_at": Text("valued at"),
}

JOB = Job(
    name="leakage",
    title=Text("Work and costs that leak"),
    owner=ROLE,
    cron=Cron("45 5 * * 1-5", window=timedelta(days=2)),
    audience=Audience.PERSON,
    policy=LeakagePolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_MOST_ONCE,
    handed_in=tuple(kind.value for kind in Kind),
    formulas=(LEAKS, AMOUNT),
    of_the_present=True,
    no_history=_NO_HISTORY,
    rests_on=RESTS_ON,
    lists=(
        Listed(
            OrderLine.MODEL,
            "record_id",
            Text("nothing leaks of it"),
            (Rule(Text("it sells something, and is not a heading or note"), SELLS),),
        ),
        Listed(Order.MODEL, "record_id", Text("it is confirmed, or nothing was worked on it")),
        Listed(
            Project.MODEL,
            "record_id",
            Text("all its hours are on lines of orders"),
            (Rule(Text("it is billable"), [("allow_billable", "=", True)]),),
        ),
        Listed(
            SpentForCustomer.MODEL,
            "record_id",
            Text("it is young, on its order, or for no customer"),
            (Rule(Text("it is not refused"), [("state", "!=", "refused")]),),
        ),
        Listed(
            Bill.MODEL,
            "record_id",
            Text("it is young, on an order, or for no billable project"),
        ),
    ),
    labels=LABELS,
    demo={None: LeakagePolicy(wait_for_morning=False)},
    doc=__doc__,
)
