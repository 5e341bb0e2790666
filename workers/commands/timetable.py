"""When each job runs next: the slots ahead of every company of every tenant."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from odoo_gateway.errors import FleetError
from tasks import catalogue
from workers import dispatch, instants
from workers.config.tenants import Tenant
from workers.ledger.lookup import Wanted
from workers.wiring import Fleet

Row = Mapping[str, Any]


def of_all(
    fleet: Fleet, wanted: Wanted, count: int
) -> tuple[Sequence[Row], Mapping[str, FleetError]]:
    """The next `count` slots per job and company; and by tenant, why there are none of it.

    wanted: of this tenant, company and job. Raises ConfigurationError for a tenant that cannot be
    used.
    """
    every = fleet.settings.tenants.values()
    tenants = list(every) if wanted.tenant is None else [fleet.settings.tenant(wanted.tenant)]
    rows: list[Row] = []
    errors: dict[str, FleetError] = {}
    for tenant in tenants:
        try:
            rows += _of_tenant(fleet, tenant, wanted, count)
        except FleetError as error:
            errors[tenant.name] = error
    return rows, errors


def _of_tenant(fleet: Fleet, tenant: Tenant, wanted: Wanted, count: int) -> Iterator[Row]:
    for scope in dispatch.known_scopes(fleet, tenant):
        if wanted.company_id not in (None, scope.company_id):
            continue
        for job in catalogue.jobs().values():
            if job.name in tenant.settings.disabled_jobs or wanted.job not in (None, job.name):
                continue
            line = tenant.crontab(job)
            for slot in dispatch.next_slots(line, scope.zone, fleet.clock(), count):
                yield {
                    "job": job.name,
                    "tenant": tenant.name,
                    "company": scope.name,
                    "crontab": line,
                    "next": instants.written(slot),
                    "zone": scope.zone.key,
                }
