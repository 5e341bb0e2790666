"""Which system keeps what for a tenant, who tells of changes there, and which jobs look then."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from odoo_gateway.procedures.events import UNRULED
from tasks import catalogue
from workers import looking
from workers.config.sources import OF_ODOO, SourceKind
from workers.config.systems import MODELS, ODOO, RecordKind
from workers.config.tenants import Tenant
from workers.ledger import inbox
from workers.watch.visibility import Examined
from workers.wiring import Fleet


@dataclass(frozen=True)
class Kept:
    """Where a tenant keeps records of a kind."""

    records: RecordKind
    #: Odoo, or the source by whose name the system outside tells of them.
    system: str
    #: The sources that tell of changes there.
    told_by: Sequence[str]
    #: The last time that one of them told of anything; None where none did, or nobody knows.
    told_at: datetime | None
    #: The jobs that look then.
    wakes: Sequence[str]


def kept(fleet: Fleet, tenant: Tenant) -> Sequence[Kept]:
    """Each kind of record of a tenant; when something was told of is asked of the ledger."""
    heard: Mapping[str, datetime] = {}
    if looking.remembers(fleet):
        with fleet.ledger.reading() as connection:
            heard = inbox.last_heard(connection, tenant.name)
    found = []
    for kind in RecordKind:
        system = tenant.system_of(kind)
        told_by = _tellers(tenant, kind) if system == ODOO else [system]
        told_at = max((heard[name] for name in told_by if name in heard), default=None)
        found.append(Kept(kind, system, told_by, told_at, _woken(tenant, kind)))
    return found


def examine(fleet: Fleet, tenant: Tenant) -> Iterator[Examined]:
    """Odoo in one line, and one for what each system outside keeps: a warning if it was silent."""
    found, what = kept(fleet, tenant), f"{tenant.name}: systems"
    here = [each.records.value for each in found if each.system == ODOO]
    told_by = "no source: jobs look by their schedules"
    if sources := tenant.sources_of(*OF_ODOO):
        kinds = [each.records.value for each in found if each.system == ODOO and each.told_by]
        told_by = f"{', '.join(sources)}: {', '.join(kinds) or 'none of them'}"
    if here:
        yield Examined(what, "ok", f"Odoo keeps {', '.join(here)}, told of by {told_by}")
    for each in found:
        if each.system == ODOO:
            continue
        told = f"{each.system} keeps {each.records}"
        if each.told_at is None and looking.remembers(fleet):
            silent = f"{told}, and has told of nothing yet: see docs/integrations.md"
            yield Examined(what, "warning", silent)
        else:
            yield Examined(what, "ok", told)


def _tellers(tenant: Tenant, kind: RecordKind) -> Sequence[str]:
    """Outbox and feed tell of no more than jobs wake for, and the outbox of what has rules."""
    waited = {subject for subjects in _waited(tenant, kind).values() for subject in subjects}
    tells = {
        SourceKind.OUTBOX: bool(waited - UNRULED),
        SourceKind.FEED: bool(waited),
        SourceKind.ODOO_WEBHOOK: True,
    }
    return tenant.sources_of(*(source for source, does in tells.items() if does))


def _woken(tenant: Tenant, kind: RecordKind) -> Sequence[str]:
    return [name for name, subjects in _waited(tenant, kind).items() if subjects]


def _waited(tenant: Tenant, kind: RecordKind) -> Mapping[str, set[str]]:
    """By job that is wanted, the models of the kind that it wakes for."""
    return {
        name: {wake.subject for wake in job.wakes} & {*MODELS[kind]}
        for name, job in catalogue.jobs().items()
        if name not in tenant.settings.disabled_jobs
    }
