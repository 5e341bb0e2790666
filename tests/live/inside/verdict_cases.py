"""Orders on which a check of readiness turns: how invoices go, what a customer accepted."""

from typing import Any

from .billing_cases import Cases


def build(env: Any) -> dict[str, int]:
    """Make the orders; returns their ids by what they show."""
    cases = Cases(env, env["res.company"].search([], order="id", limit=1))
    for make in (by_address,):
        make(cases)
    env.cr.commit()
    return {name: order.id for name, order in cases.orders.items()}


def delivered(cases: Cases, name: str, **values: Any) -> Any:
    """An order with a workshop that was held."""
    order = cases.order(name, {"product_id": cases.manual.id, "product_uom_qty": 1}, **values)
    order.order_line.qty_delivered = 1
    return order


def by_address(cases: Cases) -> None:
    country = cases.env.ref("base.be").id
    address = {"street": "Kaai 1", "zip": "2000", "city": "Antwerpen", "country_id": country}
    endpoint = {"peppol_eas": "0208", "peppol_endpoint": "0477472701"}
    for name, values in {
        "e-mail of blanks": {"email": "   "},
        "e-mail of a no-break space": {"email": "\u00a0"},
        "e-mail that is none": {"email": "see portal"},
        "by hand": {"invoice_sending_method": "manual"},
        "by e-mail, none there": {"invoice_sending_method": "email"},
        "by post": {"invoice_sending_method": "snailmail", **address},
        "by post, no town": {"invoice_sending_method": "snailmail", **address, "city": " "},
    }.items():
        partner = cases.env["res.partner"].create({"name": name, "is_company": True, **values})
        delivered(cases, name, partner_id=partner.id)
    firm = cases.env["res.partner"].create(
        {"name": "Firm by post", "is_company": True, "invoice_sending_method": "snailmail"}
    )
    contact = cases.env["res.partner"].create(
        {"name": "Accounts", "type": "invoice", "parent_id": firm.id, **address}
    )
    delivered(cases, "by post to a contact", partner_id=firm.id, partner_invoice_id=contact.id)
    delivered(cases, "reference of blanks", client_order_ref=" \u00a0 ")
    endpoint_of = cases.env["res.partner"].create({"name": "On the net", **address, **endpoint})
    assert endpoint_of.peppol_endpoint
