"""Keeps a record from being posted or confirmed that nobody has released; the action of a rule."""

key = "%s,%d" % (record._name, record.id)
said = ""
if "x_ops_gate" not in env:
    said = "the table of decisions is gone; an administrator runs fleet odoo install"
else:
    # The newest counts.
    decision = env["x_ops_gate"].sudo().search([("x_key", "=", key)], limit=1, order="id desc")
    if decision.x_state not in ("released", "overridden"):
        said = decision.x_reason or "nobody has decided yet"
    elif float_compare(decision.x_amount, record.amount_total, precision_digits=2):
        said = "its amount was changed since it was released"
if said:
    # By a cursor of its own, so that it stays when this is rolled back.
    log("ops fleet: kept %s from %s by user %d: %s" % (key, record.state, env.uid, said))
    raise UserError("%s is not released: %s" % (record.display_name, said))
