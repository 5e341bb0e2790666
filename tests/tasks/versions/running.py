"""Runs jobs on a version of the sandbox and notes what that version lacks for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from odoo_gateway.errors import OdooSchemaDrift
from odoo_gateway.reader import Reader
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import OURS
from odoo_gateway.transport import Transport
from tasks import catalogue
from tasks.domain.findings import NotVerifiable, Report
from tasks.domain.handoffs import Handoffs
from tasks.domain.periods import AsOf
from tests.contracts import declared
from tests.fakes.overlay import Overlay
from tests.tasks.conftest import MONDAY, reading

JOBS: Final = tuple(sorted(catalogue.jobs()))
# No version of Odoo has a part in what the fleet remembers.
REMEMBERED: Final = Handoffs(kept_since=MONDAY - timedelta(days=2000), looked_at=MONDAY)
NOW: Final = AsOf(MONDAY, ZoneInfo("Europe/Brussels"), MONDAY, handoffs=REMEMBERED)
COMPANIES: Final = (1, 2)
# Of the firm's stage Qualified.
REVIEW: Final = {
    "stage": 2,
    "items": [{"item": "scope", "field": "description"}, {"item": "phone", "field": "phone"}],
}
POLICIES: Final[Mapping[str, Mapping[str, Any]]] = {
    "presales_review": {"reviews": [REVIEW]},
    "utilization_variance": {"target_percent": 75},
}


@dataclass(frozen=True)
class Told:
    """What a job said of every company of one Odoo, and the names that this Odoo lacks."""

    reports: Sequence[Report]
    lacks: Sequence[str]

    @property
    def not_verifiable(self) -> Sequence[NotVerifiable]:
        """What could not be told, once each."""
        found = {gap.check: gap for report in self.reports for gap in report.not_verifiable}
        return [found[check] for check in sorted(found)]


def run(name: str, transport: Transport, company_id: int) -> Report:
    """The report of one job on one company, at the moment that the tests stand at."""
    return _run(name, reading(transport, company_id))


def _run(name: str, odoo: Reader) -> Report:
    job = catalogue.jobs()[name]
    report = job.run(odoo, NOW, job.policy(**POLICIES.get(name, {})))
    assert odoo.drift == []
    return report


@cache
def told(name: str, version: int) -> Told:
    """The job on the sandbox as that version of Odoo."""
    overlay = Overlay(Sandbox(MONDAY.date(), version=version), {})
    readers = [reading(overlay, company_id) for company_id in COMPANIES]
    reports = [_run(name, odoo) for odoo in readers]
    # What its modules and version tell is not asked for.
    wanted = {model for odoo in readers for model in odoo.session._known.rights}
    # Our own tables are of no version.
    wanted = {model for model in wanted if not model.startswith(OURS)}
    absent = {model for model in wanted if readers[0].session.exists(model) is False}
    hidden = {
        f"{record.MODEL}.{name}"
        for odoo in readers
        for record, layout in odoo.session._layouts.items()
        if record.MODEL in declared.fields()
        for name in layout.absent
    }
    return Told(reports, sorted(absent | hidden | _missing(overlay)))


def _missing(overlay: Overlay) -> set[str]:
    found: set[str] = set()
    for model, method, args, kwargs in list(overlay.seen):
        if method not in ("fields_get", "check_access_rights"):
            continue
        try:
            overlay.inner.call(model, method, args, kwargs)
        except OdooSchemaDrift:
            found.add(model)
    return found


def without_links(value: Any) -> Any:
    """Rows and findings without their addresses, which versions build in their own way."""
    if isinstance(value, Mapping):
        return {key: without_links(item) for key, item in value.items() if key != "url"}
    if isinstance(value, list | tuple):
        return [without_links(item) for item in value]
    return value
