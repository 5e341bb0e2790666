"""Orders of the last days, with what sales hands to delivery: papers, projects, a signature."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from odoo_gateway.sandbox.firm import codes
from odoo_gateway.sandbox.firm.kinds import AMERICA, EUROPE
from odoo_gateway.sandbox.firm.money import CURRENCIES
from odoo_gateway.sandbox.firm.when import When, utc

Row = dict[str, Any]
HOUR, MILESTONES = 1, 3
PDF: Final = "application/pdf"
CUSTOMER, CONTACT, SIGNER, MESSAGE = 400, 410, 420, 430
TERMS: Final = 1


@dataclass(frozen=True)
class Part:
    """A service that an order sells, and Odoo's name of what tells that it is delivered."""

    name: str
    product: int
    price: float
    quantity: float
    method: str


HOURLY: Final = Part("Consulting", HOUR, 118.0, 160.0, "timesheet")
STAGED: Final = Part("Design and build", MILESTONES, 24000.0, 1.0, "milestones")


@dataclass(frozen=True)
class Won:
    """An order that was confirmed so many days ago, and what is on it."""

    id: int
    customer: str
    seller: int
    days_ago: int
    company_id: int = EUROPE
    #: street, zip, city, country.
    address: tuple[str, str, str, str] = ("", "", "", "")
    vat: str = ""
    reference: str = ""
    terms: bool = True
    note: str = ""
    files: tuple[str, ...] = ()
    #: By its contact on the portal; or only in the order's fields.
    signed: bool = False
    typed: bool = False
    #: The employee who leads its project.
    manager: int | None = None
    starts_in: int | None = None
    hours: float = 0.0
    #: Of the milestones that bill it, in percent; empty where hours do.
    shares: tuple[float, ...] = ()
    #: Nobody has set one up: it sells hours and a part that milestones are to bill.
    has_project: bool = True

    @property
    def name(self) -> str:
        """As Odoo numbers orders."""
        return f"S{self.id:05}"

    @property
    def number(self) -> int:
        """Among these."""
        return self.id - WON[0].id

    @property
    def parts(self) -> tuple[Part, ...]:
        """What it sells."""
        if not self.has_project:
            return HOURLY, STAGED
        return (STAGED if self.shares else HOURLY,)

    @property
    def amount(self) -> float:
        """Untaxed, in its currency."""
        return sum(part.price * part.quantity for part in self.parts)

    @property
    def project_id(self) -> int | bool:
        """Of the project that delivers it."""
        return self.has_project and self.id

    @property
    def service_line(self) -> str:
        """That of its company."""
        return codes.IMPLEMENTATION if self.company_id == EUROPE else codes.MANAGED

    @property
    def currency(self) -> int:
        """The company's own."""
        return CURRENCIES["EUR" if self.company_id == EUROPE else "USD"]


WON: Final = (
    Won(
        901,
        "Werft Stralsund",
        2,
        2,
        address=("Hafenstr. 1", "18439", "Stralsund", "DE"),
        vat="DE812345678",
        reference="WS-2207",
        note="In scope: dock planning and its interface. Out of scope: hardware.",
        files=("Statement of work Werft Stralsund.pdf",),
        signed=True,
        manager=17,
        starts_in=10,
        hours=160.0,
    ),
    Won(
        902,
        "Kanzlei Brandt",
        3,
        6,
        address=("Markt 3", "", "Leipzig", "DE"),
        terms=False,
        files=("Quotation - S00902.pdf",),
        typed=True,
        shares=(40.0, 30.0),
    ),
    Won(
        903,
        "Prairie Grain Co",
        28,
        1,
        AMERICA,
        address=("12 Mill Road", "68101", "Omaha", "US"),
        reference="PG-31",
        files=("SOW Prairie Grain.pdf", "Quotation - S00903.pdf"),
        signed=True,
        manager=29,
    ),
    Won(
        904,
        "Reederei Fehmarn",
        3,
        1,
        address=("Am Sund 4", "23769", "Fehmarn", "DE"),
        vat="DE811223344",
        reference="RF-118",
        note="In scope: the timetable of both ferries. Out of scope: tickets.",
        files=("Statement of work Reederei Fehmarn.pdf",),
        signed=True,
        has_project=False,
    ),
)


