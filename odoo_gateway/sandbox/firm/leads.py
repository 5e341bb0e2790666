"""Opportunities that are won, as sales closed them."""

from collections.abc import Mapping
from typing import Any

from odoo_gateway.sandbox.firm.money import FIRST_CUSTOMER
from odoo_gateway.sandbox.firm.pipeline import WON
from odoo_gateway.sandbox.firm.when import When, utc

# Won by word of mouth: no order names it.
UNORDERED = 801


def rows(when: When) -> Mapping[str, list[dict[str, Any]]]:
    """The one that nobody wrote an order for."""
    return {
        "crm.lead": [
            {
                "id": UNORDERED,
                "name": "Crane logistics",
                "type": "opportunity",
                "active": True,
                "company_id": 1,
                "partner_id": FIRST_CUSTOMER,
                "user_id": 102,
                "team_id": 1,
                "probability": 100.0,
                "stage_id": WON,
                "create_date": utc(when.ago(44), 15, "UTC"),
                "date_closed": utc(when.ago(4), 15, "UTC"),
            }
        ]
    }
