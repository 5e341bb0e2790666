"""Which ways a finding goes: by the first route of the tenant that fits, else by the job's own."""

from dataclasses import dataclass

from tasks.declaration import AnyJob, Audience
from tasks.domain.findings import Severity
from workers.config.targets import RouteSettings
from workers.config.tenants import TenantSettings


@dataclass(frozen=True)
class Route:
    """One way: the channel, and whether it waits for the digest."""

    channel: str
    digest: bool = True


def routes_of(
    tenant: TenantSettings, job: AnyJob, audience: Audience, severity: Severity, company_id: int
) -> tuple[Route, ...]:
    """The ways of a finding, each channel once."""
    for route in tenant.routes:
        if _fits(route, job, audience, severity, company_id):
            return tuple(Route(name, route.digest) for name in dict.fromkeys(route.channels))
    return tuple(Route(channel) for channel in job.channels)


def _fits(
    route: RouteSettings, job: AnyJob, audience: Audience, severity: Severity, company_id: int
) -> bool:
    return (
        (not route.jobs or job.name in route.jobs)
        and (not route.audiences or audience in route.audiences)
        and (not route.companies or company_id in route.companies)
        and severity.rank >= route.severity_from.rank
    )
