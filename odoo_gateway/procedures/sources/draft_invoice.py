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
# An older fleet says nothing of it.
expected = wanted.get("fleet_expected")
lines = order.order_line.filtered(lambda line: not line.display_type and not line.is_downpayment)
taxes = "tax_ids" if "tax_ids" in lines._fields else "tax_id"
due = {
    line.id: (line.qty_to_invoice, line.price_unit, line.discount, sorted(line[taxes].ids))
    for line in lines
    if line.qty_to_invoice
}
if found:
    action = {"created": False, "move_ids": found.ids}
elif order.state not in ("sale", "done"):
    raise UserError("the order is not confirmed")
elif lines.filtered(lambda line: line.qty_to_invoice < 0):
    # Odoo would make a credit note of it, which is for a person to decide.
    raise UserError("more is invoiced than delivered; see what was taken back")
elif not lines.filtered(lambda line: line.qty_to_invoice > 0):
    raise UserError("there is nothing to invoice")
elif expected and (
    {line[0] for line in expected["lines"]} != set(due)
    or any(
        abs(line[place + 1] - due[line[0]][place]) > 0.000001
        for line in expected["lines"]
        for place in range(3)
    )
):
    raise UserError("what is to be invoiced was changed since it was proposed")
elif expected and any(line[4] != due[line[0]][3] for line in expected["lines"]):
    raise UserError("the taxes were changed since it was proposed")
elif expected and (
    order.currency_id.name != expected["currency"]
    or order.partner_invoice_id.id != expected["address"]
    or (order.partner_invoice_id.vat or "") != expected["vat"]
    or (order.client_order_ref or "") != expected["reference"]
):
    raise UserError(
        "currency, invoice address, VAT number or customer reference were changed since it was "
        "proposed"
    )
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
    if len(made) != 1 or made.filtered(lambda move: move.move_type != "out_invoice"):
        raise UserError("Odoo would not make one plain invoice of it")
    if made.company_id != order.company_id or made.currency_id != order.currency_id:
        raise UserError("Odoo would invoice it in another company or currency")
    # Of all lines: Odoo may round the total of taxes that prices include to another cent.
    total = made.currency_id.round(sum(made.invoice_line_ids.mapped("price_subtotal")))
    if expected and made.currency_id.compare_amounts(total, expected["amount"]):
        raise UserError("Odoo would invoice %s, and %s was proposed" % (total, expected["amount"]))
    action = {"created": True, "move_ids": made.ids}
