"""Which models a database has, told by its modules: who asks for an absent one fills Odoo's log.

In Odoo 19 `ir.model` is closed to ordinary users, and every call of a model that does not exist
leaves a warning in the server's log, at each start of each job.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

OLDEST: Final = 16
NEWEST: Final = 99


@dataclass(frozen=True)
class Home:
    """Any of the modules brings the model, on these major versions, both included."""

    modules: tuple[str, ...]
    since: int = OLDEST
    until: int = NEWEST


# Those that are not everywhere. helpdesk.ticket: OCA's and Enterprise's.
HOMES: Final[Mapping[str, Home]] = {
    "crm.lead": Home(("crm",)),
    "crm.stage": Home(("crm",)),
    "helpdesk.ticket": Home(("helpdesk_mgmt", "helpdesk")),
    "hr.contract": Home(("hr_contract",), until=18),
    "hr.expense": Home(("hr_expense",)),
    "hr.expense.sheet": Home(("hr_expense",), until=18),
    "hr.version": Home(("hr",), since=19),
    "hr_timesheet.sheet": Home(("hr_timesheet_sheet",)),
    "planning.slot": Home(("planning",)),
    "project.milestone": Home(("project",)),
    "project.project": Home(("project",)),
    "project.task": Home(("project",)),
    "purchase.order": Home(("purchase",)),
    "purchase.order.line": Home(("purchase",)),
    "tier.review": Home(("base_tier_validation",)),
}


def exists(model: str, modules: Mapping[str, str], major_version: int) -> bool | None:
    """Whether a database with these modules has the model; None where only asking tells.

    Online versions between two majors count as the older one and may have what the newer has.
    """
    home = HOMES.get(model)
    if home is None:
        return None
    if not any(name in modules for name in home.modules):
        return False
    if "saas" in modules.get("base", ""):
        return None
    return home.since <= major_version <= home.until
