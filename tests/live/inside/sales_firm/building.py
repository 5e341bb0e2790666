"""Makes the whole firm, in the order in which a sale comes to delivery."""

from typing import Any

from tests.live.inside.firm import setting
from tests.live.inside.sales_firm import catalogue, customers, leads, papers, people, projects
from tests.live.inside.sales_firm import selling as orders_part
from tests.live.inside.sales_firm.setting import SalesFirm


def build_sales(env: Any, today: str, seed: int, leads_wanted: int, orders: int) -> dict[str, Any]:
    """Make the firm as it is seen on that day; returns how long each part took, in seconds."""
    firm = SalesFirm(setting.of(env, today, seed, leads_wanted, orders))
    people.make(firm)
    customers.make(firm)
    catalogue.make(firm)
    leads.make(firm)
    orders_part.make(firm)
    leads.follow(firm)
    projects.make(firm)
    papers.make(firm)
    firm.backdate()
    firm.env.cr.commit()
    return {"seconds": firm.base.steps}
