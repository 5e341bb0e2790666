"""Tells finance which orders can be invoiced, which are blocked, by whom and at what cost.

Why: work that is delivered but not invoiced is money lent to the customer for nothing.

Remedy: invoice what is ready; who owns a failed check is told of it, and does its next step.
"""

from datetime import timedelta
from typing import Final

from odoo_gateway.reader import Reader
from tasks.declaration import SIGNED, Audience, Cron, Delivery, Job, Listed, Rule, Wake
from tasks.domain.findings import NotVerifiable, Report
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.domain.withheld import STATUS
from tasks.financial.invoice_readiness.findings import aside, finding
from tasks.financial.invoice_readiness.gaps import GAP, findings_of
from tasks.financial.invoice_readiness.measures import FORMULAS, measures
from tasks.financial.invoice_readiness.policy import ReadinessPolicy
from tasks.financial.invoice_readiness.readiness import judged
from tasks.financial.invoice_readiness.rests_on import RESTS_ON
from tasks.financial.invoice_readiness.rows import row, totals
from tasks.financial.invoice_readiness.snapshot import Snapshot
from tasks.financial.invoice_readiness.waiting import read_latencies, waiting_since
from tasks.financial.invoice_readiness.words import LABELS
from tasks.reads import unbilled
from tasks.reads.drafts import with_invoices
from tasks.reads.invoicing.evidence import SoldTask
from tasks.reads.invoicing.facts import read_customers, read_facts
from tasks.reads.invoicing.rules import not_verifiable
from tasks.reads.orders import CONFIRMED, SoldOrder, read_orders, set_aside
from tasks.reads.owners import read_people, view_from
from tasks.records.sales import Milestone, Order


def read(odoo: Reader, as_of: AsOf, policy: ReadinessPolicy) -> Snapshot:
    """The orders with something to bill and, in one call per model, what their checks need."""
    confirmed = with_invoices(odoo, read_orders(odoo))
    orders = [order for order in confirmed if _concerns_finance(order)]
    others = [order for order in confirmed if not _concerns_finance(order) and _has_gap(order)]
    partners = read_customers(odoo, [*orders, *others])
    milestones = unbilled.milestones(odoo, orders)
    facts = read_facts(odoo, orders, partners, milestones, policy)
    since = waiting_since(odoo, orders, milestones, as_of)
    days = [*since.values(), *(day for each in facts.values() for day in each.days)]
    owners = {owner.user_id for each in facts.values() for owner in each.owners}
    return Snapshot(
        orders=orders,
        facts=facts,
        waiting_since=since,
        people=read_people(odoo, owners, view_from(min(days, default=as_of.day), as_of)),
        customers={partner.id: partner.display_name for partner in partners.values()},
        others=others,
        links={
            order.order.id: odoo.session.link(Order.MODEL, order.order.id)
            for order in [*orders, *others]
        },
        unreadable=odoo.unreadable(Order.MODEL),
        latencies=read_latencies(odoo, as_of.day),
        not_verifiable=unbilled.unknown_hours(odoo),
    )


def _concerns_finance(order: SoldOrder) -> bool:
    """Something is to be billed, or Odoo says so and nobody can say why."""
    return any(
        sold.sold.amount != 0
        or sold.sold.unpriced
        or sold.line.untaxed_amount_to_invoice != sold.gap.amount
        for sold in order.lines
    )


def _has_gap(order: SoldOrder) -> bool:
    return any(sold.gap.amount for sold in order.lines)


def judge(snapshot: Snapshot, as_of: AsOf, policy: ReadinessPolicy) -> Report:
    """A row per order, a finding per order that finance or its owner must act on."""
    every = [judged(order, snapshot, as_of, policy) for order in snapshot.orders]
    told = [readiness for readiness in every if readiness.status in ("ready", "blocked")]
    quiet = [r for r in every if r.status in ("held", "excluded", STATUS)]
    orders = [*snapshot.orders, *snapshot.others]
    lines = [(order, line) for order in orders for line in order.lines]
    return Report(
        rows=tuple(row(readiness, as_of.day) for readiness in every),
        findings=(
            *(finding(readiness, snapshot, as_of.day) for readiness in told),
            *findings_of(every, snapshot.people, as_of),
        ),
        totals=totals(every, orders),
        measures=measures(every, snapshot, as_of),
        not_verifiable=(
            *snapshot.not_verifiable,
            *not_verifiable(
                (check for readiness in every for check in readiness.checks),
                snapshot.facts.values(),
            ),
        ),
        set_aside=(
            *(aside(readiness, snapshot) for readiness in quiet),
            *set_aside(lines, snapshot.customers, snapshot.links),
        ),
    )


NO_HISTORY: Final = NotVerifiable(
    check=Text("readiness of a day that is over"),
    reason=Text(
        "Odoo keeps no history of what most checks look at: approvals, addresses, expenses, "
        "tickets, drafts and quantities typed by hand"
    ),
    remedy=Text(
        "`fleet run wip_aging --as-of` tells what was not invoiced then; `fleet cases` and "
        "`fleet kpi` what the fleet saw"
    ),
)

JOB = Job(
    name="invoice_readiness",
    title=Text("Invoice readiness"),
    owner="finance",
    cron=Cron("0 6 * * 1-5", window=timedelta(days=3)),
    audience=Audience.FINANCE,
    policy=ReadinessPolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_LEAST_ONCE,
    held_as=Order.MODEL,
    to_persons=(GAP,),
    formulas=FORMULAS,
    of_the_present=True,
    no_history=NO_HISTORY,
    rests_on=RESTS_ON,
    lists=(
        Listed(
            Order.MODEL,
            "sale_order_id",
            Text(
                "nothing of it is to be billed: nothing is delivered, due or in a draft that is "
                "not invoiced, and Odoo says so too"
            ),
            (Rule(Text("it is confirmed"), CONFIRMED),),
        ),
    ),
    labels=LABELS,
    demo={None: ReadinessPolicy(wait_for_morning=False)},
    wakes=(
        Wake(f"{Order.MODEL}.{SIGNED}", Order.MODEL),
        Wake(f"{SoldTask.MODEL}.{SIGNED}", SoldTask.MODEL),
        Wake(f"{Milestone.MODEL}.{SIGNED}", Milestone.MODEL),
    ),
    doc=__doc__,
)
