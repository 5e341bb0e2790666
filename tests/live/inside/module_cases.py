"""Orders with reviews and customers with tickets, made by the modules' own means."""

from typing import Any


def build(env: Any) -> dict[str, int]:
    """Make the orders; returns their ids by what their reviews or tickets show."""
    company = env["res.company"].search([], order="id", limit=1)
    env = env(context={**env.context, "allowed_company_ids": company.ids, "tracking_disable": True})
    cases = Cases(env)
    cases.reviews()
    cases.tickets()
    env.cr.commit()
    return {name: order.id for name, order in cases.orders.items()}


class Cases:
    """What the orders are made of."""

    def __init__(self, env: Any) -> None:
        self.env = env
        self.orders: dict[str, Any] = {}
        self.reviewer = env.ref("base.user_admin")
        self.product = env["product.product"].create(
            {
                "name": "Retainer of the modules",
                "type": "service",
                "invoice_policy": "order",
                "list_price": 500.0,
                "taxes_id": False,
            }
        )

    def order(self, name: str) -> Any:
        """A quotation to a contact of a customer of its own."""
        customer = self.env["res.partner"].create({"name": name, "is_company": True})
        contact = {"name": f"Buyer of {name}", "parent_id": customer.id, "email": "buyer@x.example"}
        made = self.env["sale.order"].create(
            {
                "partner_id": self.env["res.partner"].create(contact).id,
                "client_order_ref": name,
                "order_line": [(0, 0, {"product_id": self.product.id, "product_uom_qty": 1.0})],
            }
        )
        self.orders[name] = made
        return made

    def confirmed(self, name: str) -> Any:
        made = self.order(name)
        made.action_confirm()
        return made

    def definition(self, reference: str, **values: Any) -> Any:
        return self.env["tier.definition"].create(
            {
                "name": reference,
                "model_id": self.env.ref("sale.model_sale_order").id,
                "definition_domain": str([("client_order_ref", "=", reference)]),
                "review_type": "individual",
                "reviewer_id": self.reviewer.id,
                **values,
            }
        )

    def reviews(self) -> None:
        self.confirmed("no review")
        self.definition("review approved")
        approved = self.order("review approved")
        approved.request_validation()
        self.env.invalidate_all()
        approved.with_user(self.reviewer).validate_tier()
        approved.action_confirm()
        for status in ("pending", "waiting", "rejected"):
            self.review(self.confirmed(f"review {status}"), status, f"late {status}")
        twice = self.confirmed("review by two")
        self.review(twice, "approved", "first of two")
        self.review(
            twice,
            "pending",
            "second of two",
            review_type="group",
            reviewer_id=False,
            reviewer_group_id=self.env.ref("account.group_account_manager").id,
        )

    def review(self, order: Any, status: str, reference: str, **values: Any) -> None:
        """One more review of an order that is confirmed already."""
        self.env["tier.review"].create(
            {
                "model": "sale.order",
                "res_id": order.id,
                "definition_id": self.definition(reference, **values).id,
                "status": status,
                "sequence": 1 + len(order.review_ids),
            }
        )

    def tickets(self) -> None:
        for name, priority, is_closed in (
            ("ticket very high", "3", False),
            ("ticket high", "2", False),
            ("ticket low", "0", False),
            ("ticket closed", "3", True),
        ):
            self.ticket(self.confirmed(name).partner_id, name, priority, is_closed)
        # Written by another contact of the same customer.
        first = self.orders["ticket high"].partner_id.commercial_partner_id
        colleague = {"name": "Colleague", "parent_id": first.id}
        self.ticket(self.env["res.partner"].create(colleague), "ticket of a colleague", "3", False)

    def ticket(self, partner: Any, name: str, priority: str, is_closed: bool) -> None:
        stage = self.env["helpdesk.ticket.stage"].search([("closed", "=", is_closed)], limit=1)
        ticket = {"name": name, "description": name, "partner_id": partner.id, "priority": priority}
        self.env["helpdesk.ticket"].create({**ticket, "stage_id": stage.id})
