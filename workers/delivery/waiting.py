"""Until when a queued message waits, and why: for the dispatcher and all who tell of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tasks import catalogue
from tasks.declaration import Delivery
from workers import instants, outages
from workers import notes as watching
from workers.ledger import marks, outbox, pauses, readers, runs
from workers.ledger import outages as standing_outages
from workers.ledger.database import Connection
from workers.ledger.outages import Outage
from workers.ledger.outbox import Message
from workers.ledger.pauses import Pause
from workers.ledger.payloads import PayloadRefused
from workers.ledger.statuses import UNDER_WAY, MessageStatus
from workers.messages.calm import DAYS_AHEAD, Calm
from workers.wiring import Fleet

QUEUE = "delivery"
NO_WORKER = f"no worker serves the queue {QUEUE}"


@dataclass(frozen=True)
class Wait:
    """From when on a message may go out, as far as is known now (UTC), and what it waits for."""

    until: datetime
    reasons: tuple[str, ...] = ()
    #: Whether it goes out to nobody as things stand.
    in_vain: bool = False

    @property
    def why(self) -> str:
        """All that it waits for; empty for what goes out now."""
        return "; ".join(self.reasons)


@dataclass(frozen=True)
class Hindrances:
    """What may have messages wait: pauses, what is away by its name, and whether anybody sends."""

    paused: Sequence[Pause]
    away: Mapping[str, Outage]
    served: bool
    #: Tenants of which runs are due, whose mails are gathered.
    busy: Collection[str] = ()


def hindrances(connection: Connection, now: datetime) -> Hindrances:
    """Those that stand."""
    workers = [mark for mark in marks.all(connection) if mark.kind == marks.WORKER]
    return Hindrances(
        paused=pauses.standing(connection, now),
        away=standing_outages.standing(connection),
        served=watching.serving(workers, now)[QUEUE] > 0,
        busy=runs.busy_tenants(connection, now),
    )


def wait_of(fleet: Fleet, message: Message, found: Hindrances, now: datetime) -> Wait:
    """Until when a message waits that is neither sent nor given up, and why."""
    at = max(now, message.next_attempt_at)
    never = _never(fleet, message) or _unreadable(message)
    if never:
        return Wait(at, (never,), in_vain=True)
    lease = message.lease_until
    if message.status in UNDER_WAY and lease is not None and lease > now:
        return Wait(now, ("a worker is sending it",))
    reasons = [_put_off(message, now)]
    to_ops = message.kind == "ops"
    if not to_ops and message.job in fleet.settings.tenant(message.tenant).settings.disabled_jobs:
        reasons.append("its job is disabled for this tenant, so it will be dropped")
    at, away = _while_away(message, found.away, at)
    reasons.append(away)
    until = pauses.paused_until(found.paused, message.place)
    if until is not None and until > at and not to_ops:
        at = until
        reasons.append(f"pause until {instants.written(until)}")
    # Where the night is over, it may be a day off, or enough for that day.
    for _ in range(DAYS_AHEAD):
        later, why = too_early(fleet, message, at)
        if later is None:
            break
        at = later
        reasons.append(why)
    window = timedelta(seconds=fleet.settings.environment.gather_seconds)
    until = outbox.gathered_until(message, found.busy, window)
    if until is not None and until > at:
        at = until
        reasons.append("gathered with what other runs find, at the latest then")
    if not found.served:
        reasons.append(NO_WORKER)
    return Wait(at, tuple(dict.fromkeys(filter(None, reasons))))


def too_early(fleet: Fleet, message: Message, now: datetime) -> tuple[datetime | None, str]:
    """From when on the reader may be written to, and why not at `now`; None and "" when then."""
    if message.goes_at_once:
        return None, ""
    tenant = fleet.settings.tenant(message.tenant)
    calm = Calm(tenant.settings.mail, ZoneInfo(message.payload.zone))
    to_role = message.kind != readers.PERSONAL
    at = calm.send_at(now, to_role=to_role)
    if at > now:
        days = _quiet_days(now, at, calm) if to_role else []
        return at, f"quiet on {' and '.join(days)}" if days else "quiet hours"
    if to_role:
        return None, ""
    with fleet.ledger.reading() as connection:
        sent = readers.mails_since(
            connection, message.tenant, message.recipient, calm.week_began(now)
        )
    again = calm.after_cap(sent, now)
    return again, "enough mails to this person for now" if again else ""


def _quiet_days(now: datetime, at: datetime, calm: Calm) -> Collection[str]:
    """The quiet days from `now` until `at`, of the reader, by name."""
    first = now.astimezone(calm.zone).date()
    days = (at.astimezone(calm.zone).date() - first).days
    names = [f"{first + timedelta(days=day):%A}" for day in range(days)]
    return list(dict.fromkeys(n for n in names if n.lower() in calm.settings.quiet_days))


def _never(fleet: Fleet, message: Message) -> str:
    """Why no worker takes it as things stand, however late it is."""
    if message.tenant in fleet.settings.unusable:
        return "its tenant's configuration cannot be used"
    tenant = fleet.settings.tenants.get(message.tenant)
    if tenant is None or message.job not in catalogue.jobs():
        return "nobody: tenant or job is gone"
    return ""


def _unreadable(message: Message) -> str:
    try:
        _ = message.payload
    except PayloadRefused as error:
        return f"{error}; it will be parked for a person"
    return ""


def _put_off(message: Message, now: datetime) -> str:
    """What the outbox remembers: its hour, what it failed for, or what it was put off for."""
    if message.status is MessageStatus.SENDING:
        what = "its worker vanished while it was sent, and it may have arrived"
        again = message.guarantee is not Delivery.AT_MOST_ONCE
        return f"{what}: {'it is sent again' if again else 'it will be parked for a person'}"
    if message.status is MessageStatus.CLAIMED:
        return "its worker vanished before it was sent: it is tried again"
    if message.next_attempt_at <= now and not message.waiting_since:
        return ""
    if message.error_class:
        return f"{message.error_class}: {message.error}"
    return message.error or "its hour"


def _while_away(message: Message, away: Mapping[str, Outage], at: datetime) -> tuple[datetime, str]:
    """From when on what the message needs is asked for again, where it is away."""
    needed = [outages.needed_by(message)]
    if message.kind == readers.PERSONAL:
        # It is re-checked first.
        needed.insert(0, outages.of_odoo(message.tenant))
    outage = next((away[name] for name in needed if name in away), None)
    if outage is None:
        return at, ""
    said = f"{outage.error_class}: {outage.error}"
    # What failed for it says so already.
    told = "" if message.waiting_since else f"{outage.name}, {outages.state(outage)}: {said}"
    return max(at, outage.next_probe), told
