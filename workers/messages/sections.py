"""What a message's payload holds: the inputs that its section of a mail is rendered from.

JSON values only, in no language: amounts are text with a currency beside it, days and instants are
ISO. A mail is one section or several, all for one reader; the same sections give the same bytes.
"""

from typing import Any, Literal, NotRequired, TypedDict


class Listed(TypedDict):
    """A finding as the JSON contract has it, and what people did with its case.

    acknowledged_by, snoozed_until, snoozed_by, snooze_reason: of a standing act, else left out.
    note, page, advice: in a section for a person, why they read it, what they open and do. hours:
    how many it holds up. bands: how many steps of age, amount and so on it has come to.
    """

    key: str
    severity: str
    title: str
    reason: str
    remedy: str
    owner: str
    model: str
    record_id: int
    url: str
    amount: str | None
    currency: str | None
    since: str | None
    group: str
    cost_per_day: str | None
    hours: NotRequired[float | None]
    bands: NotRequired[list[int]]
    acknowledged_by: NotRequired[str]
    snoozed_until: NotRequired[str]
    snoozed_by: NotRequired[str]
    snooze_reason: NotRequired[str]
    note: NotRequired[str]
    page: NotRequired[str]
    advice: NotRequired[str]


class Aside(TypedDict):
    """Something left out on purpose: on hold, or excluded.

    job, key: of the case on whose page it was put on hold, or "".
    """

    job: NotRequired[str]
    key: str
    group: str
    title: str
    reason: str
    url: str
    model: str
    record_id: int
    amount: str | None
    currency: str | None


class ToldNews(TypedDict):
    """What changed since what this reader last saw, at `since` (None: they saw nothing yet)."""

    since: str | None
    opened: list[Listed]
    moved: list[Listed]
    worsened: list[Listed]
    returned: list[Listed]
    settled: list[Listed]
    held: list[Aside]
    repriced: list[Listed]


class ToldBrand(TypedDict):
    """A company's looks: its name, the colour of headings and buttons, a logo file or "".

    sender: its own address or "", where a brand was configured: mails then come from its name.
    """

    name: str
    colour: str
    logo: str
    sender: NotRequired[str]


class Heading(TypedDict):
    """What every section says of itself.

    at: the instant that was judged. issued_on: the day from which links in it count. policy: the
    versions of the policies that judged. approved: of each, who approved its amendments.
    """

    template: Literal["digest", "person", "urgent", "ops", "notice"]
    shape: str
    rule: str
    title: str
    why: str
    policy: list[str]
    approved: NotRequired[dict[str, str]]
    tenant: str
    company_id: int
    company: str
    at: str
    zone: str
    reader: str
    language: str
    brand: ToldBrand
    issued_on: str


class Gap(TypedDict):
    """What this Odoo does not tell; figures: the names of those that are withheld for it."""

    check: str
    reason: str
    remedy: str
    figures: list[str]


class Digest(Heading):
    """For a role: all that stands, and what changed for this reader. `rows` become the CSV.

    unseen: the groups of findings of which some may stand that were not seen; "*" is all.
    first: whether its reader had seen nothing yet when it was queued.
    """

    first: NotRequired[bool]
    role: str
    totals: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    findings: list[Listed]
    set_aside: list[Aside]
    news: ToldNews
    not_verifiable: list[Gap]
    unseen: list[str]


class Personal(Heading):
    """For one person, about themselves or (`others`) about people they follow up with."""

    name: str
    step: str
    others: bool
    findings: list[Listed]


class Urgent(Heading):
    """One finding that waits for no digest."""

    role: str
    findings: list[Listed]


class Failure(TypedDict):
    """Something that the fleet gave up: a run (slot set) or a message (to set)."""

    what: str
    name: str
    job: str
    company: str
    slot: str | None
    to: str | None
    error_class: str
    error: str
    trace_id: str


class ToldOutage(TypedDict):
    """Something that is away since then, or was `until` then, and how much waited for it."""

    what: str
    tenant_name: str
    target: str
    since: str
    until: str | None
    runs: NotRequired[int]
    messages: NotRequired[int]
    slots: NotRequired[int]
    error_class: str
    error: str


class Ops(Heading):
    """For ops: what failed, with what they need to look it up. Never to business people.

    outage: what is or was away, in a section about that instead.
    """

    failures: list[Failure]
    outage: NotRequired[ToldOutage]


class Notice(Heading):
    """For the readers of a digest that could not be made, so that silence is never taken for ok.

    slot: when it was due. ops: the addresses of who was told of it.
    """

    role: str
    slot: str
    reason: str
    ops: NotRequired[list[str]]
