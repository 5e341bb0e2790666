"""Tells what stands of the fleet here; run by `calling.inventory`, with MODULE and READ before."""


# What stands here of the fleet, for its own user, who may read none of it; nothing else is told.
def told(value):
    if value._name == "ir.model":
        return value.mapped("model")
    if value._name == "ir.model.fields":
        return value.mapped("name")
    names = value.get_external_id()
    return [names[number] for number in value.ids]


found = {}
for entry in env["ir.model.data"].sudo().search([("module", "=", MODULE)]):
    fields = READ.get(entry.model)
    if fields:
        piece = (
            env[entry.model].sudo().with_context(active_test=False).browse(entry.res_id).exists()
        )
        values = {}
        for name in fields:
            value = piece[name]
            if piece._fields[name].relational:
                value = sorted(told(value))
            values[name] = value
        found[entry.name] = {"model": entry.model, "values": values if piece else False}
action = {"pieces": found}
