"""What is away: noted once, asked by one of all who wait, and over for all at the same moment.

An Odoo, the mail server, a webhook. While an outage stands, runs and messages that need it wait
without being tried, and no attempt is used up. What cannot be noted in the ledger, that the ledger
or the broker is away, beat remembers and tells when it is over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

import structlog

from odoo_gateway.errors import OdooLoginRefused, OdooUnavailable
from tasks import catalogue
from workers import slots
from workers.config.channel_kinds import in_odoo
from workers.config.settings import Environment
from workers.config.targets import EMAIL
from workers.config.tenants import Tenant
from workers.errors import DeliveryClosed, DeliveryUnavailable
from workers.ledger import marks, outages, outbox, runs, scopes
from workers.ledger.database import Connection
from workers.ledger.errors import LedgerError
from workers.ledger.outages import Outage
from workers.ledger.outbox import Message
from workers.messages import outage_news
from workers.messages.outage_news import BROKER, LEDGER, MAIL, ODOO, WEBHOOK, Waited
from workers.wiring import Fleet

__all__ = ["BROKER", "LEDGER", "MAIL"]

log = structlog.get_logger()

# A restart is not news; that we are let in no more is, at once.
TOLD_AFTER: Final = timedelta(minutes=10)
ODOO_ERRORS: Final = ("OdooUnavailable", "CircuitOpen", "OdooLoginRefused")
DELIVERY_ERRORS: Final = ("DeliveryUnavailable", "DeliveryClosed")
CLOSED: Final = (OdooLoginRefused.__name__, DeliveryClosed.__name__)
# What waits by itself is tried again after this share of the time that it has waited.
SHARE: Final = 24


def of_odoo(tenant: str) -> str:
    """The name of a tenant's Odoo."""
    return f"{ODOO} {tenant}"


def of_target(tenant: str, channel: str) -> str:
    """The name of a tenant's webhook or chat."""
    return f"{WEBHOOK} {tenant} {channel}"


def state(outage: Outage) -> str:
    """How it is: away, or there and letting us in no more."""
    return "refuses us" if outage.error_class in CLOSED else "away"


def needed_by(message: Message) -> str:
    """The name of what takes this message."""
    if message.channel == EMAIL:
        return MAIL
    if message.channel in in_odoo():
        return of_odoo(message.tenant)
    return of_target(message.tenant, message.channel)


def standing(fleet: Fleet, name: str) -> Outage | None:
    """The outage that stands of something."""
    with fleet.ledger.reading() as connection:
        return outages.standing(connection).get(name)


def suspect(fleet: Fleet, tenant: Tenant, error: Exception) -> Outage | None:
    """What stands in the way of all calls to an Odoo in which one has failed so; None if nothing.

    One small question decides: where it is answered, the failure was that of the one call.
    """
    name = of_odoo(tenant.name)
    outage = standing(fleet, name)
    if outage is not None:
        return outage
    try:
        fleet.probe(tenant)
    except (OdooUnavailable, OdooLoginRefused) as away:
        return begin(fleet, name, away)
    return None


def begin(fleet: Fleet, name: str, error: Exception) -> Outage:
    """Note that something is away, or still is; the outage as it stands now."""
    now = fleet.clock()
    wait = timedelta(seconds=getattr(error, "retry_after", None) or 0)
    with fleet.ledger.transaction() as connection:
        stood = outages.standing(connection).get(name)
        since = stood.since if stood else now
        outage = Outage(
            name,
            since,
            now + max(wait, probe_pause(fleet.settings.environment, since, now, name)),
            type(error).__name__,
            str(error),
            stood.told if stood else False,
        )
        if not outages.begin(connection, outage):
            outages.note(connection, outage)
    if stood is None:
        log.error("outage.began", name=name, message=str(error))
    return outage


def may_try(fleet: Fleet, name: str) -> Outage | None:
    """None for who may try it now: whoever, or while it is away the one who probes it."""
    outage = standing(fleet, name)
    is_asked_by_its_messages = name.startswith(WEBHOOK)
    if outage is None or (is_asked_by_its_messages and _take_probe(fleet, outage)):
        return None
    return outage


def answered(fleet: Fleet, name: str) -> None:
    """Something took a message: if it was away, that is over."""
    if standing(fleet, name) is not None:
        end(fleet, name)


def look_again(fleet: Fleet, ask: Callable[[str], None]) -> Sequence[str]:
    """Have what is away and due asked for again, each by one of all who look; returns what is."""
    with fleet.ledger.reading() as connection:
        away = [o for o in outages.standing(connection).values() if not o.name.startswith(WEBHOOK)]
    due = [outage.name for outage in away if _take_probe(fleet, outage)]
    for name in due:
        ask(name)
    return due


def probe(fleet: Fleet, name: str) -> bool:
    """Ask for an Odoo or the mail server that is away; whether it answers again."""
    try:
        if name == MAIL:
            fleet.mail.probe()
        else:
            tenant = fleet.settings.tenants.get(name.removeprefix(f"{ODOO} "))
            # Nothing waits for a tenant that is gone.
            if tenant is not None:
                fleet.probe(tenant)
    except (OdooUnavailable, OdooLoginRefused, DeliveryUnavailable) as error:
        begin(fleet, name, error)
        return False
    end(fleet, name)
    return True


