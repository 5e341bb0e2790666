"""Keeps an opportunity from a stage whose review is not complete; the action of a rule."""

# By company, the fleet says from which stages on reviews are kept: `crm.stage,3,1`.
table = "x_ops_gate" in env and env["x_ops_gate"].sudo()
companies = record.company_id or env["res.company"].sudo().search([])
before = ((env.context.get("old_values") or {}).get(record.id) or {}).get("stage_id")
now = record.stage_id
# Those that it was put into or past, with what was there before it was written.
passed = [
    stage
    for stage in env["crm.stage"].sudo().search([])
    if now
    and (stage.sequence, stage.id) <= (now.sequence, now.id)
    and not (before and (stage.sequence, stage.id) <= (before.sequence, before.id))
]
said = ""
if table is False:
    said = "the table of decisions is gone; an administrator runs fleet odoo install"
for stage in (not said and passed) or ():
    asked = ["crm.stage,%d,%d" % (stage.id, company.id) for company in companies]
    # The newest counts.
    found = table.search([("x_key", "in", asked)], order="id")
    newest = {row.x_key: row.x_state for row in found}
    if not said and "held" in newest.values():
        key = "crm.lead,%d,%d" % (record.id, stage.id)
        decision = table.search([("x_key", "=", key)], limit=1, order="id desc")
        if decision.x_state not in ("released", "overridden"):
            said = "%s: %s" % (stage.name, decision.x_reason or "nobody has decided yet")
if said:
    # By a cursor of its own, so that it stays when this is rolled back.
    log("ops fleet: kept crm.lead,%d by user %d: %s" % (record.id, env.uid, said))
    raise UserError("%s is not released for the stage %s" % (record.display_name, said))
