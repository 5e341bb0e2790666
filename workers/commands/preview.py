"""Mails before and after: what would be sent now, and what was sent, rebuilt from its inputs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from html import escape
from itertools import groupby
from pathlib import Path

from odoo_gateway.errors import ConfigurationError
from odoo_gateway.transport import Transport
from tasks.domain.cases import reconcile
from workers import instants, looking, runner
from workers.commands.by_hand import Order, ScopeResult
from workers.config import settings
from workers.config.tenants import Tenant
from workers.delivery import waiting
from workers.errors import DeliveryRefused
from workers.ledger import audit, outbox, payloads, runs
from workers.ledger.outbox import Message, NewMessage
from workers.ledger.places import Place
from workers.ledger.statuses import MessageStatus
from workers.looking import Lookout
from workers.mail import writing
from workers.messages.announce import Announcement, announce
from workers.messages.occasion import occasion_of
from workers.smtp import Sealed
from workers.wiring import Fleet, utc_now

CSS = "body{font:16px/1.6 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}"


@dataclass(frozen=True)
class WouldSend:
    """What a run now would say."""

    #: Each as the messages that it carries.
    mails: Sequence[Sequence[Message]]
    #: Messages by other channels.
    elsewhere: int
    #: Who is not told, and why.
    silent: Sequence[str]
    #: What has the job or a message wait; without a ledger only that the job is disabled.
    waits: Sequence[str]
    #: Whether no run succeeded here before, or no ledger tells.
    first: bool


@dataclass(frozen=True)
class Replayed:
    """A sent mail, rebuilt; `same` is None where no digest of it was kept."""

    mail: EmailMessage
    same: bool | None


def sandbox_fleet(folder: Path) -> Fleet:
    """A fleet on the made-up firm, for previews that need no Odoo; wants the extra `demo`."""
    from odoo_gateway.sandbox import Sandbox
    from workers.demo import stage

    today = utc_now().date()

    def connect(tenant: Tenant) -> Transport:
        return Sandbox(today)

    ports = dict.fromkeys(stage.PORTS, 9)
    return Fleet(settings.load(stage.environment(folder, ports)), connect_odoo=connect)


def would_send(
    fleet: Fleet, order: Order, results: Sequence[ScopeResult], language: str = ""
) -> WouldSend:
    """What a run now would say, after all that the ledger remembers; as a first run without one.

    What waits in the outbox already is not part of it. Sends and records nothing.
    """
    said = [_announced(fleet, order, result) for result in results]
    found = [message for announcement, _ in said for message in announcement.messages]
    now = fleet.clock()
    numbered = [_queued(number, new, language, now) for number, new in enumerate(found, 1)]
    mails = sorted((m for m in numbered if m.channel == "email"), key=_reader)
    return WouldSend(
        mails=[writing.stamped(list(group), now) for _, group in groupby(mails, key=_reader)],
        elsewhere=len(numbered) - len(mails),
        silent=list(dict.fromkeys(_untold(results, [found for found, _ in said]))),
        waits=list(dict.fromkeys(_waits(fleet, order, results, numbered))),
        first=all(first for _, first in said),
    )


def replay(fleet: Fleet, message_id: int) -> Replayed:
    """Rebuild the mail that carried a message. Raises ConfigurationError when none did."""
    with fleet.ledger.reading() as connection:
        found = outbox.find(connection, 1, MessageStatus.SENT, id=message_id)
        if not found or found[0].channel != "email" or found[0].sent_in is None:
            raise ConfigurationError(f"message {message_id} was not sent by mail")
        mailed = outbox.find(connection, 100, MessageStatus.SENT, sent_in=found[0].sent_in)
        noted = audit.entries(connection, 1, message_id=message_id, event="message.sent")
    mail = writing.written(fleet, sorted(mailed, key=lambda message: message.id))
    digest = noted[0].detail.get("sha256") if noted else None
    return Replayed(mail, None if digest is None else digest == Sealed.of(mail).digest)


def save(
    fleet: Fleet, mails: Sequence[Sequence[Message]], folder: Path
) -> tuple[Sequence[Path], Sequence[str]]:
    """Each mail as .eml, .html, .txt and its tables, and an index of them.

    Returns the .eml, and why others cannot be written, which would be parked.
    """
    folder.mkdir(parents=True, exist_ok=True)
    saved: list[Path] = []
    refused: list[str] = []
    lines: list[str] = []
    for number, mailed in enumerate(mails, 1):
        try:
            content, written = writing.rendered(fleet, mailed), writing.written(fleet, mailed)
        except DeliveryRefused as error:
            refused.append(f"the mail to {mailed[0].recipient!r}: {error}")
            continue
        name = f"{number:02}-{_file_name(mailed[0].recipient)}"
        saved.append(folder / f"{name}.eml")
        saved[-1].write_bytes(written.as_bytes())
        (folder / f"{name}.html").write_text(content.html, encoding="utf-8")
        (folder / f"{name}.txt").write_text(content.text, encoding="utf-8")
        for filename, text in content.attachments:
            (folder / f"{name}-{filename}").write_text(text, encoding="utf-8", newline="")
        lines.append(_index_line(name, mailed[0].recipient, content.subject))
    index = f"<!doctype html><meta charset=utf-8><style>{CSS}</style><ul>{''.join(lines)}</ul>"
    (folder / "index.html").write_text(index, encoding="utf-8")
    return saved, refused


def _file_name(recipient: str) -> str:
    """What is before the @, of characters that every file system and address of a page takes."""
    return re.sub(r"[^A-Za-z0-9.+_-]", "_", recipient.partition("@")[0]).strip(".")


def _index_line(name: str, reader: str, subject: str) -> str:
    links = " ".join(f'<a href="{name}.{kind}">{kind}</a>' for kind in ("html", "txt", "eml"))
    return f"<li><b>{escape(subject)}</b><br>{escape(reader)} · {links}</li>"


def _announced(fleet: Fleet, order: Order, result: ScopeResult) -> tuple[Announcement, bool]:
    """What a run in one company would announce, and whether it would be its first."""
    if result.scope is None or result.seen is None:
        return Announcement(()), True
    seen, report = result.seen, result.seen.report
    occasion = occasion_of(
        Lookout(order.job, order.tenant, result.scope),
        seen,
        slot=seen.moment.instant,
        run_id=None,
        trace_id="preview",
        mail_domain=fleet.mail.domain,
    )
    moment = seen.moment
    changes = reconcile(
        report.findings, seen.known, moment.day, seen.left_alone, moment.acts
    ).changes
    if not looking.remembers(fleet):
        return announce(occasion, changes, report, first=True), True
    with fleet.ledger.reading() as connection:
        past = runs.past(connection, occasion.place)
        told = runner.announced(connection, occasion, changes, report, past)
    return told, not past.succeeded


def _untold(results: Sequence[ScopeResult], said: Sequence[Announcement]) -> Iterator[str]:
    for result, found in zip(results, said, strict=True):
        for why in (*found.silent, *found.untold):
            yield f"{result.scope.name}: {why}" if result.scope else why


def _waits(
    fleet: Fleet, order: Order, results: Sequence[ScopeResult], found: Sequence[Message]
) -> Iterator[str]:
    job, tenant, now = order.job.name, order.tenant, fleet.clock()
    if job in tenant.settings.disabled_jobs:
        yield f"{job} is in disabled_jobs of the tenant {tenant.name}: it runs by hand only"
    if not looking.remembers(fleet):
        return
    with fleet.ledger.reading() as connection:
        # Whether a worker runs here and now says nothing of the mails.
        hindered = replace(waiting.hindrances(connection, now), served=True)
    for scope in (result.scope for result in results if result.scope):
        for pause in hindered.paused:
            if Place(job, tenant.name, scope.company_id) in pause.places:
                yield (
                    f"{scope.name}: paused until {instants.written(pause.until)} by "
                    f"{pause.person}: {pause.reason}; `fleet resume pause-{pause.id}` ends it"
                )
    for message in found:
        wait = waiting.wait_of(fleet, message, hindered, now)
        if wait.until > now:
            when = instants.written(wait.until)
            yield f"{message.channel} to {message.recipient}: {when} ({wait.why})"


def _queued(number: int, new: NewMessage, language: str, now: datetime) -> Message:
    values = dict(vars(new))
    del values["not_before"]
    payload = values.pop("payload")
    if language:
        payload = replace(payload, language=language)
    state: Mapping[str, object] = {
        "stored": payloads.written(payload),
        "status": MessageStatus.QUEUED,
        "attempts": 0,
        "token": None,
        "lease_until": None,
        "next_attempt_at": new.not_before or now,
        "error_class": None,
        "error": None,
        "created_at": now,
        "sent_at": None,
        "sent_in": None,
        "waiting_since": None,
    }
    return Message(id=number, **values, **state)  # type: ignore[arg-type]


def _reader(message: Message) -> tuple[str, str]:
    return message.recipient, message.guarantee.value
