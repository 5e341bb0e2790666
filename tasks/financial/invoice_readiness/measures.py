"""The measures of the job, each with its formula."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from statistics import median
from typing import Final

from tasks.domain.findings import Formula, Measure, Panel
from tasks.domain.periods import AsOf
from tasks.financial.invoice_readiness.holding_up import held_up
from tasks.financial.invoice_readiness.readiness import STATUSES, Readiness
from tasks.financial.invoice_readiness.snapshot import Snapshot
from tasks.financial.invoice_readiness.words import AS_FAR_AS_VERIFIABLE

BILLERS: Final = ("finance", "accounts", "executive")

AMOUNT: Final = Formula(
    "readiness_amount",
    "untaxed amount delivered or due and not invoiced, by status",
    panels=(
        Panel("Ready to invoice", ("currency",), {"status": ("ready",)}, now=True, boards=BILLERS),
        Panel(
            "Blocked",
            ("currency",),
            {"status": ("blocked",)},
            now=True,
            boards=(*BILLERS, "delivery"),
        ),
        Panel("On hold", ("currency",), {"status": ("held",)}, now=True, boards=("accounts",)),
        Panel("Amounts by status", ("status", "currency")),
    ),
)
NOT_VERIFIED: Final = Formula(
    "readiness_not_verified_amount",
    "of readiness_amount with the status ready: orders of which a check could not be made",
    panels=(Panel("Of what is ready: not all checks could be made", ("currency",)),),
)
ORDERS: Final = Formula(
    "readiness_orders",
    "orders with such an amount, by status",
    panels=(
        Panel("Orders blocked", where={"status": ("blocked",)}, now=True, boards=("delivery",)),
        Panel("Orders by status", ("status",), boards=("finance", "accounts")),
    ),
)
LATENCY: Final = Formula(
    "invoice_latency_days",
    "median of days from the last hour billed to the invoice, posted within 90 days and not "
    "reversed (APQC 100558)",
    version=2,
    panels=(Panel("Invoice latency, median", boards=BILLERS),),
)
RELEASE: Final = Formula(
    "invoice_release_days",
    "median of days from when the fleet saw an order ready until nothing of it was left to "
    "invoice, of the last 90 days",
    panels=(Panel("Invoice release, median", boards=BILLERS),),
)
HELD_UP_AMOUNT: Final = Formula(
    "readiness_held_up_amount",
    "of readiness_amount with the status blocked, by the owner of a failed check; an order that "
    "waits for several counts for each",
    panels=(Panel("Held up, by owner", ("owner", "currency"), now=True, boards=BILLERS),),
)
HELD_UP_ORDERS: Final = Formula(
    "readiness_held_up_orders",
    "blocked orders by the owner of a failed check and by currency; one that waits for several "
    "counts for each",
    panels=(Panel("Orders held up, by owner", ("owner", "currency"), boards=("finance",)),),
)
FORMULAS: Final = (
    *(AMOUNT, NOT_VERIFIED, ORDERS),
    *(HELD_UP_AMOUNT, HELD_UP_ORDERS),
    *(LATENCY, RELEASE),
)


def measures(judged: Sequence[Readiness], snapshot: Snapshot, as_of: AsOf) -> tuple[Measure, ...]:
    """What is in which state, and how long invoices take."""
    return (*_states(judged), *_held_up(judged), *_latency(snapshot), *_release(judged, as_of))


def _states(judged: Sequence[Readiness]) -> Iterator[Measure]:
    amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    partly: dict[str, Decimal] = defaultdict(Decimal)
    counts: Counter[str] = Counter()
    for readiness in judged:
        amounts[readiness.status, readiness.order.currency.code] += readiness.amount
        unknown = readiness.verdict == AS_FAR_AS_VERIFIABLE
        partly[readiness.order.currency.code] += readiness.amount if unknown else 0
        counts[readiness.status] += 1
    for (status, currency), amount in sorted(amounts.items()):
        yield AMOUNT.measured(float(amount), {"status": status, "currency": currency})
    for currency, amount in sorted(partly.items()):
        yield NOT_VERIFIED.measured(float(amount), {"currency": currency})
    for status in STATUSES:
        yield ORDERS.measured(counts[status], {"status": status})


def _held_up(judged: Sequence[Readiness]) -> Iterator[Measure]:
    for each in held_up(judged):
        labels = {"owner": str(each.owner.name), "currency": each.currency.code}
        yield HELD_UP_AMOUNT.measured(float(each.amount), labels)
        yield HELD_UP_ORDERS.measured(each.orders, labels)


def _latency(snapshot: Snapshot) -> Iterator[Measure]:
    if snapshot.latencies:
        yield LATENCY.measured(float(median(snapshot.latencies)))


def _release(judged: Sequence[Readiness], as_of: AsOf) -> Iterator[Measure]:
    """A case that closed because the order is blocked or held again was not released."""
    not_ready = {
        readiness.order.order.id: readiness.status
        for readiness in judged
        if readiness.status in ("blocked", "held")
    }
    ready = ("ready", AS_FAR_AS_VERIFIABLE)
    closed = [case for case in as_of.closed if case.finding.kind in ready]
    days = [
        (case.closed_on - case.opened_on).days
        for case in closed
        if case.finding.record_id not in not_ready
    ]
    excluded = Counter(
        not_ready[case.finding.record_id] for case in closed if case.finding.record_id in not_ready
    )
    if days:
        yield RELEASE.measured(float(median(days)), excluded=excluded)
