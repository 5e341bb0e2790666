"""What messages say, a class for each kind; written for the outbox here, and read back here.

The names are those of the JSON, which ledgers, webhooks and older versions know; so are the values
but for texts, which stay what they are. A mail is one payload or several, all for one reader; the
same payloads give the same bytes.

FleetError
  PayloadRefused    it does not fit its kind, or is of none that this version knows
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from odoo_gateway.errors import FleetError
from tasks.declaration import Shape
from tasks.domain.findings import NotVerifiable
from tasks.domain.news import News
from tasks.domain.texts import NameOrText, Text
from tasks.domain.told import LEFT_OUT, Amount, AskedFinding, Day, ToldAside, ToldFinding


def _instant(value: str) -> str:
    if datetime.fromisoformat(value).tzinfo is None:
        raise ValueError(f"{value} has no time zone")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"there is no time zone {value!r}") from error
    return value


Moment: TypeAlias = Annotated[str, AfterValidator(_instant)]
Zone: TypeAlias = Annotated[str, AfterValidator(_zone)]
# A row of a job's full picture, or of its totals, in the shape of the job's own contract.
Row: TypeAlias = Mapping[str, Any]


class PayloadRefused(FleetError):
    """What a message says does not fit its kind."""


@dataclass(frozen=True, kw_only=True)
class ToldNews(News):
    """What changed since what this reader last saw, at `since` (None: they saw nothing yet)."""

    since: Moment | None


@dataclass(frozen=True, kw_only=True)
class ToldBrand:
    """A company's looks: its name, the colour of headings and buttons, a logo file or ""."""

    name: str
    colour: str
    logo: str
    #: Where a brand was configured: its own address or "". Mails then come from its name.
    sender: Annotated[str | None, LEFT_OUT] = None


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What every payload says of itself."""

    template: str
    shape: Shape
    rule: str
    title: Text
    why: Text
    #: The versions of the policies that judged, and of each who approved its amendments.
    policy: tuple[str, ...]
    approved: Mapping[str, str] = field(default_factory=dict)
    tenant: str
    company_id: int
    company: str
    #: The instant that was judged.
    at: Moment
    zone: Zone
    reader: str
    language: str
    brand: ToldBrand
    #: The day from which links in it count.
    issued_on: Day
    #: When it went out as a mail, so that the mail can be rebuilt.
    mailed_at: Annotated[Moment | None, LEFT_OUT] = None
    #: Of what is sent once more: the step that it told the first time.
    first_step: Annotated[str | None, LEFT_OUT] = None
    #: The events about what it tells, each as its source and id: outbox/7c1f. None where it was the
    #: timetable that had a run look.
    events: Annotated[tuple[str, ...] | None, LEFT_OUT] = None


@dataclass(frozen=True, kw_only=True)
class Digest(Heading):
    """For a role: all that stands, and what changed for this reader. `rows` become the CSV."""

    template: Literal["digest"] = "digest"
    role: str
    totals: tuple[Row, ...]
    rows: tuple[Row, ...]
    #: The models that the rows are about: what is not shown of them stands in the CSV.
    about: Annotated[tuple[str, ...] | None, LEFT_OUT] = None
    findings: tuple[ToldFinding, ...]
    set_aside: tuple[ToldAside, ...]
    not_verifiable: tuple[NotVerifiable, ...]
    #: The groups of findings of which some may stand that were not seen; "*" is all.
    unseen: tuple[str, ...] = ()
    #: Whether its reader had seen nothing yet when it was queued.
    first: Annotated[bool | None, LEFT_OUT] = None
    news: ToldNews


@dataclass(frozen=True, kw_only=True)
class Personal(Heading):
    """For one person, about themselves or (`others`) about people they follow up with."""

    template: Literal["person"] = "person"
    name: NameOrText
    step: str
    others: bool
    findings: tuple[AskedFinding, ...]


@dataclass(frozen=True, kw_only=True)
class Urgent(Heading):
    """One finding that waits for no digest."""

    template: Literal["urgent"] = "urgent"
    role: str
    findings: tuple[ToldFinding, ...]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Something that the fleet gave up: a run (slot set) or a message (to set)."""

    what: str
    name: str
    job: str
    company: str
    slot: Moment | None
    to: str | None
    error_class: str
    error: str
    trace_id: str


@dataclass(frozen=True, kw_only=True)
class ToldOutage:
    """Something that is away since then, or was `until` then, and how much waited for it."""

    what: str
    tenant_name: str
    target: str
    since: Moment
    until: Moment | None
    runs: Annotated[int | None, LEFT_OUT] = None
    messages: Annotated[int | None, LEFT_OUT] = None
    slots: Annotated[int | None, LEFT_OUT] = None
    error_class: str
    error: str


@dataclass(frozen=True, kw_only=True)
class Ops(Heading):
    """For ops: what failed, with what they need to look it up. Never to business people."""

    template: Literal["ops"] = "ops"
    failures: tuple[Failure, ...]
    #: What is or was away, in a payload about that instead.
    outage: Annotated[ToldOutage | None, LEFT_OUT] = None


@dataclass(frozen=True, kw_only=True)
class Notice(Heading):
    """For the readers of a digest that could not be made, so that silence is never taken for ok."""

    template: Literal["notice"] = "notice"
    role: str
    #: When it was due.
    slot: Moment
    reason: Text
    #: The addresses of who was told of it; messages of earlier versions tell none.
    ops: Annotated[tuple[str, ...] | None, LEFT_OUT] = None


@dataclass(frozen=True, kw_only=True)
class Asking(Heading):
    """For one person: an effect that they may decide about, or what was said to theirs."""

    template: Literal["asking"] = "asking"
    effect: int
    #: What it would do, why, and by which rule this person is asked.
    what: Text
    reason: Text
    verdict: Text
    requester: str
    amount: Amount | None
    currency: str | None
    #: What was said to it, and the reason given; nothing where a decision is asked for.
    outcome: Text
    said: str
    #: What it may be split from; messages of earlier versions tell none.
    perhaps_split: Annotated[tuple[Text, ...] | None, LEFT_OUT] = None


Payload: TypeAlias = Digest | Personal | Urgent | Ops | Notice | Asking
_PAYLOAD: Final[TypeAdapter[Payload]] = TypeAdapter(
    Annotated[Payload, Field(discriminator="template")]
)


def written(payload: Payload) -> dict[str, Any]:
    """JSON values and texts. Raises PayloadRefused, which names the kind and what does not fit."""
    values: dict[str, Any] = _PAYLOAD.dump_python(payload, warnings="none")
    read(values)
    return values


def read(values: Mapping[str, Any]) -> Payload:
    """What `written` gave, also an earlier version's. Raises PayloadRefused as it does."""
    try:
        return _PAYLOAD.validate_python(values)
    except ValidationError as error:
        wrong = "; ".join(_problem(each["loc"], each["msg"]) for each in error.errors())
        raise PayloadRefused(f"what the message says does not fit: {wrong}") from error


def findings(payload: Payload) -> Sequence[ToldFinding]:
    """The findings that it speaks of, of whatever kind it is."""
    return () if isinstance(payload, Ops | Notice | Asking) else payload.findings


def _problem(where: Sequence[str | int], what: str) -> str:
    """Such as "digest: findings.3.title: Field required"; the first part names the kind."""
    kind, *names = map(str, where or ("template",))
    return ": ".join(filter(None, [kind, ".".join(names), what.removeprefix("Value error, ")]))
