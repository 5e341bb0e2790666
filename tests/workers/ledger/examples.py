"""Times, runs, messages and findings that the ledger's tests start from."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tasks.declaration import Delivery
from tasks.domain.cases import Change, ChangeKind, Reconciliation
from tasks.domain.findings import Finding, Recipient, Severity
from tasks.domain.texts import Text
from tests.fakes.sections import PERSON
from workers.ledger import outbox, payloads, runs
from workers.ledger.database import Connection
from workers.ledger.outbox import Message, NewMessage
from workers.ledger.places import Place
from workers.ledger.runs import Claim

NOW = datetime(2026, 11, 20, 9, 30, 15, 123456, tzinfo=UTC)
TODAY = date(2026, 11, 20)
SLOT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEASE = timedelta(minutes=5)
MANY = 1000
PLACE = Place("wip_aging", "acme", 1)

FINDING = Finding(
    key="order-17",
    severity=Severity.WARNING,
    title=Text("WIP of 95 days"),
    reason=Text("Nobody invoiced it."),
    remedy=Text("Invoice it or write it off."),
    owner="Ann Example",
    model="sale.order",
    record_id=17,
    url="https://odoo.example.com/odoo/sales/17",
    since=date(2026, 8, 17),
    amount=Decimal("1200.50"),
    currency="EUR",
    period="2026-11-09/2026-11-15",
    recipient=Recipient("ann@example.com", "Ann", NOW + timedelta(hours=6)),
)

MESSAGE = NewMessage(
    job="wip_aging",
    tenant="acme",
    company_id=1,
    subject="order-17",
    period="2026-11-09/2026-11-15",
    recipient="ann@example.com",
    step="opened",
    channel="email",
    guarantee=Delivery.AT_MOST_ONCE,
    payload=payloads.read(PERSON),
    finding_keys=("order-17",),
    message_id="<1f3a@fleet.example.com>",
    trace_id="trace-1",
)


def open_run(
    connection: Connection,
    slot: datetime = SLOT,
    *,
    job: str = PLACE.job,
    tenant: str = PLACE.tenant,
    company_id: int = PLACE.company_id,
    now: datetime = NOW,
) -> int:
    """The id of a new run that is due at `now`."""
    run_id = runs.open_slot(connection, Place(job, tenant, company_id), slot, now, "trace-1")
    assert run_id is not None
    return run_id


def open_runs(connection: Connection, count: int, tenant: str = PLACE.tenant) -> list[int]:
    """The ids of new runs in one slot, one per company."""
    companies = range(1, count + 1)
    return [open_run(connection, tenant=tenant, company_id=company) for company in companies]


def claim_run(
    connection: Connection,
    run_id: int,
    now: datetime = NOW,
    *,
    tenant_limit: int = MANY,
    max_attempts: int = 5,
) -> Claim | None:
    """Claim for LEASE."""
    return runs.claim(connection, run_id, now, LEASE, tenant_limit, max_attempts)


def claimed_run(connection: Connection, now: datetime = NOW) -> Claim:
    """A new run, claimed."""
    claim = claim_run(connection, open_run(connection, now=now), now)
    assert claim is not None
    return claim


def enqueue(connection: Connection, now: datetime = NOW, **changes: Any) -> int:
    """The id of MESSAGE, changed, in the outbox."""
    message_id = outbox.enqueue(connection, replace(MESSAGE, **changes), now)
    assert message_id is not None
    return message_id


def claim_messages(
    connection: Connection, now: datetime = NOW, limit: int = 10
) -> tuple[Message, ...]:
    """Claim for LEASE."""
    return outbox.claim(connection, now, LEASE, limit, max_attempts=8)


def claimed_message(connection: Connection, now: datetime = NOW, **changes: Any) -> Message:
    """MESSAGE, changed, in the outbox and claimed."""
    enqueue(connection, now, **changes)
    (message,) = claim_messages(connection, now)
    return message


def change(kind: ChangeKind, finding: Finding = FINDING) -> Change:
    """A change of a case."""
    return Change(kind, finding, str(kind))


def changes(*kinds: ChangeKind, finding: Finding = FINDING) -> Reconciliation:
    """A reconciliation of these changes of one case."""
    return Reconciliation(tuple(change(kind, finding) for kind in kinds), ())
