"""Releases records past the fleet, for people; a note on each, and the outbox, tell of it."""

for subject in records:
    said = "Released by hand, past the fleet, by %s." % env.user.name
    env["x_ops_gate"].sudo().create(
        {
            "x_key": "%s,%d" % (subject._name, subject.id),
            "x_state": "overridden",
            "x_amount": subject.amount_total,
            "x_currency": subject.currency_id.name,
            "x_reason": said,
            "x_uid": env.uid,
        }
    )
    subject.sudo().message_post(
        body=said, author_id=env.user.partner_id.id, subtype_xmlid="mail.mt_note"
    )
