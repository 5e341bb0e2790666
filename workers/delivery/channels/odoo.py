"""What both ways into Odoo share: what goes on which record, and the effects that it becomes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from odoo_gateway.errors import OdooError, OdooLoginRefused, OdooUnavailable
from tasks.domain.proposals import Mode
from tasks.domain.texts import Text, joined, named
from tasks.domain.told import AskedFinding, ToldFinding
from workers.config.effect_kinds import EffectKind
from workers.delivery.channels.channel import InOdoo
from workers.errors import (
    DeliveryClosed,
    DeliveryFailed,
    DeliveryRefused,
    DeliveryUnavailable,
    EffectError,
    EffectUnknown,
)
from workers.language.language import Language, language
from workers.ledger.effects import NewEffect
from workers.ledger.errors import LeaseLost
from workers.ledger.outbox import Message
from workers.ledger.payloads import Asking, Digest, Notice, Ops
from workers.ledger.statuses import EffectStatus

# How many titles one record of all that stands already lists.
LISTED: Final = 20
COMPANY: Final = "res.company"


@dataclass(frozen=True)
class Said:
    """What is written on one record, in its reader's words."""

    key: str
    model: str
    record_id: int
    title: str
    reason: str
    #: What to do, as the one who is told is asked for it, and the page where they do it.
    remedy: str
    page: str


def said_by(message: Message) -> Sequence[Said]:
    """What the message says of records.

    Raises DeliveryRefused when it is not about records. Of a digest its news alone: what stands on
    a record already is not written there again.
    """
    payload = message.payload
    if isinstance(payload, Ops | Notice | Asking):
        raise DeliveryRefused(
            f"a message of the kind {payload.template!r} is about no record in Odoo: "
            "route it to mail, a chat or a webhook"
        )
    reader = language(payload.language)
    if not isinstance(payload, Digest):
        return [_of(finding, reader) for finding in payload.findings]
    news = payload.news
    told = [*news.opened, *news.moved, *news.worsened, *news.returned]
    first = news.since is None if payload.first is None else payload.first
    if first and told:
        return [_first(payload, told, reader)]
    return [_of(finding, reader) for finding in told]


def _of(finding: ToldFinding, reader: Language) -> Said:
    remedy, page = finding.remedy, finding.url
    if isinstance(finding, AskedFinding):
        remedy, page = finding.advice or remedy, finding.page or page
    return Said(
        key=finding.key,
        model=finding.model,
        record_id=finding.record_id,
        title=reader.say(finding.title),
        reason=reader.say(finding.reason),
        remedy=reader.say(remedy),
        page=page,
    )


def _first(payload: Digest, told: Sequence[ToldFinding], reader: Language) -> Said:
    """All that a reader's first digest tells, said once of the company: not a flood."""
    titles = [finding.title for finding in told]
    beyond = len(titles) - LISTED
    more = [Text("and {count} more", count=beyond)] if beyond > 0 else []
    title = Text("{title}, what stands already: {count}", title=payload.title, count=len(titles))
    return Said(
        # Where several were queued before one went out, each is a record of its own.
        key=f"first digest of {payload.at}",
        model=COMPANY,
        record_id=payload.company_id,
        title=reader.say(title),
        reason=reader.say(joined([*titles[:LISTED], *more], "; ")),
        remedy=reader.say(Text("From now on, what is new or worse is told on its own record.")),
        page="",
    )


def html(said: Said) -> str:
    """What is wrong with the record and what to do; every name is escaped."""
    lines = Markup("<p>{}</p><p>{}</p>").format(said.reason, said.remedy)
    link = Markup('<p><a href="{0}">{0}</a></p>').format(said.page) if said.page else Markup("")
    return str(lines + link)


def identity(message: Message, said: Said) -> tuple[object, ...]:
    """What makes a finding at a step the same one, whichever message tells of it."""
    return (message.tenant, message.company_id, message.job, said.key, message.step)


def carry_out(
    odoo: InOdoo,
    message: Message,
    kind: EffectKind,
    told: Iterable[tuple[Said, Mapping[str, Any]]],
    about_to_send: Callable[[], None],
) -> None:
    """Have each written as an effect of the kind, with these values; their `key` tells them apart.

    Raises as Channel.send, but an unanswered write is DeliveryFailed: it is looked for first.
    """
    going = _Once(about_to_send)
    for said, given in told:
        values = kind.values.model_validate(given)
        new = NewEffect(
            message.place,
            kind.name,
            said.model,
            said.record_id,
            given["key"],
            values.model_dump(mode="json"),
            named(said.title),
            kind.preview(values),
            Mode.AUTOMATIC,
            EffectStatus.READY,
            None,
            "",
            "",
            message.run_id,
            message.trace_id,
            message.id,
        )
        with _answering():
            odoo.carry_out(new, going)


@dataclass
class _Once:
    """However many effects a message becomes, it goes out once."""

    call: Callable[[], None]
    called: bool = False

    def __call__(self) -> None:
        if not self.called:
            self.call()
            self.called = True


@contextmanager
def _answering() -> Iterator[None]:
    """An unanswered write is looked for before it is written again: never DeliveryUnknown."""
    try:
        yield
    except (OdooUnavailable, EffectUnknown) as error:
        raise DeliveryUnavailable(str(error)) from error
    except LeaseLost as error:
        raise DeliveryFailed(str(error)) from error
    except OdooLoginRefused as error:
        raise DeliveryClosed(str(error)) from error
    except (OdooError, EffectError) as error:
        raise DeliveryRefused(str(error)) from error
