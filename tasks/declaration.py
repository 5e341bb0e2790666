"""What a job module declares; adding the file is the registration."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Generic, TypeAlias, TypeVar

from odoo_gateway.reader import Reader
from tasks.domain.findings import Formula, NotVerifiable, Report
from tasks.domain.periods import AsOf
from tasks.domain.policy import Policy
from tasks.domain.withheld import Basis, told_to_owner, withhold

P = TypeVar("P", bound=Policy)
S = TypeVar("S")
AnyJob: TypeAlias = "Job[Any, Any]"


class Audience(StrEnum):
    """Who hears of a job: the person of each finding, or everybody in a role, as one digest."""

    PERSON = "person"
    FINANCE = "finance"
    DELIVERY = "delivery"
    OPS = "ops"


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
class Job(Generic[P, S]):
    """A job: what to look for, when, and who is told.

    read: fetches a complete snapshot in a constant number of calls but for pages; decides nothing.
    judge: decides, purely, what the snapshot means.
    formulas: what the measures of its reports mean. of_the_present: it tells how things stand, not
    of a period, so that a slot that runs on a later day is judged by that day. no_history: what is
    said of a day that is over, where Odoo keeps no history of what the job looks at; None where the
    job answers for itself. held_as: the model whose records people put on hold by its cases; ""
    where nothing is held. rests_on: the models of which every row must be seen, and what is
    withheld where that is not shown.
    """

    name: str
    title: str
    owner: str
    cron: Cron
    audience: Audience
    policy: type[P]
    read: Callable[[Reader, AsOf, P], S]
    judge: Callable[[S, AsOf, P], Report]
    delivery: Delivery = Delivery.AT_MOST_ONCE
    shape: Shape = Shape.DIGEST
    channels: tuple[str, ...] = ("email",)
    queue: str = "batch"
    held_as: str = ""
    formulas: tuple[Formula, ...] = ()
    of_the_present: bool = False
    no_history: NotVerifiable | None = None
    rests_on: tuple[Basis, ...] = ()
    doc: str | None = None

    @property
    def why(self) -> str:
        """The `Why:` paragraph of the job's docstring."""
        return self._paragraph("Why")

    @property
    def remedy(self) -> str:
        """The `Remedy:` paragraph of the job's docstring."""
        return self._paragraph("Remedy")

    def run(self, odoo: Reader, as_of: AsOf, policy: P) -> Report:
        """Read, then judge; what is not shown to rest on all rows is withheld.

        A day that is over and left no history is not looked at.
        """
        if as_of.is_over and self.no_history:
            return Report(rows=(), not_verifiable=(self.no_history,), periods=frozenset())
        report = self.judge(self.read(odoo, as_of, policy), as_of, policy)
        for basis in self.rests_on:
            if doubt := self._doubt(odoo, basis):
                report = withhold(report, basis, doubt)
        # Whoever reads a digest reads it there.
        if self.audience is Audience.PERSON:
            report = told_to_owner(report, self.owner, *self._user(odoo), as_of)
        return report

    def _user(self, odoo: Reader) -> tuple[int, str]:
        number = odoo.session.user_id
        return number, odoo.session.link("res.users", number)

    def _doubt(self, odoo: Reader, basis: Basis) -> str:
        may_read = odoo.session.may_read
        absent = odoo.session.exists(basis.model) is False
        moot = absent or (basis.if_readable and not may_read(basis.model))
        if moot or (basis.instead_of and may_read(basis.instead_of)):
            return ""
        return odoo.doubt(basis.model)

    def _paragraph(self, word: str) -> str:
        paragraphs = (" ".join(part.split()) for part in (self.doc or "").split("\n\n"))
        return next(
            (text.removeprefix(f"{word}:").strip() for text in paragraphs if text.startswith(word)),
            "",
        )
