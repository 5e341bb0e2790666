"""Shows what is delivered and not invoiced, how old it is, and what was billed in advance.

Why: work in progress that nobody bills grows old, and old work is written off.

Remedy: bill it, write it off, or document a hold with a date; set missing prices and order lines.
"""

from datetime import timedelta

from odoo_gateway.reader import Reader
from tasks.declaration import Audience, Cron, Delivery, Job, Listed, Rule, Shape
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.financial.wip_aging.findings import findings, unknown_lines
from tasks.financial.wip_aging.headline import headline
from tasks.financial.wip_aging.lines import judged
from tasks.financial.wip_aging.measures import FORMULAS, measures
from tasks.financial.wip_aging.policy import WipPolicy
from tasks.financial.wip_aging.rests_on import RESTS_ON
from tasks.financial.wip_aging.rows import row, totals
from tasks.financial.wip_aging.words import LABELS
from tasks.financial.wip_aging.work import Work, read_work
from tasks.reads.orders import CONFIRMED, SELLS, set_aside
from tasks.records.sales import Order, OrderLine


def read(odoo: Reader, as_of: AsOf, policy: WipPolicy) -> Work:
    """Confirmed service and expense lines, their drafts and their unbilled entries."""
    return read_work(odoo, as_of)


def judge(work: Work, as_of: AsOf, policy: WipPolicy) -> Report:
    """A row per line with WIP, advance billing or a draft; findings where somebody must act."""
    lines = judged(work, as_of.day, policy)
    sums = totals(lines, work)
    told, held = findings(lines, work, as_of, policy)
    return Report(
        rows=tuple(row(line, work, as_of.day) for line in lines if line.is_told),
        findings=told,
        totals=sums,
        measures=measures(lines, sums),
        not_verifiable=(*work.not_verifiable, *unknown_lines(lines)),
        set_aside=(*held, *set_aside(work.lines(), work.partners, work.links)),
    )


JOB = Job(
    name="wip_aging",
    title=Text("WIP aging"),
    owner="finance",
    cron=Cron("0 6 * * 1", window=timedelta(days=3)),
    audience=Audience.FINANCE,
    policy=WipPolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_LEAST_ONCE,
    shape=Shape.WEEKLY,
    headline=headline,
    held_as=Order.MODEL,
    formulas=FORMULAS,
    of_the_present=True,
    rests_on=RESTS_ON,
    lists=(
        Listed(
            OrderLine.MODEL,
            "sale_order_line_id",
            Text(
                "it has no work in progress, advance billing or draft, or sells no work: services "
                "and re-invoiced expenses are looked at"
            ),
            (
                Rule(Text("its order is confirmed"), CONFIRMED),
                Rule(Text("it sells something, and is not a heading or note"), SELLS),
            ),
        ),
        Listed(
            Order.MODEL,
            "sale_order_id",
            Text(
                "none of its lines that sell work, services and re-invoiced expenses, has work in "
                "progress, advance billing or a draft"
            ),
            (Rule(Text("it is confirmed"), CONFIRMED),),
        ),
    ),
    labels=LABELS,
    doc=__doc__,
)
