"""What both ways into Odoo share: what goes on which record, as HTML, and Odoo's errors as ours."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from markupsafe import Markup

from odoo_gateway.errors import OdooError, OdooLoginRefused, OdooUnavailable
from tasks.domain.texts import Text, joined
from workers.errors import DeliveryClosed, DeliveryRefused, DeliveryUnavailable
from workers.language.language import Language, language
from workers.ledger.outbox import Message

# The news of a digest that are about records as they are now.
TOLD_ON_RECORDS: Final = ("opened", "moved", "worsened", "returned")
# How many titles one record of all that stands already lists.
LISTED: Final = 20
# What of a finding is in words.
WORDS: Final = ("title", "reason", "remedy", "advice")
COMPANY: Final = "res.company"


def findings(message: Message) -> Sequence[Mapping[str, Any]]:
    """What the message says of records, in its reader's words.

    Raises DeliveryRefused when it is not about records. Of a digest its news alone: what stands on
    a record already is not written there again.
    """
    if "findings" not in message.payload:
        raise DeliveryRefused(
            f"a message of the kind {message.payload['template']!r} is about no record in Odoo: "
            "route it to mail, a chat or a webhook"
        )
    digest = message.payload["template"] == "digest"
    found = _of_digest(message.payload) if digest else message.payload["findings"]
    return [_worded(said, language(message.payload["language"])) for said in found]


def _worded(said: Mapping[str, Any], reader: Language) -> Mapping[str, Any]:
    return {**said, **{name: reader.say(said[name]) for name in WORDS if name in said}}


def _of_digest(payload: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    news = payload["news"]
    told = [said for kind in TOLD_ON_RECORDS for said in news[kind]]
    first = payload.get("first", news["since"] is None)
    return [_first(payload, told)] if first and told else told


def _first(payload: Mapping[str, Any], told: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """All that a reader's first digest tells, as one finding about the company: not a flood."""
    titles = [said["title"] for said in told]
    beyond = len(titles) - LISTED
    more = [Text("and {count} more", count=beyond)] if beyond > 0 else []
    return {
        # Where several were queued before one went out, each is a record of its own.
        "key": f"first digest of {payload['at']}",
        "title": Text(
            "{title}, what stands already: {count}", title=payload["title"], count=len(titles)
        ),
        "reason": joined([*titles[:LISTED], *more], "; "),
        "remedy": Text("From now on, what is new or worse is told on its own record."),
        "url": "",
        "model": COMPANY,
        "record_id": payload["company_id"],
    }


def html(said: Mapping[str, Any]) -> str:
    """What is wrong with the record and what to do; every name is escaped."""
    # Where the reader is not the one who is asked for it, a person's notice says so.
    remedy = said.get("advice") or said["remedy"]
    lines = Markup("<p>{}</p><p>{}</p>").format(said["reason"], remedy)
    page = said.get("page") or said["url"]
    link = Markup('<p><a href="{0}">{0}</a></p>').format(page) if page else Markup("")
    return str(lines + link)


def identity(message: Message, said: Mapping[str, Any]) -> tuple[object, ...]:
    """What makes a finding at a step the same one, whichever message tells of it."""
    return (message.tenant, message.company_id, message.job, said["key"], message.step)


@contextmanager
def answering() -> Iterator[None]:
    """Writes are idempotent, so an unanswered one is simply tried again: never DeliveryUnknown."""
    try:
        yield
    except OdooUnavailable as error:
        raise DeliveryUnavailable(str(error)) from error
    except OdooLoginRefused as error:
        raise DeliveryClosed(str(error)) from error
    except OdooError as error:
        raise DeliveryRefused(str(error)) from error