def rows(when: When) -> Mapping[str, list[Row]]:
    """Everything that hangs on these orders."""
    signed = [won for won in WON if won.signed]
    set_up = [won for won in WON if won.has_project]
    return {
        "account.payment.term": [{"id": TERMS, "name": "30 days"}],
        "account.analytic.account": [_account(won) for won in set_up],
        "ir.attachment": list(_files()),
        "mail.message": [_signature(won, when) for won in signed],
        "product.category": [
            {"id": 1, "name": "Goods", "parent_path": "1/"},
            {"id": 2, "name": "Services", "parent_path": "1/2/"},
        ],
        "project.milestone": list(_milestones(when)),
        "project.project": [_project(won, when) for won in set_up],
        "res.partner": [*map(_customer, WON), *map(_contact, signed)],
        "res.users": [_login(won) for won in signed],
        "sale.order": [_order(won, when) for won in WON],
        "sale.order.line": [line for won in WON for line in _lines(won, when)],
    }


def _order(won: Won, when: When) -> Row:
    confirmed = utc(when.ago(won.days_ago), 10, "UTC")
    signs = won.signed or won.typed
    return {
        "id": won.id,
        "name": won.name,
        "partner_id": CUSTOMER + won.number,
        "partner_invoice_id": CUSTOMER + won.number,
        "user_id": 100 + won.seller,
        "currency_id": won.currency,
        "company_id": won.company_id,
        "state": "sale",
        "create_date": confirmed,
        "create_uid": 100 + won.seller,
        "date_order": confirmed,
        "origin": False,
        "client_order_ref": won.reference or False,
        "signed_by": won.customer if signs else False,
        "signed_on": confirmed if signs else False,
        "project_id": won.project_id,
        "project_ids": [won.id] if won.has_project else [],
        "team_id": won.company_id,
        "payment_term_id": TERMS if won.terms else False,
        "tag_ids": [codes.ORDER_TAGS[won.service_line]],
        "amount_untaxed": won.amount,
        "amount_total": won.amount,
    }


def _lines(won: Won, when: When) -> Iterator[Row]:
    for position, part in enumerate(won.parts):
        yield {
            **_line(won, when, position),
            "name": part.name,
            "product_id": part.product,
            "display_type": False,
            "price_unit": part.price,
            "product_uom_qty": part.quantity,
            "qty_delivered_method": part.method,
            "is_service": True,
            "project_id": won.project_id,
            "analytic_distribution": won.has_project and {str(won.id): 100.0},
            "price_subtotal": part.price * part.quantity,
        }
    if won.note:
        yield {
            **_line(won, when, len(won.parts)),
            "name": won.note,
            "product_id": False,
            "display_type": "line_note",
            "price_unit": 0.0,
            "product_uom_qty": 0.0,
            "qty_delivered_method": "manual",
            "is_service": False,
            "project_id": False,
            "price_subtotal": 0.0,
        }


def _line(won: Won, when: When, position: int) -> Row:
    return {
        "id": 10 * won.id + position,
        "order_id": won.id,
        "sequence": 10 + position,
        "display_name": f"{won.name} - {position}",
        "currency_id": won.currency,
        "company_id": won.company_id,
        "state": "sale",
        "create_date": utc(when.ago(won.days_ago), 9, "UTC"),
        "write_date": utc(when.ago(won.days_ago), 10, "UTC"),
        "discount": 0.0,
        "qty_delivered": 0.0,
        "qty_invoiced": 0.0,
        "qty_to_invoice": 0.0,
        "untaxed_amount_invoiced": 0.0,
        "untaxed_amount_to_invoice": 0.0,
        "is_downpayment": False,
        "is_expense": False,
        "tax_ids": [],
        "combo_item_id": False,
        "tax_calculation_rounding_method": "round_per_line",
    }


