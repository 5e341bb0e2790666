"""Keeps a record from being posted or confirmed that nobody has released; the action of a rule."""

key = "%s,%d" % (record._name, record.id)
said = ""
if "x_ops_gate" not in env:
    said = "the table of decisions is gone; an administrator runs fleet odoo install"
else:
    # The newest counts.
    decision = env["x_ops_gate"].sudo().search([("x_key", "=", key)], limit=1, order="id desc")
    currency = record.currency_id
    # Of each set of files, one must be there.
    files = [
        [int(number) for number in each.split()] for each in (decision.x_files or "").split(";")
    ]
    known = env["ir.attachment"].sudo()
    if decision.x_state not in ("released", "overridden"):
        said = decision.x_reason or "nobody has decided yet"
    elif (decision.x_currency or currency.name) != currency.name:
        said = "its currency was changed since it was released"
    elif currency.compare_amounts(decision.x_amount, record.amount_total):
        said = "its amount was changed since it was released"
    elif any(ids and not known.search_count([("id", "in", ids)]) for ids in files):
        said = "a file was taken away since it was released"
if said:
    # By a cursor of its own, so that it stays when this is rolled back.
    log("ops fleet: kept %s from %s by user %d: %s" % (key, record.state, env.uid, said))
    raise UserError("%s is not released: %s" % (record.display_name, said))
