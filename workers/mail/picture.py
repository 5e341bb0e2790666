"""What a digest shows, in the order that it is read: groups, with sums per currency, and more."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from tasks import catalogue
from tasks.domain.findings import Severity
from tasks.domain.texts import NOTHING, Text
from tasks.domain.told import ToldAside, ToldFinding
from workers.language.language import is_number
from workers.ledger.payloads import Digest, ToldNews

Told: TypeAlias = ToldFinding | ToldAside
Total: TypeAlias = Mapping[str, Any]
S = TypeVar("S")
T = TypeVar("T", bound=Told)
TOP: Final = 30
TOP_WEEKLY: Final = 5
# So many owners are named of whom orders wait.
TOP_OWNERS: Final = 10
# From how many of one kind on what they share is said once, and how many of them are shown.
MANY: Final = 3
WORST: Final = 5
# From how many parts on a bar for each says more than a line of them all.
BARS_FROM: Final = 3
# What of the news is marked at its row.
MARKS: Final = {"opened": "new", "moved": "moved", "worsened": "worse", "returned": "back"}
# The parts that Odoo's own figure is made of, where totals have them all.
NOT_VERIFIABLE: Final = Text("not verifiable")
RECONCILED: Final = ("ready", "blocked", "held", "excluded", "odoo_to_invoice", "residual")


@dataclass(frozen=True)
class Sums:
    """Amounts by currency; nothing here adds one currency to another."""

    amounts: Mapping[str, Decimal]

    @classmethod
    def of(cls, items: Iterable[Told]) -> "Sums":
        """The amounts of findings or of what was set aside."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for item in items:
            if item.amount is not None and item.currency:
                found[item.currency] += Decimal(item.amount)
        return cls(dict(sorted(found.items())))

    def __iter__(self) -> Any:
        return iter(self.amounts.items())

    def __bool__(self) -> bool:
        return any(self.amounts.values())


@dataclass(frozen=True)
class Queue:
    """What waits for one person, oldest first, with all the hours and money that it holds up."""

    items: Sequence[ToldFinding]

    @classmethod
    def of(cls, items: Iterable[ToldFinding]) -> "Queue":
        """The findings of a section for a person."""
        return cls(sorted(items, key=lambda item: (item.since or "", item.owner)))

    def __iter__(self) -> Any:
        return iter(self.items)

    @property
    def hours(self) -> float:
        """The hours of those that hold any."""
        return round(sum(item.hours or 0.0 for item in self.items), 2)

    @property
    def sums(self) -> Sums:
        """The amounts by currency."""
        return Sums.of(self.items)


@dataclass(frozen=True)
class Row:
    """A finding as a digest lists it."""

    finding: Told
    #: How many, since its oldest work.
    waiting_days: int | None
    #: A word such as new or back.
    mark: str
    page: str


@dataclass(frozen=True)
class Group:
    """Findings under one heading; `rows` are those shown, `count` and `sums` tell of all."""

    name: str
    severity: str
    count: int
    sums: Sums
    rows: Sequence[Row]
    #: reason, step: why, and who is to do what, where MANY or more share it: then it is said once.
    reason: str = ""
    step: tuple[str, str] | None = None

    @property
    def more(self) -> int:
        """How many are in the CSV alone."""
        return self.count - len(self.rows)

    @property
    def has_money(self) -> bool:
        """Whether any row shown has an amount."""
        return any(row.finding.amount is not None for row in self.rows)

    @property
    def has_cost(self) -> bool:
        """Whether waiting costs anything in any row shown."""
        findings = (row.finding for row in self.rows if isinstance(row.finding, ToldFinding))
        return any(Decimal(finding.cost_per_day or 0) for finding in findings)


@dataclass(frozen=True)
class Piece:
    """One kind of news in one group."""

    kind: str
    group: str
    sums: Sums
    items: Sequence[Told]


