"""What a run says: rows for the full picture, findings for what somebody must act on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from tasks.domain.proposals import Proposal, Proposed
from tasks.domain.texts import NOTHING, NameOrText, Text

# Stands for every kind of finding.
ANY_KIND: Final = "*"
# The kind of the finding that figures are withheld.
NOT_SEEN: Final = "not-verifiable"


class Severity(StrEnum):
    """How bad; the order of the members is the order of badness."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the mildest."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class Recipient:
    """A person who is told, and from when: `not_before` is UTC, None means at once."""

    email: str
    name: NameOrText = ""
    not_before: datetime | None = None
    #: Where the person works, empty when nobody knows.
    zone: str = ""
    #: That of the person's account.
    language: str = ""


@dataclass(frozen=True)
class Step:
    """A rung of a ladder: its instant (UTC), and who is told.

    recipient None is a role, the job's owner unless `role` names another; unreachable says why,
    where somebody else was meant.
    """

    name: str
    at: datetime
    recipient: Recipient | None = None
    #: When the mail may go out (UTC), None means at once.
    not_before: datetime | None = None
    escalates: bool = False
    unreachable: Text = NOTHING
    #: url, remedy: what the one who is told opens and does, where that is not what the finding
    #: says.
    url: str = ""
    remedy: Text = NOTHING
    role: str = ""


@dataclass(frozen=True)
class Finding:
    """Something that somebody must act on."""

    #: Stable across runs, unique within job and scope.
    key: str
    severity: Severity
    title: Text
    reason: Text
    remedy: Text
    owner: NameOrText
    model: str
    record_id: int
    url: str
    since: date | None = None
    amount: Decimal | None = None
    currency: str | None = None
    #: What it is about, part of the identity of its mails.
    period: str = ""
    #: The person told, or None when the job's audience is a role.
    recipient: Recipient | None = None
    #: On a ladder, the rungs that speak now, in order, and an empty one is quiet; None speaks when
    #: it opens and worsens.
    steps: tuple[Step, ...] | None = None
    #: The rungs that have spoken, which the case remembers.
    told: tuple[str, ...] = ()
    #: The job's word for its sort, a label of metrics.
    kind: str = ""
    #: What waiting costs, in the finding's currency.
    cost_per_day: Decimal | None = None
    #: Told at once, whatever the digest waits for.
    urgent: bool = False
    #: How many it holds up.
    hours: float | None = None
    #: Model and id of the order, where it is about a line of it.
    part_of: tuple[str, int] | None = None
    #: How many steps of age, of amount and so on it has come to; more of any is worse.
    bands: tuple[int, ...] = ()
    #: What somebody decides on who accepts or returns it: names with what stands for what they
    #: hold, such as the checksums of files. An act keeps it.
    contents: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def held_as(self) -> tuple[str, int]:
        """Model and id of what a hold by this finding is put on."""
        return self.part_of or (self.model, self.record_id)


@dataclass(frozen=True)
class SetAside:
    """Something that was looked at and left out on purpose, and why."""

    #: A word like "held".
    group: str
    title: Text
    reason: Text
    url: str
    model: str
    record_id: int
    amount: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Measure:
    """A number that becomes a metric and a KPI sample; unit is part of the name."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    #: How many rows it leaves out, by reason.
    excluded: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Panel:
    """How dashboards show a measure."""

    #: The measure's name where empty.
    title: str = ""
    #: The labels whose values are shown apart.
    by: tuple[str, ...] = ("company_id",)
    #: The values of labels that it is limited to.
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: The newest value as a figure, instead of its course over time.
    now: bool = False
    #: The roles whose dashboards hold it; the one of the job's role where empty.
    boards: tuple[str, ...] = ()


@dataclass(frozen=True)
class Formula:
    """What a measure means, and how dashboards show it.

    Whoever changes the meaning raises the version, kept by each sample.
    """

    measure: str
    text: str
    version: int = 1
    panels: tuple[Panel, ...] = (Panel(),)

    def measured(
        self,
        value: float,
        labels: Mapping[str, str] | None = None,
        excluded: Mapping[str, int] | None = None,
    ) -> Measure:
        """The measure that has this meaning, with a value."""
        return Measure(self.measure, value, labels or {}, excluded or {})


@dataclass(frozen=True)
class NotVerifiable:
    """What could not be checked on this Odoo, why, and what would make it checkable."""

    #: A text, or the name of a check, which people read by its label.
    check: NameOrText
    reason: Text
    remedy: Text
    #: The columns of rows, totals and measures that are withheld for it, by name; "rows" and
    #: "totals" where rows may be missing.
    figures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """All that one run of one job says about one scope."""

    #: rows, totals: dictionaries whose values are JSON-ready, in the shape of the job's contract.
    rows: tuple[Mapping[str, Any], ...]
    findings: tuple[Finding, ...] = ()
    totals: tuple[Mapping[str, Any], ...] = ()
    measures: tuple[Measure, ...] = ()
    not_verifiable: tuple[NotVerifiable, ...] = ()
    #: The periods that were looked at, where that is not all; cases of others are left alone.
    periods: frozenset[str] | None = None
    #: What a reader must know was left out.
    set_aside: tuple[SetAside, ...] = ()
    #: The kinds of findings of which some may stand that were not seen (ANY_KIND: all); their cases
    #: are left alone.
    unseen: frozenset[str] = frozenset()
    #: Model and id of what was looked at, where that is not all; cases of others are left alone. Of
    #: a look at some records, what was looked at for their sake is enough.
    subjects: frozenset[tuple[str, int]] | None = None
    #: What it would change in Odoo.
    proposals: tuple[Proposal, ...] = ()
    #: What it proposed before, and people need not decide any more.
    withdrawn: tuple[Proposed, ...] = ()

    def covers(self, finding: Finding) -> bool:
        """Whether this report would hold the finding if it still stood."""
        if self.is_unseen(finding.kind):
            return False
        about = {(finding.model, finding.record_id), finding.part_of}
        if self.subjects is not None and not about & self.subjects:
            return False
        return self.periods is None or finding.period in self.periods

    def is_unseen(self, kind: str) -> bool:
        """Whether findings of a kind may stand that were not seen."""
        return kind != NOT_SEEN and bool(self.unseen & {ANY_KIND, kind})
