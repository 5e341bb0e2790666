"""How a customer is sent invoices, and whether what that way needs is there."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tasks.domain.texts import NOTHING, Text
from tasks.records.sales import Order, Partner

# One address in a field that may hold several, as Odoo's `email_split` finds them.
ADDRESS: Final = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\".]{2,}")
PARTS: Final[Mapping[str, Text]] = {
    "street": Text("street"),
    "zip": Text("zip"),
    "city": Text("city"),
    "country": Text("country"),
}


@dataclass(frozen=True)
class Sending:
    """What Odoo knows of an invoice address."""

    email: str | None = None
    #: Odoo's `invoice_sending_method` of the customer, None where nobody chose one, or before Odoo
    #: 18: invoices then go by e-mail.
    method: str | None = None
    #: Parts of the postal address.
    missing: Sequence[str] = ()
    #: Whether the customer has an endpoint.
    peppol: bool = False
    #: Odoo's own look at it, where it made one.
    peppol_state: str | None = None


@dataclass(frozen=True)
class Way:
    """What stands in the way of an invoice, and the next step about it; both may be empty."""

    problem: Text = NOTHING
    next_step: Text = NOTHING


def sending_of(partners: Mapping[int, Partner], order: Order) -> Sending:
    """Odoo's `account.move.send._get_default_sending_methods` asks the commercial partner."""
    address = partners[order.partner_invoice_id]
    firm = partners[address.commercial_partner_id or address.id]
    parts = {
        "street": address.street,
        "zip": address.zip,
        "city": address.city,
        "country": address.country_code,
    }
    return Sending(
        email=address.email,
        method=firm.invoice_sending_method,
        missing=[name for name, value in parts.items() if not value],
        peppol=bool(firm.peppol_eas and firm.peppol_endpoint),
        peppol_state=firm.peppol_verification_state,
    )


def way_of(sending: Sending, customer: str) -> Way | None:
    """What is missing for the way that invoices go; None for a way that the fleet cannot judge."""
    match sending.method:
        case None | "email":
            return _by_email(sending, customer)
        case "manual":
            return Way()
        case "snailmail":
            return _by_post(sending, customer)
        case "peppol":
            return _by_peppol(sending, customer)
        case _:
            return None


def _by_email(sending: Sending, customer: str) -> Way:
    step = Text("enter an e-mail on the invoice address")
    if sending.email is None:
        problem = Text("the invoice address of {customer} has no e-mail", customer=customer)
        return Way(problem, step)
    if not ADDRESS.search(sending.email):
        problem = Text(
            "the e-mail of the invoice address of {customer} is not an address", customer=customer
        )
        return Way(problem, step)
    return Way()


def _by_post(sending: Sending, customer: str) -> Way:
    """Odoo refuses a letter without these (`snailmail.letter._is_valid_address`)."""
    if not sending.missing:
        return Way()
    problem = Text(
        "invoices go by post, and the invoice address of {customer} lacks: {parts}",
        customer=customer,
        parts=tuple(PARTS[name] for name in sending.missing),
    )
    return Way(problem, Text("complete the invoice address"))


def _by_peppol(sending: Sending, customer: str) -> Way:
    step = Text("enter the endpoint, or choose another way of sending invoices on the customer")
    if not sending.peppol:
        problem = Text("invoices go by Peppol, and {customer} has no endpoint", customer=customer)
        return Way(problem, step)
    if sending.peppol_state == "not_valid":
        problem = Text("invoices go by Peppol, and {customer} is not on Peppol", customer=customer)
        return Way(problem, step)
    if sending.peppol_state == "not_valid_format":
        problem = Text(
            "invoices go by Peppol, and {customer} cannot receive the format of its invoices on "
            "Peppol",
            customer=customer,
        )
        return Way(problem, step)
    return Way()
