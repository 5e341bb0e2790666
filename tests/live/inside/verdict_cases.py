"""Orders on which a check of readiness turns: how invoices go, what a customer accepted."""

from typing import Any

from .billing_cases import Cases


def build(env: Any) -> dict[str, int]:
    """Make the orders; returns their ids by what they show."""
    cases = Cases(env, env["res.company"].search([], order="id", limit=1))
    for make in (by_address, by_evidence, by_share, by_draft, by_contact):
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


def reached(cases: Cases, name: str, **values: Any) -> Any:
    """An order of one milestone, which is reached."""
    stage = {"product_id": cases.milestone.id, "product_uom_qty": 1}
    order = cases.order(name, stage, **values)
    cases.reach(order, 1.0, True, 5)
    return order


def by_evidence(cases: Cases) -> None:
    pdf = b"%PDF-1.4"
    reached(cases, "nothing attached")
    quoted = reached(cases, "only the posted quotation")
    quoted.message_post(body="Yours", attachments=[(f"Quotation - {quoted.name}.pdf", pdf)])
    mailed = reached(cases, "only what the composer mailed")
    composer = cases.env["mail.compose.message"].with_context(
        default_model="sale.order", default_res_ids=mailed.ids, default_composition_mode="comment"
    )
    pending = {"name": "Offre.pdf", "raw": pdf, "res_model": "mail.compose.message", "res_id": 0}
    files = cases.env["ir.attachment"].create(pending)
    recipients = mailed.partner_id.ids
    sent = composer.create(
        {"body": "Yours", "attachment_ids": files.ids, "partner_ids": recipients}
    )
    sent.action_send_mail()
    assert cases.env["ir.attachment"].search_count(
        [("res_model", "=", "sale.order"), ("res_id", "=", mailed.id)]
    )
    printed = reached(cases, "only a print, uploaded")
    filed = reached(cases, "a colleague's upload")
    for order, name in {printed: f"Order - {printed.name}.pdf", filed: "accepted.pdf"}.items():
        file = {"name": name, "raw": pdf, "res_model": "sale.order", "res_id": order.id}
        cases.env["ir.attachment"].create(file)
    note = reached(cases, "a colleague's note")
    note.message_post(
        body="They accepted",
        attachments=[("mail.pdf", pdf)],
        message_type="comment",
        subtype_xmlid="mail.mt_note",
    )
    offered = reached(cases, "a colleague's letter to the customer")
    offered.message_post(
        body="Please sign",
        attachments=[("Please sign.pdf", pdf)],
        message_type="comment",
        subtype_xmlid="mail.mt_comment",
        partner_ids=offered.partner_id.ids,
    )
    answered = reached(cases, "the customer's mail")
    answered.message_post(
        body="Signed",
        attachments=[(f"Quotation - {answered.name}.pdf", pdf)],
        message_type="email",
        subtype_xmlid="mail.mt_comment",
        author_id=answered.partner_id.id,
        email_from=answered.partner_id.email,
    )
    on_milestone = reached(cases, "a file on the milestone")
    cases.env["ir.attachment"].create(
        {
            "name": "accepted.pdf",
            "raw": pdf,
            "res_model": "project.milestone",
            "res_id": on_milestone.order_line.reached_milestones_ids.id,
        }
    )
    signed = reached(cases, "signed by the customer")
    signed.write({"signed_by": "Ann", "signed_on": "2026-01-05 10:00:00"})


def by_share(cases: Cases) -> None:
    for name, plan in {
        "60 and 60 reached": [(0.6, True), (0.6, True)],
        "60 and 60 planned": [(0.6, True), (0.6, False)],
        "60 and 40": [(0.6, True), (0.4, True)],
    }.items():
        stage = {"product_id": cases.milestone.id, "product_uom_qty": 10}
        order = cases.order(name, stage)
        for share, is_reached in plan:
            cases.reach(order, share, is_reached, -5)
    counted = cases.order(
        "7 and 7 of 10", {"product_id": cases.milestone.id, "product_uom_qty": 10}
    )
    for _ in range(2):
        cases.reach(counted, 0.0, True, -5).product_uom_qty = 7


def by_draft(cases: Cases) -> None:
    delivered(cases, "no draft")
    cases.draft(delivered(cases, "drafted"))
    for name, post in {"down payment drafted": False, "down payment drafted beside": True}.items():
        order = delivered(cases, name)
        share = {"advance_payment_method": "percentage", "amount": 30.0}
        wizard = {**share, "sale_order_ids": [(6, 0, order.ids)]}
        cases.env["sale.advance.payment.inv"].create(wizard).create_invoices()
        if post:
            cases.draft(order)
    half = delivered(cases, "drafted, and more since")
    cases.draft(half)
    half.order_line.product_uom_qty = 3
    half.order_line.qty_delivered = 3
    back = cases.order("credit note drafted", {"product_id": cases.manual.id, "product_uom_qty": 4})
    back.order_line.qty_delivered = 2
    cases.post(back)._reverse_moves([{"invoice_date": False}])
    back.order_line.qty_delivered = 4


def by_contact(cases: Cases) -> None:
    firm = cases.partner("Excluded firm", "firm@excluded.example")
    people = cases.env["res.partner"].create(
        [{"name": name, "parent_id": firm.id, "email": "p@excluded.example"} for name in "AB"]
    )
    delivered(cases, "excluded firm", partner_id=firm.id)
    delivered(cases, "excluded contact", partner_id=people[0].id)
    delivered(cases, "excluded payer", partner_invoice_id=people[1].id)
    cases.orders["the firm itself"] = firm
