"""Tells the fleet's own user what stands of it here, with MODULE, READ and WATCHED before."""


def told(value):
    if value._name == "ir.model":
        return value.mapped("model")
    if value._name == "ir.model.fields":
        return value.mapped("name")
    return list(value.get_external_id().values())


found = {}
for entry in env["ir.model.data"].sudo().search([("module", "=", MODULE)]):
    fields = (entry.model in env and READ.get(entry.model)) or ()
    piece = fields and env[entry.model].sudo().browse(entry.res_id).exists()
    values = {}
    for name in (piece and fields) or ():
        value = piece.with_context(active_test=False, lang="en_US")[name]
        values[name] = sorted(told(value)) if piece._fields[name].relational else value
    found[entry.name] = {"model": entry.model, "values": values}
kept = {}
for name in WATCHED:
    if name in env:
        shown = env[name]._fields
        kept[name] = [field for field in WATCHED[name] if field in shown and shown[field].store]
action = {"pieces": found, "kept": kept}
