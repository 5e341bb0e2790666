"""Whom a reader is to the fleet, and why nothing tells them of a case: from the ledger's facts."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tasks import catalogue
from tasks.declaration import ROLES, AnyJob, Audience
from tasks.domain.acts import Act, ActKind, stands
from tasks.domain.findings import Finding, Recipient
from tasks.domain.plurals import counted
from workers import instants
from workers.config.tenants import Tenant
from workers.ledger import acts, lookup, pauses, readers, runs, scopes
from workers.ledger.cases import Known
from workers.ledger.database import Connection
from workers.ledger.lookup import Found, Wanted
from workers.ledger.places import Place
from workers.ledger.scopes import Scope
from workers.messages.occasion import nobody_behind
from workers.wiring import Fleet

QUIET = frozenset({ActKind.ACKNOWLEDGED, ActKind.SNOOZED, ActKind.HELD, ActKind.HANDED_OVER})


@dataclass(frozen=True)
class Role:
    """A role of a company that somebody reads for, and the addresses behind it."""

    name: str
    tenant: Tenant
    scope: Scope
    readers: Sequence[str]


def names_of(asked: str, found: Iterable[Found]) -> Sequence[str]:
    """Who is asked for, with the addresses of a name and the names of an address."""
    people = [recipient for case, *_ in found for recipient in told_by(case.finding)]
    wanted = asked.casefold()
    known = [p.email for p in people if p.name.casefold() == wanted]
    known += [p.name for p in people if p.email.casefold() == wanted]
    return list(dict.fromkeys([asked, *known]))


def told_by(finding: Finding) -> Sequence[Recipient]:
    """The people whom a finding names to be told, in the order of its ladder."""
    named = (finding.recipient, *(step.recipient for step in finding.steps or ()))
    return [recipient for recipient in named if recipient]


def concerns(case: Known, people: Iterable[str]) -> bool:
    """Whether a case is owned by, or told to, somebody of these names and addresses."""
    known = {case.finding.owner.casefold()}
    known |= {recipient.email.casefold() for recipient in told_by(case.finding)}
    return bool(known & {each.casefold() for each in people})


def roles_of(
    fleet: Fleet, connection: Connection, asked: Collection[str], wanted: Wanted
) -> Sequence[Role]:
    """The roles that these addresses read for, or that are asked for by name."""
    folded = {each.casefold() for each in asked}
    every = [
        Role(role, tenant, scope, tenant.recipients(scope.company_id).of(role))
        for tenant in fleet.settings.tenants.values()
        for scope in scopes.of_tenant(connection, tenant.name)
        for role in ROLES
        if wanted.tenant in (None, tenant.name) and wanted.company_id in (None, scope.company_id)
    ]
    return [r for r in every if folded & {r.name, *(each.casefold() for each in r.readers)}]


def cases_of(connection: Connection, roles: Iterable[Role], wanted: Wanted) -> Sequence[Found]:
    """The open cases that these roles hear of."""
    return [
        case
        for role in roles
        for job in _jobs_of(role)
        if wanted.job in (None, job.name)
        for case in lookup.find_cases(connection, _of(role, job, wanted))
    ]


def told_of(connection: Connection, roles: Iterable[Role]) -> Iterator[str]:
    """What each role hears of, and why not."""
    for role in roles:
        here = (role.tenant.name, role.scope.company_id)
        place = f"the role {role.name} of {here[0]}, company {here[1]} ({role.scope.name})"
        if not role.readers:
            yield f"{nobody_behind(role.name)} of {here[0]}, company {here[1]}"
            continue
        hears = ", ".join(
            f"{job.name} ({_standing(connection, role, job)})" for job in _jobs_of(role)
        )
        owned = ", ".join(
            job.name
            for job in catalogue.jobs().values()
            if job.tells_persons and job.role == role.name
        )
        some = ", ".join(j.name for j in catalogue.jobs().values() if role.name in j.tells)
        heard = [f"hears of all cases of {hears}"] if hears else []
        heard += [f"of what is for it in {some}"] if some else []
        heard += [f"of what reaches no person in {owned}"] if owned else []
        if role.name == Audience.OPS:
            heard.append("of what is away or was given up")
        yield f"{', '.join(role.readers)} reads for {place}: {'; '.join(heard) or 'nothing'}."


def why_untold(
    fleet: Fleet,
    connection: Connection,
    found: Found,
    people: Collection[str],
) -> str:
    """Why no message tells these names and addresses of an open case; "" where one does."""
    case, place = found
    folded = {each.casefold() for each in people}
    if any(readers.was_told(connection, place, each, case.finding.key) for each in people):
        return ""
    tenant, job = fleet.settings.tenants.get(place.tenant), catalogue.jobs().get(place.job)
    if place.tenant in fleet.settings.unusable:
        return "its tenant's configuration cannot be used"
    if tenant is None or job is None:
        return "its tenant or job is gone"
    if place.job in tenant.settings.disabled_jobs:
        return "its job is disabled for this tenant"
    done = acts.standing(connection, place)
    acted = _acted(done, case, folded, fleet.clock())
    if acted:
        return acted
    reasons = [_of_case(tenant, job, place.company_id, case, folded)]
    until = pauses.paused_until(pauses.standing(connection, fleet.clock()), place)
    if until is not None:
        reasons.append(f"it is paused until {instants.written(until)}")
    return "; ".join(reasons)


def _jobs_of(role: Role) -> Sequence[AnyJob]:
    return [job for job in catalogue.jobs().values() if job.audience.value == role.name]


def _of(role: Role, job: AnyJob, wanted: Wanted) -> Wanted:
    where = {"tenant": role.tenant.name, "company_id": role.scope.company_id, "job": job.name}
    return Wanted(**where, since=wanted.since, limit=wanted.limit)  # type: ignore[arg-type]


def _standing(connection: Connection, role: Role, job: AnyJob) -> str:
    place = Place(job.name, role.tenant.name, role.scope.company_id)
    if job.name in role.tenant.settings.disabled_jobs:
        return "disabled"
    if not runs.succeeded(connection, place):
        return "no run has succeeded yet"
    found = lookup.find_cases(connection, _of(role, job, Wanted(limit=None)))
    return f"{counted(len(found), 'case')} open"


def _acted(done: Iterable[Act], case: Known, people: Collection[str], now: datetime) -> str:
    finding = case.finding
    for act in done:
        about = act.key == finding.key or (
            act.kind is ActKind.HELD and (act.model, act.record_id) == finding.held_as
        )
        gone = act.kind is ActKind.OPTED_OUT and act.person.casefold() in people
        quiet = act.kind in QUIET and about and stands(act, now.date())
        if gone:
            return f"{act.person} opted out of this job on {act.at.date()}"
        if quiet:
            until = f" until {act.until}" if act.until else ""
            reason = f": {act.reason}" if act.reason else ""
            what = act.kind.value.replace("_", " ")
            return f"{act.person} had it {what} on {act.at.date()}{until}{reason}"
    return ""


def _of_case(
    tenant: Tenant, job: AnyJob, company_id: int, case: Known, people: Collection[str]
) -> str:
    finding, readers = case.finding, tenant.recipients(company_id)
    owners = readers.of(job.role)
    if not job.is_personal(finding):
        if not owners:
            return nobody_behind(job.role)
        return f"it is told to the role {job.role} ({', '.join(owners)})"
    if finding.steps == ():
        return f"no step is due now{_told_before(finding) or _passed(case)}"
    if finding.steps is None:
        to = finding.recipient
        whom = to.email if to else _named(job.role, owners)
        return f"it is told to {whom}" if whom.casefold() not in people else _unknown(case)
    told, mine = [], False
    for step in finding.steps:
        role = step.role or job.role
        whom = step.recipient.email if step.recipient else _named(role, readers.of(role))
        mine = mine or whom.casefold() in people
        because = f" ({step.unreachable})" if step.unreachable else ""
        told.append(f"{step.name}, told to {whom}{because}")
    if mine:
        return _unknown(case)
    return f"the step that is due is {'; '.join(told)}{_told_before(finding) or _passed(case)}"


def _named(role: str, readers: Sequence[str]) -> str:
    return ", ".join(readers) or f"nobody: {nobody_behind(role)}"


def _told_before(finding: Finding) -> str:
    now = {step.name for step in finding.steps or ()}
    earlier = [name for name in finding.told if name not in now]
    return f"; before it, {', '.join(earlier)} spoke" if earlier else ""


def _passed(case: Known) -> str:
    return (
        f"; steps that had passed when it was first seen, on {case.opened_on}, are not made up for"
    )


def _unknown(case: Known) -> str:
    return (
        f"the next run tells it, or it was told longer ago than the ledger keeps ({case.opened_on})"
    )
