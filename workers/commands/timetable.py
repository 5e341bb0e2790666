"""When each job runs next: the slots ahead of every company of every tenant."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from odoo_gateway.errors import FleetError
from tasks import catalogue
from workers import dispatch
from workers.config.tenants import Tenant
from workers.wiring import Fleet

Row = Mapping[str, Any]


def of_all(fleet: Fleet, count: int) -> tuple[Sequence[Row], Mapping[str, FleetError]]:
    """The next `count` slots per job and company; and by tenant, why there are none of it."""
    rows: list[Row] = []
    errors: dict[str, FleetError] = {}
    for tenant in fleet.settings.tenants.values():
        try:
            rows += _of_tenant(fleet, tenant, count)
        except FleetError as error:
            errors[tenant.name] = error
    return rows, errors


def _of_tenant(fleet: Fleet, tenant: Tenant, count: int) -> Iterator[Row]:
    for scope in dispatch.known_scopes(fleet, tenant):
        for job in catalogue.jobs().values():
            if job.name in tenant.settings.disabled_jobs:
                continue
            line = tenant.crontab(job)
            for slot in dispatch.next_slots(line, scope.zone, fleet.clock(), count):
                yield {
                    "job": job.name,
                    "tenant": tenant.name,
                    "company": scope.name,
                    "crontab": line,
                    "next": slot.astimezone(scope.zone).isoformat(timespec="minutes"),
                    "zone": scope.zone.key,
                }
