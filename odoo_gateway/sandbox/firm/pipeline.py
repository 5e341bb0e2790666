"""What may be sold next: opportunities in their stages, and the quotation of one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from odoo_gateway.sandbox.firm.kinds import AMERICA, EUROPE
from odoo_gateway.sandbox.firm.money import CURRENCIES
from odoo_gateway.sandbox.firm.when import When, utc

Row = dict[str, Any]
NEW, QUALIFIED, PROPOSED, WON = 1, 2, 3, 4
STAGES: Final = {NEW: "New", QUALIFIED: "Qualified", PROPOSED: "Proposition", WON: "Won"}
HOUR: Final = 1
QUOTED: Final = 951
DAY: Final = 86400.0


@dataclass(frozen=True)
class Chance:
    """An opportunity that began so many days ago, and is expected to close in so many."""

    id: int
    name: str
    partner_id: int
    seller: int
    stage: int
    began: int
    closes_in: int | None
    revenue: float
    company_id: int = EUROPE
    notes: str = ""
    closed: int | None = None


CHANCES: Final = (
    Chance(
        701,
        "Tide tables for the harbour",
        20,
        2,
        PROPOSED,
        20,
        30,
        9440.0,
        notes="<p>In scope: tide tables of three harbours, with alarms by text message. "
        "Out of scope: hardware and its installation.</p>",
    ),
    Chance(702, "Laboratory planning", 28, 3, QUALIFIED, 40, -6, 26000.0),
    Chance(703, "Claims archive", 42, 28, NEW, 9, 60, 15000.0, AMERICA),
    Chance(704, "Grain ledger", 42, 28, WON, 70, -25, 18000.0, AMERICA, closed=25),
)


def rows(when: When) -> Mapping[str, list[Row]]:
    """The pipeline, with the one quotation that belongs to it."""
    return {
        "crm.lead": [_opportunity(chance, when) for chance in CHANCES],
        "crm.stage": [
            {"id": number, "name": name, "sequence": number, "is_won": number == WON}
            for number, name in STAGES.items()
        ],
        "sale.order": [_quotation(when)],
        "sale.order.line": [_line(when)],
    }


def _opportunity(chance: Chance, when: When) -> Row:
    began = utc(when.ago(chance.began), 9, "UTC")
    moved = utc(when.ago(chance.closed or 3), 9, "UTC")
    return {
        "id": chance.id,
        "name": chance.name,
        "type": "opportunity",
        "active": True,
        "stage_id": chance.stage,
        "user_id": 100 + chance.seller,
        "team_id": chance.company_id,
        "company_id": chance.company_id,
        "partner_id": chance.partner_id,
        "expected_revenue": chance.revenue,
        "create_date": began,
        "date_conversion": began,
        "date_closed": moved if chance.closed else False,
        "date_deadline": (
            when.ago(-chance.closes_in).isoformat() if chance.closes_in is not None else False
        ),
        "date_last_stage_update": moved,
        "description": chance.notes or False,
        "email_from": False,
        "phone": False,
        "tag_ids": [],
        "duration_tracking": {str(NEW): 4 * DAY} if chance.stage != NEW else {},
    }


def _quotation(when: When) -> Row:
    quoted = utc(when.ago(6), 10, "UTC")
    return {
        "id": QUOTED,
        "name": f"S{QUOTED:05}",
        "state": "sent",
        "partner_id": 20,
        "partner_invoice_id": 20,
        "user_id": 102,
        "create_uid": 102,
        "currency_id": CURRENCIES["EUR"],
        "company_id": EUROPE,
        "team_id": EUROPE,
        "opportunity_id": 701,
        "create_date": quoted,
        "date_order": quoted,
        "validity_date": when.ago(-24).isoformat(),
        "origin": False,
        "client_order_ref": False,
        "signed_by": False,
        "signed_on": False,
        "note": False,
        "project_id": False,
        "project_ids": [],
        "tag_ids": [],
        "amount_untaxed": 9440.0,
        "amount_total": 9440.0,
    }


def _line(when: When) -> Row:
    quoted = utc(when.ago(6), 10, "UTC")
    return {
        "id": 10 * QUOTED,
        "order_id": QUOTED,
        "sequence": 10,
        "name": "Consulting",
        "display_name": f"S{QUOTED:05} - Consulting",
        "product_id": HOUR,
        "product_type": "service",
        "display_type": False,
        "currency_id": CURRENCIES["EUR"],
        "company_id": EUROPE,
        "state": "sent",
        "price_unit": 118.0,
        "technical_price_unit": 118.0,
        "discount": 0.0,
        "product_uom_qty": 80.0,
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
        "create_date": quoted,
        "write_date": quoted,
        "price_subtotal": 9440.0,
        "untaxed_amount_invoiced": 0.0,
        "untaxed_amount_to_invoice": 0.0,
    }
