"""Tells ops what is away, and that it is there again; each once, by a way that is not away."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from tasks import catalogue
from tasks.declaration import Audience, Delivery
from workers.config.channel_kinds import in_odoo
from workers.config.targets import EMAIL
from workers.config.tenants import Tenant
from workers.ledger import outbox, scopes
from workers.ledger.database import Connection
from workers.ledger.outages import Outage
from workers.ledger.outbox import NewMessage
from workers.ledger.payloads import Ops, ToldOutage
from workers.ledger.scopes import Scope
from workers.messages.occasion import Occasion, message
from workers.wiring import Fleet

ODOO: Final = "odoo"
MAIL: Final = "mail"
WEBHOOK: Final = "webhook"
LEDGER: Final = "ledger"
BROKER: Final = "broker"
DOWN: Final = "outage"
BACK: Final = "return"


@dataclass(frozen=True)
class Waited:
    """How much waited for what was away."""

    runs: int = 0
    messages: int = 0
    #: Those that passed and are opened now.
    slots: int = 0


def down(fleet: Fleet, connection: Connection, outage: Outage) -> None:
    """Queue the news that something is away."""
    _queue(fleet, connection, outage, DOWN, _said(outage))


def back(fleet: Fleet, connection: Connection, outage: Outage, waited: Waited) -> None:
    """Queue the news that it is there again."""
    told = replace(_said(outage), until=fleet.clock().isoformat(), **vars(waited))
    _queue(fleet, connection, outage, BACK, told)


def take_back(connection: Connection, name: str, since: datetime, now: datetime) -> None:
    """Drop what was to be told of an outage and has not gone out: it is over."""
    outbox.drop_queued(
        connection, now, "it is over", step=DOWN, subject=name, period=_period(since)
    )


def _said(outage: Outage) -> ToldOutage:
    kind, _, place = outage.name.partition(" ")
    tenant, _, target = place.partition(" ")
    return ToldOutage(
        what=kind,
        tenant_name=tenant,
        target=target,
        since=outage.since.isoformat(),
        until=None,
        error_class=outage.error_class,
        error=outage.error,
    )


def _period(since: datetime) -> str:
    return since.isoformat(timespec="seconds")


def _queue(
    fleet: Fleet, connection: Connection, outage: Outage, step: str, told: ToldOutage
) -> None:
    for each in _messages(fleet, connection, outage, step, told):
        outbox.enqueue(connection, each, fleet.clock())


def _messages(
    fleet: Fleet, connection: Connection, outage: Outage, step: str, told: ToldOutage
) -> Iterator[NewMessage]:
    """One for each reader, however many tenants and companies they look after."""
    reached = set[tuple[str, str]]()
    for tenant in _concerned(fleet, told.tenant_name):
        for scope in _scopes(connection, tenant):
            occasion = _occasion(fleet, tenant, scope)
            for channel in _ways(occasion, outage, step):
                for reader in occasion.readers(Audience.OPS.value, channel):
                    way = (channel, reader if channel == EMAIL else f"{tenant.name} {reader}")
                    if way not in reached:
                        reached.add(way)
                        yield _message(occasion, outage, step, told, channel, reader)


def _concerned(fleet: Fleet, tenant: str) -> Sequence[Tenant]:
    every = fleet.settings.tenants
    return [every[tenant]] if tenant in every else [] if tenant else list(every.values())


def _scopes(connection: Connection, tenant: Tenant) -> Sequence[Scope]:
    """The tenant's companies; one in their place while no Odoo ever told of them."""
    known = scopes.of_tenant(connection, tenant.name)
    return known or [
        Scope(tenant.name, 0, tenant.name, ZoneInfo(tenant.settings.timezone or "UTC"))
    ]


def _occasion(fleet: Fleet, tenant: Tenant, scope: Scope) -> Occasion:
    now = fleet.clock()
    return Occasion(
        # Any job's: what is away is away for all of them.
        job=next(iter(catalogue.jobs().values())),
        tenant=tenant,
        scope=scope,
        slot=now,
        at=now,
        now=now,
        run_id=None,
        trace_id=uuid4().hex,
        mail_domain=fleet.mail.domain,
    )


def _ways(occasion: Occasion, outage: Outage, step: str) -> Sequence[str]:
    """Mail, and the webhooks of routes that name ops; but not the one that is away."""
    of_ops = [r for r in occasion.tenant.settings.routes if Audience.OPS in r.audiences]
    company = occasion.scope.company_id
    here = [route for route in of_ops if not route.companies or company in route.companies]
    ways = {EMAIL, *(channel for r in here for channel in r.channels)} - set(in_odoo())
    kind, _, place = outage.name.partition(" ")
    if step == DOWN and kind == MAIL:
        ways.discard(EMAIL)
    if step == DOWN and kind == WEBHOOK:
        ways.discard(place.rpartition(" ")[2])
    return sorted(ways)


def _message(
    occasion: Occasion,
    outage: Outage,
    step: str,
    told: ToldOutage,
    channel: str,
    reader: str,
) -> NewMessage:
    return message(
        occasion,
        Ops(**occasion.heading(reader), failures=(), outage=told),
        subject=outage.name,
        period=_period(outage.since),
        step=step,
        findings=(),
        channel=channel,
        guarantee=Delivery.AT_LEAST_ONCE,
    )