@dataclass(frozen=True)
class Figure:
    """One line of the totals: a column, and its value by currency ("" where there is none)."""

    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Parts:
    """What one figure of a currency is made of, by name.

    shares: each part in percent of the largest, where bars can show them; else empty.
    """

    currency: str
    name: str
    values: Mapping[str, Any]

    @property
    def shares(self) -> Mapping[str, int]:
        """Only of several amounts that take nothing from each other."""
        said = list(self.values.values())
        if len(said) < BARS_FROM or not all(
            isinstance(value, str) and is_number(value) for value in said
        ):
            return {}
        amounts = {name: Decimal(value) for name, value in self.values.items()}
        largest = max(amounts.values())
        if min(amounts.values()) < 0 or not largest:
            return {}
        return {name: round(100 * amount / largest) for name, amount in amounts.items()}


@dataclass(frozen=True)
class Picture:
    """A digest's section, ready to be written down."""

    groups: Sequence[Group]
    snoozed: Sequence[ToldFinding]
    aside: Sequence[Group]
    news: Sequence[Piece]
    changed: int | None
    figures: Sequence[Figure]
    currencies: Sequence[str]
    parts: Sequence[Parts]
    bottlenecks: Sequence[tuple[str, Total]]
    #: By currency: who holds up most, and how many others hold up something.
    held_up: Sequence[tuple[str, Sequence[Total], int]]
    doubted: Sequence[str]
    headline: Text

    @property
    def snoozed_sums(self) -> Sums:
        """What is snoozed still counts in the totals."""
        return Sums.of(self.snoozed)

    @property
    def reconciled(self) -> bool:
        """Whether the totals tie out with a figure of Odoo's."""
        return {figure.name for figure in self.figures} >= {"odoo_to_invoice", "residual"}

    @property
    def explained(self) -> bool:
        """Whether there is a difference to Odoo's figure, and each part of it has a reason."""
        reasons = [parts for parts in self.parts if parts.name == "residual_by_reason"]
        return bool(reasons) and not any("unexplained" in parts.values for parts in reasons)


def picture(section: Digest, page: Callable[[Told], str]) -> Picture:
    """What a digest's section shows; page: from a case's key to its page, or ""."""
    awake = [f for f in section.findings if not f.snoozed_until]
    marks, today = _marks(section.news), _day(section)
    top = TOP_WEEKLY if section.shape == "weekly" else TOP
    about = _about(section)

    def row(finding: ToldFinding) -> Row:
        return Row(finding, _waiting(finding, today), marks.get(finding.key, ""), page(finding))

    totals, gaps = section.totals, section.not_verifiable
    withheld = {name for gap in gaps for name in gap.figures}
    return Picture(
        groups=[_group(name, items, top, row, about) for name, items in _by_badness(awake)],
        snoozed=[f for f in section.findings if f.snoozed_until],
        aside=[
            _group(name, items, TOP, lambda item: Row(item, None, "", page(item)), about)
            for name, items in _by_group(section.set_aside).items()
        ],
        news=_news(section.news),
        changed=_changed(section.news),
        figures=_figures(totals, withheld),
        currencies=[total.get("currency", "") for total in totals],
        parts=_parts(totals),
        bottlenecks=[
            (total.get("currency", ""), total["bottleneck"])
            for total in totals
            if total.get("bottleneck")
        ],
        held_up=[
            (total.get("currency", ""), found[:TOP_OWNERS], len(found[TOP_OWNERS:]))
            for total in totals
            if (found := total.get("held_up_by"))
        ],
        doubted=list(dict.fromkeys(gap.check for gap in gaps if gap.figures)),
        headline=headline([section]),
    )


def headline(sections: Sequence[Digest]) -> Text:
    """What sections of one job lead with; empty where it says nothing of the kind."""
    job = catalogue.jobs().get(sections[0].rule)
    if job is None or job.headline is None:
        return NOTHING
    return job.headline([total for section in sections for total in section.totals])


def _day(section: Digest) -> date:
    return datetime.fromisoformat(section.at).astimezone(ZoneInfo(section.zone)).date()


def _waiting(finding: ToldFinding, today: date) -> int | None:
    if finding.since is None:
        return None
    return max((today - date.fromisoformat(finding.since)).days, 0)


