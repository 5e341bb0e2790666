"""Deletes drafts of ours that nobody has worked on; run by `calling.discard_drafts`."""

wanted = env.context
if not model.search_count([("id", "=", record.id), ("company_id", "=", wanted["fleet_company"])]):
    raise UserError("there is no such order in this company, or none for this user")
# As in draft_invoice: who waits here is started anew, and sees what the other one did.
env.cr.execute("UPDATE sale_order SET write_uid = write_uid WHERE id = %s", (record.id,))
moves = record.sudo().env["account.move"].browse(wanted["fleet_moves"]).exists()
on_them = [("res_model", "=", "account.move"), ("res_id", "in", moves.ids)]
said = [
    ("model", "=", "account.move"),
    ("res_id", "in", moves.ids),
    ("create_uid", "!=", env.uid),
]
for move in moves:
    if move.line_ids.sale_line_ids.order_id != record.sudo():
        raise UserError("the draft is not of this order alone")
    if move.state != "draft" or move.posted_before:
        raise UserError("it was posted: a person takes it back by a credit note")
    hands = move.create_uid | move.write_uid | move.line_ids.create_uid | move.line_ids.write_uid
    if hands.ids != [env.uid]:
        raise UserError("somebody has worked on the draft: a person deletes it")
if moves.env["ir.attachment"].search_count(on_them) or moves.env["mail.message"].search_count(said):
    raise UserError("somebody has worked on the draft: a person deletes it")
action = {"deleted": moves.ids}
moves.unlink()
