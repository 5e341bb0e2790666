"""The modules that jobs use where they are, and what the reports say of each without it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from odoo_gateway.sandbox import Sandbox, firm
from tasks import catalogue
from tests.fakes import modules
from tests.fakes.modules import Declared
from tests.tasks.conftest import MONDAY, reading
from tests.tasks.versions.running import JOBS, NOW, POLICIES

ASKING: Final[Mapping[str, Mapping[str, Any]]] = {
    **POLICIES,
    "invoice_readiness": {"order_approval_required": True, "blocking_ticket_priority": "2"},
}
ON_19: Final = "real Odoo 19, with and without"
DECLARED: Final = "declared fields on the sandbox"
RECORDED: Final = "recorded fields of Odoo 16 on the sandbox"


@dataclass(frozen=True)
class Module:
    """A module: whose it is, what it adds, where that is proven, and its fields if not ours."""

    name: str
    origin: str
    adds: str
    proven: str
    declares: Declared = field(default_factory=dict)
    version: int = 19

    def said_without(self) -> str:
        """What is not verifiable without the module and is with it."""
        present = _usual(self.version)
        if self.declares:
            more = Sandbox(MONDAY.date(), declares=self.declares, rows=_rows(self.name))
            absent, present = present, _not_verifiable(more)
        else:
            lacking = [self.name]
            bare = Sandbox(MONDAY.date(), version=self.version, lacks_modules=lacking)
            absent = _not_verifiable(bare)
        lost = absent - present
        return "<br>".join(f"{job}: {check}" for job, check in sorted(lost)) or "nothing"


def _rows(name: str) -> Any:
    """The firm, with a ticket that can be seen where there is a helpdesk."""
    ticket = {"id": 1, "name": "Done", "closed": True, "priority": "3", "company_id": 1}
    more = {"helpdesk.ticket": [ticket]} if name == "helpdesk_mgmt" else {}
    return {**firm.build(MONDAY.date()), **more}


@cache
def _usual(version: int) -> set[tuple[str, str]]:
    return _not_verifiable(Sandbox(MONDAY.date(), version=version))


def _not_verifiable(odoo: Sandbox) -> set[tuple[str, str]]:
    found = set()
    for name in JOBS:
        job = catalogue.jobs()[name]
        report = job.run(reading(odoo), NOW, job.policy(**ASKING.get(name, {})))
        found |= {(name, gap.check) for gap in report.not_verifiable}
    return found


MODULES: Final = (
    Module(
        "sale_timesheet",
        "Odoo",
        "links hours to order lines and invoices: unbilled hours, their age, billable hours",
        ON_19,
    ),
    Module(
        "hr_expense",
        "Odoo",
        "expenses of an order that are not posted yet block its invoice; submitted ones wait for "
        "their approver",
        ON_19,
    ),
    Module(
        "project_timesheet_holidays",
        "Odoo",
        "leave and holidays that it books as hours are left out of logged hours",
        ON_19,
    ),
    Module(
        "hr_contract",
        "Odoo, 16 to 18",
        "the calendar and contract in force on each past day (19: hr.version of hr)",
        RECORDED,
        version=16,
    ),
    Module(
        "sale_tier_validation",
        "OCA",
        "an order with an open or rejected review is blocked, by its reviewers; "
        "`order_approval_required = true` tells where the module is missing",
        ON_19,
        modules.SALE_TIER_VALIDATION,
    ),
    Module(
        "helpdesk_mgmt",
        "OCA",
        'open tickets of the customer from `blocking_ticket_priority` ("0" to "3") on block; '
        "the fleet's user needs the group that sees all tickets",
        ON_19,
        modules.HELPDESK_MGMT,
    ),
    Module(
        "timesheet_grid",
        "Enterprise",
        "hours that are not validated block the invoice of an order, and wait for the timesheet "
        "approver of the employee, else the manager",
        DECLARED,
        modules.TIMESHEET_GRID,
    ),
    Module(
        "hr_timesheet_sheet",
        "OCA, not for 19",
        "hours on no approved sheet block the invoice of an order; those of submitted sheets wait "
        "for the reviewer, else the manager",
        DECLARED,
        modules.HR_TIMESHEET_SHEET,
    ),
    Module(
        "planning",
        "Enterprise",
        "planned hours come from planning slots, else from allocated hours of tasks; "
        "`planned_basis` says which",
        DECLARED,
        modules.PLANNING,
    ),
)
