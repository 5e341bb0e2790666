"""What of ours stands in an Odoo, and what of it was edited, switched off or is missing."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import structlog

from odoo_gateway import gates
from odoo_gateway.errors import FleetError, OdooError, OdooSchemaDrift
from odoo_gateway.procedures import comparing, membership, wanted
from odoo_gateway.procedures.comparing import RULES, Found, Standing, State
from odoo_gateway.procedures.pieces import Piece
from odoo_gateway.session import Session
from tasks import catalogue
from tasks.domain.plurals import counted
from tasks.domain.proposals import Mode
from workers import notes as watching
from workers.config.sources import SourceKind
from workers.config.tenants import Tenant
from workers.effects.releasing import KINDS
from workers.watch.visibility import Examined
from workers.wiring import Fleet

log = structlog.get_logger()

#: What is wrong, by kind, as a metric tells it.
GATES, REST = "gates", "rest"
WITHOUT_RULES = (
    "this Odoo has no automation rules, so nothing in it tells of changes: install the app "
    f"Automation Rules ({RULES}) there, then run `fleet odoo install`"
)
REMEDIES = {
    State.MISSING: "is missing: an administrator runs `fleet odoo install`",
    State.EDITED: "was edited ({}): see who did, then run `fleet odoo install` to have ours back",
    State.OFF: "was switched off: see who did, then run `fleet odoo install` to have it on again",
    State.NEEDLESS: "is needed by nothing any more: `fleet odoo install` takes it out",
}


@dataclass(frozen=True)
class Installation:
    """What stands in one Odoo, held against what should."""

    found: Found
    pieces: tuple[Piece, ...]
    standings: tuple[Standing, ...]
    #: The events that jobs wait for and no rule in this Odoo tells.
    untold: tuple[str, ...]
    gates: tuple[str, ...]

    @property
    def wrong(self) -> tuple[Standing, ...]:
        """The pieces that do not stand as they should."""
        return tuple(each for each in self.standings if each.state is not State.OK)


def events(tenant: Tenant) -> frozenset[str]:
    """Those that the tenant's jobs wait for."""
    disabled = tenant.settings.disabled_jobs
    jobs = (job for job in catalogue.jobs().values() if job.name not in disabled)
    return frozenset(wake.event for job in jobs for wake in job.wakes if not wake.is_outside_odoo)


def seen(
    session: Session, tenant: Tenant, *, by_administrator: bool, gates: Collection[str] | None
) -> Installation:
    """As the session's user sees it; gates: those that should stand, None for those that do.

    Raises OdooError, so OdooSchemaDrift where nothing is installed and the fleet's user asks.
    """
    waited = events(tenant)
    look = comparing.seen_by_administrator if by_administrator else comparing.seen_by_bot
    found = look(session, waited)
    chosen = comparing.gates_in(found) if gates is None else tuple(sorted(gates))
    pieces = wanted.pieces(found.odoo, waited, chosen)
    standings = comparing.compare(pieces, found)
    return Installation(found, pieces, standings, wanted.untold(found.odoo, waited), chosen)


def told(standing: Standing) -> str:
    """What is wrong with a piece, and what to do."""
    return REMEDIES[standing.state].format(", ".join(standing.differs))


def compare(fleet: Fleet) -> None:
    """Leave for the exporter what of ours is wrong in each Odoo; a tenant that fails is logged."""
    for tenant in fleet.settings.tenants.values():
        try:
            for found in examine(fleet, tenant):
                log.info("installed.compared", state=found.state, what=found.what)
        except FleetError as error:
            log.error("installed.unknown", tenant=tenant.name, message=str(error))


def examine_outbox(fleet: Fleet, tenant: Tenant) -> Iterator[Examined]:
    """Whether Odoo's rules write what the fleet is to take, and the fleet takes what they write."""
    what, session = f"{tenant.name}: outbox", fleet.session(tenant)
    takes = bool(tenant.sources_of(SourceKind.OUTBOX))
    try:
        writes = membership.me(session).is_in and RULES in session.modules
    except OdooError:
        return
    if takes and not writes:
        told = (
            "a source of the kind outbox is configured, and no rule in Odoo tells it anything: an "
            "administrator runs `fleet odoo install`"
        )
        yield Examined(what, "failed", told)
    elif writes and not takes:
        told = (
            "rules in Odoo write down what changes, and nobody takes it, so it piles up there: "
            "configure a source of the kind outbox (docs/events.md), or run `fleet odoo remove`"
        )
        yield Examined(what, "warning", told)


def examine_releases(fleet: Fleet, tenant: Tenant) -> Iterator[Examined]:
    """Whether somebody releases what gates keep, and what is to be released is kept at all."""
    settings, session = tenant.settings, fleet.session(tenant)
    modes = [settings.effects, *(each.effects for each in settings.company.values())]
    for gate, kind in sorted(KINDS.items()):
        is_on = any(each.get(kind, Mode.OFF) is not Mode.OFF for each in modes)
        try:
            stands = gates.stands(session, gate)
        except OdooError:
            return
        if stands and not is_on:
            told = (
                f"it stands, and effects.{kind} is off, so that only people release anything, past "
                f"the fleet: set effects.{kind} (docs/effects.md), or take the gate out"
            )
            yield Examined(f"{tenant.name}: gate {gate}", "warning", told)
        elif is_on and not stands:
            told = (
                f"effects.{kind} is on, and the gate is not installed, so that nothing is kept and "
                f"nothing released: an administrator runs `fleet odoo install --gates {gate}`"
            )
            yield Examined(f"{tenant.name}: gate {gate}", "warning", told)


def examine(fleet: Fleet, tenant: Tenant) -> Iterator[Examined]:
    """As the fleet's own user sees it."""
    what, session = f"{tenant.name}: what of ours is in Odoo", fleet.session(tenant)
    try:
        # Asked first, for Odoo's log tells of each question about a table that is not there.
        if not membership.me(session).is_in:
            hint = "" if RULES in session.modules else f"; {WITHOUT_RULES}"
            nothing = f"nothing: jobs look by their schedules; see docs/odoo-install.md{hint}"
            yield Examined(what, "ok", nothing)
            return
        here = seen(session, tenant, by_administrator=False, gates=None)
    except OdooSchemaDrift as error:
        watching.note_installed(fleet, tenant.name, {GATES: 0, REST: 1})
        yield Examined(what, "failed", str(error))
        return
    except OdooError as error:
        yield Examined(what, "warning", f"not verifiable: {error}")
        return
    wrong = [each for each in here.wrong if each.state is not State.NEEDLESS]
    of_gates = sum("gate_" in each.name for each in wrong)
    watching.note_installed(fleet, tenant.name, {GATES: of_gates, REST: len(wrong) - of_gates})
    if not here.found.odoo.has_rules:
        yield Examined(what, "warning", WITHOUT_RULES)
    for each in here.wrong:
        state = "failed" if each in wrong else "warning"
        yield Examined(f"{what}: {each.name}", state, f"{each.says}: {told(each)}")
    if not here.wrong:
        stands = f"all {counted(len(here.pieces), 'piece')} as we put them"
        gates = f"; gates: {', '.join(here.gates)}" if here.gates else "; no gates"
        untold = f"; no rule tells {', '.join(here.untold)}" if here.untold else ""
        yield Examined(what, "ok", stands + gates + untold)
