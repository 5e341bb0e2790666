"""What a job module declares; adding the file is the registration."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, Generic, TypeAlias, TypeVar

from odoo_gateway.reader import Domain, Reader
from tasks.domain.acts import VERDICTS, ActKind
from tasks.domain.findings import Finding, Formula, NotVerifiable, Report
from tasks.domain.periods import AsOf
from tasks.domain.policy import Policy
from tasks.domain.texts import NOTHING, Text
from tasks.domain.withheld import Basis, told_to_owner, withhold, without_wholes
from tasks.doubts import lost, unread, unseen

P = TypeVar("P", bound=Policy)
S = TypeVar("S")
AnyJob: TypeAlias = "Job[Any, Any]"

OPENS: Final = Text("Open in Odoo")


class Audience(StrEnum):
    """Who hears of a job: the person of each finding, or everybody in a role, as one digest."""

    PERSON = "person"
    FINANCE = "finance"
    DELIVERY = "delivery"
    OPS = "ops"


# What became of a record, where nobody says more.
CHANGED: Final = "changed"
# It was signed outside Odoo: where a source that signs what it sends tells so, that is evidence.
SIGNED: Final = "signed"
ROLES: Final = tuple(each.value for each in Audience if each is not Audience.PERSON)


class Shape(StrEnum):
    """How a job's mail is laid out: what its reader looks for first."""

    REMINDER = "reminder"
    APPROVER = "approver"
    DIGEST = "digest"
    WEEKLY = "weekly"


class CatchUp(StrEnum):
    """What happens to slots that passed while the fleet was down."""

    COALESCE = "coalesce"
    ALL = "all"
    SKIP = "skip"


class Delivery(StrEnum):
    """What to do when a crash leaves it unknown whether a mail went out."""

    AT_MOST_ONCE = "at_most_once"
    AT_LEAST_ONCE = "at_least_once"


@dataclass(frozen=True)
class Cron:
    """A crontab line, read in the scope's time zone."""

    line: str
    catch_up: CatchUp = CatchUp.COALESCE
    window: timedelta = timedelta(days=1)


@dataclass(frozen=True)
class Wake:
    """What an event means to a job: which of the records that it names to look at now."""

    #: The kind of event, the model and what became of it: `hr.expense.changed`.
    event: str
    #: The model whose id the event names, as rows and findings of the job do.
    subject: str

    @property
    def is_signature(self) -> bool:
        """Whether it is of a signature outside Odoo."""
        return self.event == f"{self.subject}.{SIGNED}"

    @property
    def is_outside_odoo(self) -> bool:
        """Whether Odoo has no part in it: a signature outside of it, or what people said here."""
        return self.event in {f"{self.subject}.{became}" for became in (SIGNED, *VERDICTS)}

    def hears(self, kind: str, model: str) -> bool:
        """Whether an event of a kind, about a record of a model, is one of these.

        That a record changed, which is all that some sources tell, may be any event of it.
        """
        return model == self.subject and kind in (self.event, f"{model}.{CHANGED}")


@dataclass(frozen=True)
class Rule:
    """What must hold of a record before a job looks at it, in words and as Odoo is asked."""

    says: Text
    domain: Domain