def end(fleet: Fleet, name: str) -> None:
    """It answers: whoever waits is due at once, and ops are told if they were told before."""
    now = fleet.clock()
    with fleet.ledger.transaction() as connection:
        outage = outages.end(connection, name)
        if outage is None:
            return
        waited = _wake(connection, name, now)
        outage_news.take_back(connection, name, outage.since, now)
        if outage.told or now - outage.since >= TOLD_AFTER:
            outage_news.back(fleet, connection, outage, waited)
    seconds = (now - outage.since).total_seconds()
    log.info("outage.ended", name=name, seconds=seconds, runs=waited.runs, messages=waited.messages)


def forget(fleet: Fleet, names: Sequence[str]) -> None:
    """Take outages for over and tell nobody: the ledger was restored, and they are of its past.

    What is away still is found so anew by whoever needs it.
    """
    with fleet.ledger.transaction() as connection:
        for name in names:
            outages.end(connection, name)
            _wake(connection, name, fleet.clock())


def tell(fleet: Fleet) -> int:
    """Tell ops of what has been away for a while, once; returns of how many outages."""
    now = fleet.clock()
    with fleet.ledger.reading() as connection:
        found = [o for o in outages.standing(connection).values() if not o.told]
    news = [o for o in found if o.error_class in CLOSED or now - o.since >= TOLD_AFTER]
    for outage in news:
        with fleet.ledger.transaction() as connection:
            outage_news.down(fleet, connection, outage)
            outages.note(connection, replace(outage, told=True))
    return len(news)


def was_away(fleet: Fleet, name: str, since: datetime, error: str) -> bool:
    """Tell ops that ledger or broker, away since then, are back; whether that was ours to do.

    What cannot be told while it lasts is told by the first beat that finds it over.
    """
    now = fleet.clock()
    if now - since < TOLD_AFTER:
        return False
    with fleet.ledger.transaction() as connection:
        if not marks.renew(connection, marks.RETURN, name, now, since):
            return False
        outage = Outage(name, since, now, "", error)
        waited = Waited(slots=_passed(fleet, connection, since, now))
        outage_news.back(fleet, connection, outage, waited)
    log.info("outage.ended", name=name, seconds=(now - since).total_seconds())
    return True


@dataclass
class Remembered:
    """Since when one process has seen something away that it cannot note meanwhile."""

    name: str
    since: datetime | None = None
    error: str = ""

    def failed(self, asked_at: datetime, error: Exception) -> None:
        """It did not answer what it was asked then; to find that out may have taken a while."""
        if self.since is None:
            self.since, self.error = asked_at, str(error)

    def answered(self, fleet: Fleet) -> None:
        """It did. If that is news, ops are told, as soon as the ledger takes it."""
        if self.since is None:
            return
        try:
            was_away(fleet, self.name, self.since, self.error)
        except LedgerError as error:
            log.warning("return.untold", name=self.name, error=str(error))
        else:
            self.since = None


def probe_pause(environment: Environment, since: datetime, now: datetime, key: str) -> timedelta:
    """Until what has been away so long is asked again: as long again, within limits."""
    return _between(environment.retry_seconds, now - since, environment.probe_max_seconds, key)


def own_pause(environment: Environment, since: datetime, now: datetime, key: str) -> timedelta:
    """Until something that has waited so long, by itself, is tried again."""
    share = (now - since) / SHARE
    return _between(environment.retry_seconds, share, environment.retry_max_seconds, key)


def _between(least: float, lasted: timedelta, most: float, key: str) -> timedelta:
    """Up to a fifth less, by the key, so that not all come back at the same moment."""
    seconds = min(max(least, lasted.total_seconds()), most)
    return timedelta(seconds=seconds * (1 - crc32(key.encode()) / 2**32 / 5))


def _take_probe(fleet: Fleet, outage: Outage) -> bool:
    now = fleet.clock()
    if outage.next_probe > now:
        return False
    later = now + probe_pause(fleet.settings.environment, outage.since, now, outage.name)
    with fleet.ledger.transaction() as connection:
        return outages.take_probe(connection, outage.name, now, later)


def _wake(connection: Connection, name: str, now: datetime) -> Waited:
    kind, _, place = name.partition(" ")
    held: Sequence[runs.Run] = ()
    if kind == ODOO:
        held = runs.waiting_for(connection, place, ODOO_ERRORS)
        runs.wake(connection, [run.id for run in held], now)
        errors = (*ODOO_ERRORS, *DELIVERY_ERRORS)
        kept = outbox.waiting_for(connection, place, errors, EMAIL, *in_odoo())
        kept = [m for m in kept if m.channel != EMAIL or m.error_class in ODOO_ERRORS]
    elif kind == WEBHOOK:
        tenant, channel = place.split(" ")
        kept = outbox.waiting_for(connection, tenant, DELIVERY_ERRORS, channel)
    else:
        kept = outbox.waiting_for(connection, None, DELIVERY_ERRORS, EMAIL)
    outbox.wake(connection, [message.id for message in kept], now)
    return Waited(len(held), len(kept))


def _passed(fleet: Fleet, connection: Connection, since: datetime, now: datetime) -> int:
    """How many slots of all jobs and companies have passed meanwhile."""
    known = scopes.by_tenant(connection)
    return sum(
        sum(1 for _ in slots.slots(tenant.crontab(job), scope.zone, since, now))
        for tenant in fleet.settings.tenants.values()
        for scope in known[tenant.name]
        for job in catalogue.jobs().values()
        if job.name not in tenant.settings.disabled_jobs
    )
