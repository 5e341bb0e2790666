"""What one run of the job looks at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tasks.domain.findings import NotVerifiable
from tasks.reads.invoicing.facts import Facts
from tasks.reads.orders import SoldOrder
from tasks.reads.owners import People


@dataclass(frozen=True)
class Snapshot:
    """The orders with something to bill, and the facts that their checks need."""

    orders: Sequence[SoldOrder]
    facts: Mapping[int, Facts]
    waiting_since: Mapping[int, date]
    customers: Mapping[int, str]
    #: Of which only Odoo's own figure has something to bill.
    others: Sequence[SoldOrder]
    #: By id of the order.
    links: Mapping[int, str]
    unreadable: frozenset[int]
    #: Those who may have to do something, and their managers.
    people: People
    #: Days from the last hour to the invoice that bills it, of lately posted invoices.
    latencies: Sequence[int] | None = None
    not_verifiable: tuple[NotVerifiable, ...] = ()
