"""What projects and orders are coded by: analytic accounts, and tags of service lines."""

from typing import Any, Final

from odoo_gateway.sandbox.firm.kinds import AMERICA, Deal

Row = dict[str, Any]

PLANS: Final = {1: "Projects", 2: "Departments"}
# By name; an order's tags are of another model than a project's, and have other ids.
ADVISORY, IMPLEMENTATION, MANAGED, PILOT = "Advisory", "Implementation", "Managed services", "Pilot"
PROJECT_TAGS: Final = {ADVISORY: 1, IMPLEMENTATION: 2, MANAGED: 3, PILOT: 4}
ORDER_TAGS: Final = {ADVISORY: 11, IMPLEMENTATION: 12, MANAGED: 13}

# Customers whose codes are not as they should be.
NO_ACCOUNT: Final = "Café Central"
ARCHIVED_ACCOUNT: Final = "Orchestre de Gand"
OTHER_PLAN: Final = "Biolab Leuven"
BOOKED_ELSEWHERE: Final = "Museo Civico"
UNTAGGED: Final = "Brauerei Sonnental"
TWO_SERVICE_LINES: Final = "Rhein Kliniken"
OTHER_TAG: Final = "Vlaamse Pers"
OTHER_SERVICE_LINE: Final = "Harbor Mutual"


def rows(projects: list[Row]) -> dict[str, list[Row]]:
    """All accounts, one for each project that has one, with their plans, and all tags."""
    return {
        "account.analytic.account": [
            {
                "id": project["account_id"],
                "name": project["name"],
                "active": project["name"] != ARCHIVED_ACCOUNT,
                "plan_id": 2 if project["name"] == OTHER_PLAN else 1,
                "company_id": project["company_id"],
            }
            for project in projects
            if project["account_id"]
        ],
        "account.analytic.plan": [{"id": n, "name": name} for n, name in PLANS.items()],
        "project.tags": [{"id": n, "name": name} for name, n in PROJECT_TAGS.items()],
        "crm.tag": [{"id": n, "name": name} for name, n in ORDER_TAGS.items()],
    }


def account_of(project_id: int, deal: Deal) -> int | bool:
    """The account of a project that was sold."""
    return False if deal.customer == NO_ACCOUNT else project_id


def distribution(project_id: int | None, deal: Deal) -> dict[str, float] | bool:
    """The accounts of what an order sells: that of its project, all but once."""
    if project_id is None or deal.customer == NO_ACCOUNT:
        return False
    if deal.customer == BOOKED_ELSEWHERE:
        project_id = 101
    return {str(project_id): 100.0}


def project_tags(deal: Deal) -> list[int]:
    """The tags of a project that was sold."""
    if deal.customer == UNTAGGED:
        return []
    more = {TWO_SERVICE_LINES: [MANAGED], OTHER_TAG: [PILOT]}.get(deal.customer, [])
    return [PROJECT_TAGS[name] for name in (_service_line(deal), *more)]


def order_tags(deal: Deal) -> list[int]:
    """The tags of an order."""
    if deal.customer == UNTAGGED:
        return []
    name = ADVISORY if deal.customer == OTHER_SERVICE_LINE else _service_line(deal)
    return [ORDER_TAGS[name]]


def _service_line(deal: Deal) -> str:
    if deal.company_id == AMERICA:
        return MANAGED
    return ADVISORY if deal.seller == 2 else IMPLEMENTATION
