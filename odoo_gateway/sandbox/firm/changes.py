"""Change requests: quotations that name the confirmed order which they change as their source."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from odoo_gateway.sandbox.firm.deals import DEALS
from odoo_gateway.sandbox.firm.money import CURRENCIES, FIRST_CUSTOMER
from odoo_gateway.sandbox.firm.projects import line_id, order_id, project_of
from odoo_gateway.sandbox.firm.when import When, utc

Row = dict[str, Any]
HOUR: Final = 1


@dataclass(frozen=True)
class Amendment:
    """More hours for a customer, asked for so many days ago."""

    customer: str
    name: str
    hours: float
    price: float
    days_ago: int
    state: str = "sent"

    @property
    def deal(self) -> int:
        """The number of the deal that it changes."""
        return next(n for n, deal in enumerate(DEALS) if deal.customer == self.customer)


AMENDMENTS: Final = (
    Amendment("Hafenwerk GmbH", "Interface to the warehouse", 40.0, 110.0, 12),
    Amendment("Biolab Leuven", "Second lab", 20.0, 140.0, 2, "draft"),
    Amendment("Harbor Mutual", "Claims by phone", 60.0, 185.0, 20),
)


def rows(when: When) -> dict[str, list[Row]]:
    """The quotations and their lines."""
    made = list(_made(when))
    return {
        "sale.order": [order for order, _ in made],
        "sale.order.line": [line for _, line in made],
    }


def _made(when: When) -> Iterator[tuple[Row, Row]]:
    for number, amendment in enumerate(AMENDMENTS, len(DEALS)):
        deal, of = DEALS[amendment.deal], order_id(amendment.deal)
        amount = amendment.hours * amendment.price
        raised = utc(when.ago(amendment.days_ago), 10, "UTC")
        of_both = {
            "company_id": deal.company_id,
            "currency_id": CURRENCIES[deal.currency_name],
            "state": amendment.state,
            "create_date": raised,
        }
        yield (
            {
                **of_both,
                "id": order_id(number),
                "name": f"S{order_id(number):05}",
                "origin": f"S{of:05}",
                "partner_id": FIRST_CUSTOMER + amendment.deal,
                "partner_invoice_id": FIRST_CUSTOMER + amendment.deal,
                "user_id": 100 + deal.seller,
                "create_uid": 100 + deal.seller,
                "date_order": raised,
                "client_order_ref": False,
                "signed_by": False,
                "signed_on": False,
                "project_id": project_of(amendment.deal, deal) or False,
                "project_ids": [],
                "team_id": deal.company_id,
                "amount_untaxed": amount,
                "amount_total": amount,
            },
            {
                **of_both,
                "id": line_id(number, 0),
                "order_id": order_id(number),
                "sequence": 10,
                "name": amendment.name,
                "display_name": f"S{order_id(number):05} - {amendment.name}",
                "product_id": HOUR,
                "display_type": False,
                "price_unit": amendment.price,
                "technical_price_unit": amendment.price,
                "discount": 0.0,
                "product_uom_qty": amendment.hours,
                "qty_delivered": 0.0,
                "qty_invoiced": 0.0,
                "qty_to_invoice": 0.0,
                "qty_delivered_method": "timesheet",
                "is_downpayment": False,
                "is_expense": False,
                "is_service": True,
                "tax_ids": [],
                "project_id": False,
                "combo_item_id": False,
                "tax_calculation_rounding_method": "round_per_line",
                "write_date": raised,
                "price_subtotal": amount,
                "untaxed_amount_invoiced": 0.0,
                "untaxed_amount_to_invoice": 0.0,
            },
        )