def _by_group(items: Iterable[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for item in items:
        found.setdefault(item.group, []).append(item)
    return found


def _by_badness(findings: Iterable[ToldFinding]) -> Sequence[tuple[str, list[ToldFinding]]]:
    """The worst group first; in each, what costs most a day, then what is worth most."""
    groups = _by_group(findings)
    worst = sorted(groups, key=lambda name: -max(map(_rank, groups[name])))
    return [(name, sorted(groups[name], key=_weight)) for name in worst]


def _weight(finding: ToldFinding) -> tuple[Any, ...]:
    cost, amount = Decimal(finding.cost_per_day or 0), Decimal(finding.amount or 0)
    return -_rank(finding), -cost, -amount, finding.since or "", finding.title


def _rank(finding: ToldFinding) -> int:
    return finding.severity.rank


def _about(section: Digest) -> Collection[str]:
    """The models that the CSV is about."""
    if not section.rows:
        return ()
    if section.about is not None:
        return section.about
    # Earlier versions did not say it.
    job = catalogue.jobs().get(section.rule)
    return [each.model for each in job.lists] if job else ()


def _group(
    name: str,
    items: Sequence[T],
    top: int,
    row: Callable[[T], Row],
    about: Collection[str],
) -> Group:
    """The first of the items are shown, and those that the CSV does not hold."""
    findings = [item for item in items if isinstance(item, ToldFinding)]
    severity = max((f.severity for f in findings), key=lambda s: s.rank, default=Severity.INFO)
    reason = _shared([finding.reason for finding in findings]) or ""
    step = _shared([(finding.owner, finding.remedy) for finding in findings])
    if reason and step:
        top = min(top, WORST)
    shown = [
        row(item) for number, item in enumerate(items) if number < top or item.model not in about
    ]
    return Group(name, severity, len(items), Sums.of(items), shown, reason, step)


def _shared(said: Sequence[S]) -> S | None:
    """What all of many say; None where they differ or are few."""
    return said[0] if len(said) >= MANY and len(set(said)) == 1 else None


def _marks(news: ToldNews) -> Mapping[str, str]:
    if news.since is None:
        return {}
    return {item.key: mark for kind, mark in MARKS.items() for item in getattr(news, kind)}


def _news(news: ToldNews) -> Sequence[Piece]:
    kinds = ("opened", "moved", "worsened", "returned", "settled", "held", "repriced")
    return [
        Piece(kind, group, Sums.of(items), items)
        for kind in kinds
        for group, items in _by_group(getattr(news, kind)).items()
    ]


def _changed(news: ToldNews) -> int | None:
    """How many changed; None for a reader who saw nothing yet."""
    if news.since is None:
        return None
    kinds = ("opened", "moved", "worsened", "returned", "settled", "held")
    return sum(len(getattr(news, kind)) for kind in kinds)


def _figures(totals: Sequence[Total], withheld: Collection[str] = ()) -> Sequence[Figure]:
    """The columns of totals that hold no parts, RECONCILED ones first where they are all there.

    What is withheld says so in the place of its figure.
    """

    def value(total: Total, name: str) -> Any:
        nothing = name in withheld or "totals" in withheld
        return NOT_VERIFIABLE if nothing and total.get(name) is None else total.get(name)

    names = [
        name
        for name in dict.fromkeys(name for total in totals for name in total)
        if name != "currency"
        and not any(isinstance(total.get(name), list | dict) for total in totals)
        and any(value(total, name) is not None for total in totals)
    ]
    if set(RECONCILED) <= set(names):
        names = [*RECONCILED, *(name for name in names if name not in RECONCILED)]
    return [
        Figure(name, {total.get("currency", ""): value(total, name) for total in totals})
        for name in names
    ]


def _parts(totals: Sequence[Total]) -> Sequence[Parts]:
    """The parts of totals; bottlenecks are told in words."""
    return [
        Parts(total.get("currency", ""), name, value)
        for total in totals
        for name, value in total.items()
        if isinstance(value, Mapping) and value and name != "bottleneck"
    ]
