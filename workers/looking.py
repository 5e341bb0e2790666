"""The one way to look: what the ledger remembers, what Odoo shows now, and what the job says."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from odoo_gateway.errors import ConfigurationError, FleetError, OdooRejected, OdooSchemaDrift
from odoo_gateway.reader import Drift, Reader
from tasks import catalogue
from tasks.declaration import AnyJob
from tasks.domain.cases import ClosedCase, OpenCase
from tasks.domain.findings import NOT_SEEN, Finding, Report
from tasks.domain.handoffs import Handoffs
from tasks.domain.news import Subject
from tasks.domain.periods import CLOSED_DAYS, AsOf, Period
from tasks.domain.policy import Policy
from workers.config.sources import SourceKind
from workers.config.tenants import Tenant
from workers.ledger import acts, cases, handoffs, inbox, proposed, scopes
from workers.ledger.database import Connection
from workers.ledger.errors import LedgerError
from workers.ledger.places import Place
from workers.ledger.scopes import Scope
from workers.wiring import Fleet

log = structlog.get_logger()


class UnknownJob(FleetError):
    """This version of the fleet has no such job; during a deploy, another one may."""


def job_named(name: str) -> AnyJob:
    """Raises UnknownJob."""
    jobs = catalogue.jobs()
    if name not in jobs:
        raise UnknownJob(f"there is no job {name} in this version: deploy the one that has it")
    return jobs[name]


@dataclass(frozen=True)
class Lookout:
    """From where one looks: a place with its job, tenant and scope at hand."""

    job: AnyJob
    tenant: Tenant
    scope: Scope

    @property
    def place(self) -> Place:
        """What the ledger knows it by."""
        return Place(self.job.name, self.tenant.name, self.scope.company_id)

    def reader(self, fleet: Fleet) -> Reader:
        """What reads the company's Odoo, and keeps what it could not read."""
        return Reader(fleet.session(self.tenant), self.scope.company_id)


def lookout_of(fleet: Fleet, place: Place) -> Lookout:
    """The lookout of a place. Raises UnknownJob, or OdooRejected when the company is gone."""
    with fleet.ledger.reading() as connection:
        known = scopes.of_tenant(connection, place.tenant)
    scope = next((scope for scope in known if scope.company_id == place.company_id), None)
    return lookout_in(fleet, place, scope)


def lookout_in(fleet: Fleet, place: Place, scope: Scope | None) -> Lookout:
    """The lookout of a place whose company is `scope`. Raises as `lookout_of`."""
    found, configured = job_named(place.job), fleet.settings.tenant(place.tenant)
    if scope is None:
        raise OdooRejected(
            f"tenant {place.tenant} shows no company {place.company_id} any more: "
            "the fleet's user lost it"
        )
    return Lookout(found, configured, scope)


@dataclass(frozen=True)
class Look:
    """What a job saw and said in one company."""

    report: Report
    #: Rows that fit no record.
    drift: tuple[Drift, ...]
    #: The moment that was judged, with what the ledger remembers.
    moment: AsOf
    #: The cases that stood before.
    known: tuple[OpenCase, ...] = ()
    #: The values that judged, by version.
    policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: Who approved the amendments of each version.
    approved: Mapping[str, str] = field(default_factory=dict)

    def left_alone(self, finding: Finding) -> bool:
        """Whether a finding may rest on a row that could not be read, or was not looked for."""
        about = ((finding.model, finding.record_id), finding.held_as)
        unread = any(drift.may_touch(*about) for drift in self.drift)
        return unread or not self.report.covers(finding)


def look(
    fleet: Fleet,
    lookout: Lookout,
    instant: datetime,
    now: datetime,
    period: Period | None = None,
    *,
    remember: bool = True,
    only: frozenset[Subject] | None = None,
    keys: Collection[str] | None = None,
) -> Look:
    """Remember, read and judge; writes nothing anywhere. Raises OdooError, LedgerUnavailable.

    instant: the one to judge. now: the true time. period: one that was asked for. remember: False
    looks as a first run would, and needs no ledger. only: what to look at, of a job that can look
    at some records alone. keys: those that these cases are about, open or closed of late.
    """
    moment = AsOf(instant, lookout.scope.zone, now, period, only=only)
    known: tuple[OpenCase, ...] = ()
    if remember:
        moment, known = _remembered(fleet, lookout, moment)
    if keys is not None:
        moment = replace(moment, only=_about(keys, (*known, *moment.closed)))
    company_id = lookout.scope.company_id
    moment = replace(moment, holds=lookout.tenant.holds(company_id, moment.day))
    policy = lookout.tenant.policy(lookout.job, company_id, moment.day)
    reader, report = _read_and_judged(fleet, lookout, moment, policy)
    return Look(report, tuple(reader.drift), moment, known, policy.versions(), policy.approvals())