@dataclass(frozen=True)
class Listed:
    """What rows are about, for who asks why a record of a company is listed, or is not."""

    model: str
    #: The one of a row that holds its id; where that is `record_id`, the column `model` holds its
    #: model.
    column: str
    #: Why one that fulfils them all may have no row.
    otherwise: Text
    #: Those that `read` asks Odoo by.
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Job(Generic[P, S]):
    """A job: what to look for, when, and who is told."""

    name: str
    title: Text
    owner: str
    cron: Cron
    audience: Audience
    policy: type[P]
    #: Fetches a complete snapshot in a constant number of calls but for pages; decides nothing.
    read: Callable[[Reader, AsOf, P], S]
    #: Decides, purely, what the snapshot means.
    judge: Callable[[S, AsOf, P], Report]
    delivery: Delivery = Delivery.AT_MOST_ONCE
    shape: Shape = Shape.DIGEST
    #: What subject and first line of its digest lead with, by its totals: those of several
    #: companies where one mail is about them. Without it, they begin with how many findings there
    #: are.
    headline: Callable[[Sequence[Mapping[str, Any]]], Text] | None = None
    channels: tuple[str, ...] = ("email",)
    queue: str = "batch"
    #: The model whose records people put on hold by its cases; "" where nothing is held.
    held_as: str = ""
    #: The kinds of its findings that their reader accepts, or returns with a reason.
    handed_in: tuple[str, ...] = ()
    #: The kinds that other jobs hand in, by whose acceptance it goes: it is told what became of
    #: them.
    goes_by: tuple[str, ...] = ()
    #: Roles besides its own that it tells of some findings, by their steps.
    tells: tuple[str, ...] = ()
    #: Of a job that tells a role: the kinds of its findings that persons are told of instead, each
    #: on its ladder. No digest lists them.
    to_persons: tuple[str, ...] = ()
    #: What the measures of its reports mean.
    formulas: tuple[Formula, ...] = ()
    #: It tells how things stand, not of a period, so that a slot that runs on a later day is judged
    #: by that day.
    of_the_present: bool = False
    #: What is said of a day that is over, where Odoo keeps no history of what the job looks at;
    #: None where the job answers for itself.
    no_history: NotVerifiable | None = None
    #: The models of which every row must be seen, and what is withheld where that is not shown.
    rests_on: tuple[Basis, ...] = ()
    #: What people are told to do at the address of a finding, as on a button.
    opens: Text = OPENS
    #: What its rows are about, for `fleet explain`.
    lists: tuple[Listed, ...] = ()
    #: How people read its words, columns and states among them, where tasks/domain/labels.py does
    #: not say it for all jobs.
    labels: Mapping[str, Text] = field(default_factory=dict)
    #: The events after which it looks before its time.
    wakes: tuple[Wake, ...] = ()
    #: The kinds of effects that it proposes; it is told what became of those of before.
    proposes: tuple[str, ...] = ()
    #: `read` can look at some records alone (`AsOf.only`), which spares Odoo the rest when an event
    #: names them, and when a message is about to go out; the others look at everything. Only for a
    #: job that tells persons: a digest is of the whole.
    narrows: bool = False
    #: What the policies of `fleet demo` set, so that its small firm shows something on every day;
    #: by company id, None for the firm.
    demo: Mapping[int | None, P] = field(default_factory=dict)
    doc: str | None = None

    def __post_init__(self) -> None:
        if self.narrows and self.audience is not Audience.PERSON:
            raise ValueError(f"{self.name} tells a role, whose digest is of the whole")

    @property
    def heeds_signatures(self) -> bool:
        """Whether it wants to know what was signed outside Odoo."""
        return any(wake.is_signature for wake in self.wakes)

    @property
    def heeds_more(self) -> bool:
        """Whether it is told of more than its cases: proposals, signatures, handoffs of others."""
        return bool(self.proposes or self.goes_by) or self.heeds_signatures

    @property
    def tells_persons(self) -> bool:
        """Whether any of its findings is told to persons."""
        return self.audience is Audience.PERSON or bool(self.to_persons)

    def is_personal(self, finding: Finding) -> bool:
        """Whether a person is told of a finding, not a role."""
        return self.audience is Audience.PERSON or finding.kind in self.to_persons

    @property
    def role(self) -> str:
        """The role that answers for the job: its audience, or its owner where persons are told."""
        return self.owner if self.audience is Audience.PERSON else self.audience.value

    @property
    def why(self) -> Text:
        """The `Why:` paragraph of the job's docstring."""
        return Text(paragraph(self.doc or "", "Why"))

    @property
    def remedy(self) -> str:
        """The `Remedy:` paragraph of the job's docstring."""
        return paragraph(self.doc or "", "Remedy")

    def run(self, odoo: Reader, as_of: AsOf, policy: P) -> Report:
        """Read, then judge; what is not shown to rest on all rows is withheld.

        So are totals and measures where a row could not be read, unless a basis says otherwise.

        A day that is over and left no history is not looked at. A look at some records alone tells
        no totals and no measures.
        """
        if not self.narrows:
            as_of = replace(as_of, only=None)
        if as_of.is_over and self.no_history:
            return Report(rows=(), not_verifiable=(self.no_history,), periods=frozenset())
        report = self.judge(self.read(odoo, as_of, policy), as_of, policy)
        for basis in self.rests_on:
            if doubt := self._doubt(odoo, basis):
                report = withhold(report, basis, doubt)
        by_id = {basis.model for basis in self.rests_on if basis.by_id}
        missed = [unread(drift) for drift in odoo.drift if drift.model not in by_id]
        report = without_wholes(report, missed)
        # Whoever reads a digest reads it there.
        if self.audience is Audience.PERSON:
            report = told_to_owner(report, self.owner, *self._user(odoo), as_of)
        if as_of.only is not None:
            looked_at = as_of.only | (report.subjects or frozenset())
            report = replace(report, totals=(), measures=(), subjects=looked_at)
        return report

    def subjects(self, row: Mapping[str, Any]) -> Sequence[tuple[str, Any]]:
        """Model and id of each record that a row is about, by the columns that `lists` names."""
        return [
            (each.model, row.get(each.column))
            for each in self.lists
            if each.column != "record_id" or row.get("model") == each.model
        ]

    def offers(self, held_as: str, kind: str = "") -> tuple[ActKind, ...]:
        """What people may do about an open case of the job, first what does more than to quiet it.

        held_as: the model of the record that a hold by it would be put on. kind: of its finding.
        """
        verdicts = VERDICTS if kind and kind in self.handed_in else ()
        # What is held is held for everybody: that is for those who are told of the whole.
        may_hold = held_as and held_as == self.held_as and kind not in self.to_persons
        holds = (ActKind.HELD,) if may_hold else ()
        hands = (ActKind.HANDED_OVER,) if self.shape is Shape.APPROVER else ()
        return (*verdicts, *hands, *holds, ActKind.ACKNOWLEDGED, ActKind.SNOOZED)

    def _user(self, odoo: Reader) -> tuple[int, str]:
        number = odoo.session.user_id
        return number, odoo.session.link("res.users", number)

    def _doubt(self, odoo: Reader, basis: Basis) -> Text:
        if basis.by_id:
            return lost(odoo, basis.model)
        may_read = odoo.session.may_read
        absent = odoo.session.exists(basis.model) is False
        moot = absent or (basis.if_readable and not may_read(basis.model))
        if moot or (basis.instead_of and may_read(basis.instead_of)):
            return NOTHING
        return unseen(odoo, basis.model)


def paragraph(docstring: str, word: str) -> str:
    """The paragraph of a docstring that begins with a word and a colon; "" where there is none."""
    paragraphs = (" ".join(part.split()) for part in docstring.split("\n\n"))
    found = (text for text in paragraphs if text.startswith(f"{word}:"))
    return next(found, "").removeprefix(f"{word}:").strip()
