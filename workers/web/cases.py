"""One case as its reader sees it, and what the reader may do about it; only reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from tasks import catalogue
from tasks.declaration import AnyJob
from tasks.domain import checklists
from tasks.domain.acts import VERDICTS, Act, ActKind, stands
from tasks.domain.findings import Finding
from tasks.domain.texts import Text
from tasks.domain.told import AskedFinding
from workers import looking
from workers.ledger import acts, audit, cases, readers, scopes
from workers.ledger.audit import Entry
from workers.ledger.cases import Known
from workers.ledger.database import Connection
from workers.ledger.statuses import CaseState
from workers.links import Link
from workers.mail import columns
from workers.mail.picture import NOT_VERIFIABLE
from workers.messages import digest
from workers.web.refusals import NotYours, UnknownCase
from workers.wiring import Fleet

HISTORY: Final = 50
# What nobody does twice to the same case.
DONE_ONCE: Final = frozenset({ActKind.HANDED_OVER, *VERDICTS})


@dataclass(frozen=True)
class Destination(looking.Lookout):
    """Where a link leads, and what day it is there."""

    now: datetime

    @property
    def today(self) -> date:
        """The day in the scope's zone."""
        return self.now.astimezone(self.scope.zone).date()


@dataclass(frozen=True)
class Shown:
    """All that the page tells of a case."""

    where: Destination
    case: Known
    acts: Sequence[Act]
    history: Sequence[Entry]
    #: Its line in the last digest that this reader got.
    row: Mapping[str, Any]
    offered: Sequence[ActKind]
    #: The finding as they were told of it by themselves.
    asked: AskedFinding | None

    @property
    def finding(self) -> Finding:
        """As it was seen last."""
        return self.case.finding

    @property
    def url(self) -> str:
        """Where its reader does what helps; "" where no address leads there."""
        url = (self.asked and self.asked.page) or self.finding.url
        return url if url.startswith(("https://", "http://")) else ""

    @property
    def checks(self) -> Sequence[Mapping[str, Any]]:
        """The checklist that it was judged by, as the digest told it."""
        checks: Sequence[Mapping[str, Any]] = self.row.get("checks", ())
        return checks

    @property
    def hands_over(self) -> bool:
        """Whether it is about what one team hands to the next, not about what is out of order."""
        parts = (checklists.FILE, checklists.CHECK)
        return any(name.startswith(parts) for name in self.finding.contents)

    @property
    def reasoned(self) -> frozenset[ActKind]:
        """What needs a reason here, beside what always does: to accept what is out of order."""
        return frozenset() if self.hands_over else frozenset({ActKind.ACCEPTED})

    @property
    def documents(self) -> Mapping[str, str]:
        """The files that are handed over, with their checksums, by name."""
        return checklists.files_in(self.finding.contents)

    @property
    def facts(self) -> Mapping[str, Any]:
        """The numbers and words that the digest told of it."""
        return facts(self.row)

    @property
    def waiting_days(self) -> int | None:
        """Since the finding stands in Odoo."""
        since = self.finding.since
        return max((self.where.today - since).days, 0) if since else None


def facts(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """What of a digest's row people read by itself: not its ids, and no lists."""
    named = columns.told([row])
    return {n: row[n] for n in named if not n.endswith("_id") and n not in columns.LONG}


def destination(fleet: Fleet, connection: Connection, link: Link) -> Destination:
    """Where a link leads. Raises UnknownCase when the job, tenant or company is gone."""
    job, tenant = catalogue.jobs().get(link.job), fleet.settings.tenants.get(link.tenant)
    known = scopes.of_tenant(connection, link.tenant)
    scope = next((scope for scope in known if scope.company_id == link.company_id), None)
    if job is None or tenant is None or scope is None:
        raise UnknownCase(Text("its job or company is not watched any more"))
    return Destination(job, tenant, scope, fleet.clock())


def show(fleet: Fleet, connection: Connection, link: Link) -> Shown:
    """The case of a link. Raises NotYours or UnknownCase."""
    where = destination(fleet, connection, link)
    case = cases.newest(connection, link.place, link.key)
    if case is None:
        raise UnknownCase(Text("it was never opened here, or was deleted"))
    if not concerns(connection, where, link):
        raise NotYours(
            Text("you were not written to about this case, so you cannot see or change it")
        )
    standing = [
        act
        for act in acts.standing(connection, link.place)
        if _is_about(act, case.finding) and stands(act, where.today)
    ]
    return Shown(
        where=where,
        case=case,
        acts=standing,
        history=audit.entries(connection, HISTORY, case_id=case.id),
        row=_row(connection, where.job, link, case.finding),
        offered=_offered(where, case, standing, link.person),
        asked=_asked(connection, link, standing),
    )


def concerns(connection: Connection, where: Destination, link: Link) -> bool:
    """Whether the person hears of the job by role, or was written to (key "": about anything)."""
    members = where.tenant.recipients(link.company_id).of(where.job.role)
    if link.person.lower() in {member.lower() for member in members}:
        return True
    return readers.was_told(connection, link.place, link.person, link.key)


def _is_about(act: Act, finding: Finding) -> bool:
    if act.kind is ActKind.HELD and act.record_id:
        return (act.model, act.record_id) == finding.held_as
    return act.key == finding.key


def _offered(
    where: Destination, case: Known, standing: Sequence[Act], person: str
) -> Sequence[ActKind]:
    done = {(act.kind, act.person) for act in standing}
    needless = {ActKind.ACKNOWLEDGED} if (ActKind.ACKNOWLEDGED, person.lower()) in done else set()
    needless |= {act.kind for act in standing if act.kind in DONE_ONCE}
    is_open, finding = case.state is CaseState.OPEN, case.finding
    offers = where.job.offers(finding.held_as[0], finding.kind) if is_open else ()
    offered = [kind for kind in offers if kind not in needless]
    if standing:
        offered.append(ActKind.LIFTED)
    return offered


def _asked(connection: Connection, link: Link, standing: Sequence[Act]) -> AskedFinding | None:
    if any(act.kind is ActKind.HANDED_OVER for act in standing):
        # Others are asked now.
        return None
    return readers.asked_of(connection, link.place, link.person, link.key)


def _row(connection: Connection, job: AnyJob, link: Link, finding: Finding) -> Mapping[str, Any]:
    """The row of the digest that is about what the finding is about."""
    seen = readers.last_seen(connection, link.place, digest.STEP, link.person, "email")
    if seen is None:
        return {}
    about = (finding.model, finding.record_id)
    own = (row for row in seen.rows if about in job.subjects(row))
    withheld = {name for gap in seen.not_verifiable for name in gap.figures}
    return {
        name: NOT_VERIFIABLE if value is None and name in withheld else value
        for name, value in next(own, {}).items()
    }
