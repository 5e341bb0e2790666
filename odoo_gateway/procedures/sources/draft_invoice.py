"""A draft invoice for what an order has to invoice, once; run by `calling.draft_invoice`."""

wanted = env.context
if not model.search_count([("id", "=", record.id), ("company_id", "=", wanted["fleet_company"])]):
    raise UserError("there is no such order in this company, or none for this user")
# Whoever waits here is thrown out by PostgreSQL once the other one has committed, and Odoo starts
# it anew: it then sees what the other one made. A lock alone would not do that.
env.cr.execute("UPDATE sale_order SET write_uid = write_uid WHERE id = %s", (record.id,))
quiet = dict(env.context, mail_auto_subscribe_no_notify=True)
order = record.sudo().with_context(quiet).with_company(record.company_id)
drafts = [
    ("line_ids.sale_line_ids.order_id", "=", order.id),
    ("move_type", "in", ("out_invoice", "out_refund")),
    ("state", "=", "draft"),
]
found = order.env["account.move"].search(drafts, order="id")
lines = order.order_line.filtered(lambda line: not line.display_type and not line.is_downpayment)
if found:
    action = {"created": False, "move_ids": found.ids}
elif order.state not in ("sale", "done"):
    raise UserError("the order is not confirmed")
elif lines.filtered(lambda line: line.qty_to_invoice < 0):
    # Odoo would make a credit note of it, which is for a person to decide.
    raise UserError("more is invoiced than delivered; see what was taken back")
elif not lines.filtered(lambda line: line.qty_to_invoice > 0):
    raise UserError("there is nothing to invoice")
else:
    wizards = order.env["sale.advance.payment.inv"]
    values = {
        "sale_order_ids": [(6, 0, order.ids)],
        "advance_payment_method": "delivered",
        "deduct_down_payments": wanted["fleet_deduct"],
    }
    if "consolidated_billing" in wizards._fields:
        values["consolidated_billing"] = False
    wizards.create(values).create_invoices()
    made = order.env["account.move"].search(drafts, order="id")
    if not made or made.filtered(lambda move: move.move_type != "out_invoice"):
        raise UserError("Odoo would not make one plain invoice of it")
    action = {"created": True, "move_ids": made.ids}
