"""Makes the whole firm, in the order in which a firm grows."""

from typing import Any

from tests.live.inside.firm import absence, hours, invoices, people, planning, selling, setting
from tests.live.inside.firm.catalogue import Catalogue


def build(env: Any, today: str, seed: int, size: int, orders: int) -> dict[str, Any]:
    """Make the firm as it is seen on that day; returns how long each part took, in seconds."""
    firm = setting.of(env, today, seed, size, orders)
    people.make(firm)
    absence.make(firm)
    catalogue = Catalogue(firm)
    sales = selling.make(firm, catalogue)
    hours.posts(firm, sales)
    hours.log_old(firm)
    selling.deliver(firm, sales, late=False)
    invoices.early(firm, sales)
    hours.log_recent(firm)
    selling.deliver(firm, sales, late=True)
    invoices.expenses(firm, catalogue, sales)
    selling.evidence(firm, sales)
    invoices.late(firm, sales)
    planning.make(firm)
    people.leave(firm)
    firm.env.cr.commit()
    return {"seconds": firm.steps}