def _customer(won: Won) -> Row:
    street, code, city, country = won.address
    return {
        **_person(CUSTOMER + won.number, won.customer, f"accounts@won{won.id}.example"),
        "commercial_partner_id": CUSTOMER + won.number,
        "customer_rank": 1,
        "is_company": True,
        "street": street or False,
        "zip": code or False,
        "city": city or False,
        "country_code": country or False,
        "vat": won.vat or False,
    }


def _contact(won: Won) -> Row:
    number = CONTACT + won.number
    contact = _person(number, f"Buyer of {won.customer}", f"buyer@won{won.id}.example")
    return {**contact, "commercial_partner_id": CUSTOMER + won.number, "is_company": False}


def _person(number: int, name: str, email: str) -> Row:
    named = {"name": name, "display_name": name, "complete_name": name}
    return {"id": number, **named, "email": email, "active": True, "customer_rank": 0}


def _login(won: Won) -> Row:
    """The portal user who signed."""
    return {
        "id": SIGNER + won.number,
        "name": f"Buyer of {won.customer}",
        "login": f"buyer@won{won.id}.example",
        "lang": "en_US",
        "partner_id": CONTACT + won.number,
        "share": True,
        "active": True,
    }


def _file_id(won: Won, position: int) -> int:
    return 10 * won.id + position


def _files() -> Iterator[Row]:
    for won in WON:
        for position, name in enumerate(won.files):
            yield _file(_file_id(won, position), name, won)
        if won.signed:
            # What the portal prints and files as the customer signs.
            yield _file(_file_id(won, 9), f"{won.name}.pdf", won)


def _file(number: int, name: str, won: Won) -> Row:
    about = {"res_model": "sale.order", "res_id": won.id, "res_field": False}
    return {
        "id": number,
        "name": name,
        "mimetype": PDF,
        "checksum": f"{number:040x}",
        **about,
    }


def _signature(won: Won, when: When) -> Row:
    return {
        "id": MESSAGE + won.number,
        "model": "sale.order",
        "res_id": won.id,
        "message_type": "comment",
        "message_id": f"<signed-{won.id}@nordwind.example>",
        "body": "<p>Order signed</p>",
        "author_id": CONTACT + won.number,
        "create_uid": SIGNER + won.number,
        "date": utc(when.ago(won.days_ago), 10, "UTC"),
        "attachment_ids": [_file_id(won, 9)],
        "partner_ids": [],
        "notified_partner_ids": [],
    }


def _project(won: Won, when: When) -> Row:
    starts = None if won.starts_in is None else when.ago(-won.starts_in)
    return {
        "id": won.id,
        "name": f"{won.name} {won.customer}",
        "active": True,
        "company_id": won.company_id,
        "user_id": 100 + won.manager if won.manager else False,
        "is_template": False,
        "allow_billable": True,
        "partner_id": CUSTOMER + won.number,
        "create_date": utc(when.ago(won.days_ago), 16, "UTC"),
        "last_update_status": "to_define",
        "sequence": won.id,
        "sale_line_id": 10 * won.id,
        "reinvoiced_sale_order_id": won.id,
        "date_start": starts.isoformat() if starts else False,
        "description": False,
        "allocated_hours": won.hours,
        "account_id": won.id,
        "tag_ids": [codes.PROJECT_TAGS[won.service_line]],
    }


def _account(won: Won) -> Row:
    return {
        "id": won.id,
        "name": f"{won.name} {won.customer}",
        "active": True,
        "plan_id": 1,
        "company_id": won.company_id,
    }


def _milestones(when: When) -> Iterator[Row]:
    for won in WON:
        for position, percent in enumerate(won.shares):
            yield {
                "id": 10 * won.id + position,
                "name": f"Milestone {position + 1}",
                "project_id": won.id,
                "sale_line_id": 10 * won.id,
                "quantity_percentage": percent / 100,
                "deadline": when.ago(-30 * (position + 1)).isoformat(),
                "is_reached": False,
                "reached_date": False,
                "sequence": 10,
            }
