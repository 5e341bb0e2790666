"""The papers of orders: statements of work, signatures and what only looks like them."""

from datetime import timedelta
from typing import Any

from tests.live.inside.sales_firm.setting import SalesFirm

PDF, TEXT = "application/pdf", "text/plain"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FILES = (
    ("Statement of Work v{n}.pdf", PDF),
    ("our-SOW.docx", DOCX),
    ("sowing plan.pdf", PDF),
    ("Statement of work.txt", TEXT),
    ("Pflichtenheft.pdf", PDF),
    ("Quotation - {order}.pdf", PDF),
    ("{order}.pdf", PDF),
    ("Acceptance of the customer.txt", TEXT),
    ("Project plan.pdf", PDF),
    ("meeting.pdf", PDF),
)
SIGNED = ("not", "not", "portal", "portal user", "typed", "by us", "by another firm", "much later")


def make(firm: SalesFirm) -> None:
    """Files on orders and projects, and signatures of every kind."""
    portal = firm.env["res.users"].search([("login", "=", "portal")])
    for number, order in enumerate(firm.known["orders"]):
        for _ in range(firm.pick([0, 1, 2, 3])):
            name, kind = firm.pick(FILES)
            project = order.order_line.project_id[:1]
            on = project if project and firm.one_in(2) else order
            _file(firm, on, name.format(n=number, order=order.name), kind)
        _sign(firm, order, SIGNED[number % len(SIGNED)], portal)
    firm.base.done("papers")


def _file(firm: SalesFirm, on: Any, name: str, kind: str) -> Any:
    content = f"{name} {firm.base.chance.random()}".encode()
    values = {"name": name, "raw": content, "mimetype": kind}
    return firm.env["ir.attachment"].create({**values, "res_model": on._name, "res_id": on.id})


def _sign(firm: SalesFirm, order: Any, how: str, portal: Any) -> None:
    """As the portal does it: a message with the order as a file, in the customer's name."""
    if how == "not":
        return
    at = order.date_order
    order.write({"signed_by": "Somebody", "signed_on": at})
    if how == "typed":
        return
    other = next(
        one for one in firm.known["twins"] if one != order.partner_id.commercial_partner_id
    )
    author = other if how == "by another firm" else order.partner_id
    late = timedelta(minutes=30 if how == "much later" else 2)
    file = _file(firm, order, f"{order.name}.pdf", PDF)
    message = firm.env["mail.message"].create(
        {
            "model": "sale.order",
            "res_id": order.id,
            "message_type": "comment",
            "author_id": author.id,
            "body": "Order signed by Somebody",
            "attachment_ids": [(6, 0, file.ids)],
            "date": at + late,
        }
    )
    writer = {"by us": 2, "portal user": portal.id}.get(how)
    if writer:
        firm.env.flush_all()
        firm.env.cr.execute(
            "UPDATE mail_message SET create_uid = %s WHERE id = %s", [writer, message.id]
        )