def _read_and_judged(
    fleet: Fleet, lookout: Lookout, moment: AsOf, policy: Policy
) -> tuple[Reader, Report]:
    """The job's report, and what read for it.

    Where Odoo refuses a field or a model that we had learnt of before, all is learnt and read anew.
    """
    reader = lookout.reader(fleet)
    try:
        return reader, lookout.job.run(reader, moment, policy)
    except (OdooRejected, OdooSchemaDrift) as error:
        if not reader.session.may_be_outdated(error):
            raise
        log.info("look.learnt_anew", **lookout.place.columns, message=str(error))
    reader.session.forget()
    reader = lookout.reader(fleet)
    return reader, lookout.job.run(reader, moment, policy)


def _about(
    keys: Collection[str], remembered: Iterable[OpenCase | ClosedCase]
) -> frozenset[Subject] | None:
    """What the cases of these keys are about; None for everything.

    Closed ones count: one that was settled in between may stand again before a run sees it. That
    figures are withheld is about no record, but about all that is read.
    """
    found = [case.finding for case in remembered if case.finding.key in keys]
    if any(finding.kind == NOT_SEEN for finding in found):
        return None
    return frozenset((finding.model, finding.record_id) for finding in found)


def remembers(fleet: Fleet) -> bool:
    """Whether there is a ledger of this version that can be read; why not is logged.

    It is neither made nor upgraded.
    """
    if fleet.ledger.missing:
        return False
    try:
        fleet.ledger.check()
    except (ConfigurationError, LedgerError) as error:
        log.warning("look.nothing_remembered", message=str(error))
        return False
    return True


def _remembered(fleet: Fleet, lookout: Lookout, moment: AsOf) -> tuple[AsOf, tuple[OpenCase, ...]]:
    """The moment with what the ledger knows, and the cases that stand."""
    since = moment.instant - timedelta(days=CLOSED_DAYS)
    with fleet.ledger.reading() as connection:
        known, closed = cases.remembered(connection, lookout.place, since, moment.zone)
        done = acts.standing(connection, lookout.place)
        before = proposed.of_place(connection, lookout.place, lookout.job.proposes)
        signed = _signed(connection, lookout)
        handed = _handoffs(fleet, connection, lookout, moment.now)
    standing = {case.finding.key: case.opened_on for case in known}
    told = replace(moment, standing=standing, closed=closed, acts=done)
    return replace(told, proposed=before, signed=signed, handoffs=handed), known


def _handoffs(
    fleet: Fleet, connection: Connection, lookout: Lookout, now: datetime
) -> Handoffs | None:
    """Those that the job goes by; None where no job of the tenant has such handoffs accepted."""
    kinds, place = {*lookout.job.goes_by}, lookout.place
    # All that they hand in, so that what changed after it was accepted is known, too.
    asked = {
        name: job.handed_in
        for name, job in catalogue.jobs().items()
        if kinds & {*job.handed_in} and name not in lookout.tenant.settings.disabled_jobs
    }
    if not asked:
        return None
    return handoffs.of_places(
        connection,
        [replace(place, job=name) for name in sorted(asked)],
        {kind for kinds in asked.values() for kind in kinds},
        now - timedelta(days=fleet.settings.environment.retention_days),
    )


def _signed(connection: Connection, lookout: Lookout) -> Mapping[Subject, datetime] | None:
    """What was signed outside Odoo; None where no source that signs what it sends would tell."""
    sources = lookout.tenant.sources_of(SourceKind.SIGNED_WEBHOOK)
    if not sources or not lookout.job.heeds_signatures:
        return None
    return inbox.signed(connection, lookout.tenant.name, sources)
