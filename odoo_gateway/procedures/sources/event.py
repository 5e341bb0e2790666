"""Writes into the outbox that a record changed; a rule runs it, with KIND and WATCHED before."""

# Nothing here may keep people from what they do: a fault leaves a line in Odoo's log, and no event.
# What is read, is read before the savepoint, so that going back to it undoes nothing of theirs.
saved = False
try:
    before = (env.context.get("old_values") or {}).get(record.id) or {}
    old = {name: str(before[name]) for name in WATCHED if name in before}
    new = {name: str(record[name]) for name in WATCHED if name in before or not before}
    company = ("company_id" in record._fields and record.company_id.id) or None
    values = (KIND, record._name, record.id, repr(old), repr(new), env.uid, company)
    env.cr.execute("SAVEPOINT ops_fleet_event")
    saved = True
    env.cr.execute(
        """
        INSERT INTO x_ops_event (create_uid, create_date, write_uid, write_date, x_at, x_event,
            x_kind, x_model, x_res_id, x_old, x_new, x_uid, x_company_id)
        SELECT 1, moment, 1, moment, at, x_kind || ',' || x_res_id || ',' || at,
            x_kind, x_model, x_res_id, x_old, x_new, x_uid, x_company_id
        FROM (SELECT moment, to_char(moment, 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') AS at
              FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS moment) AS now) AS now,
             (SELECT %s AS x_kind, %s AS x_model, %s AS x_res_id, %s AS x_old, %s AS x_new,
                     %s AS x_uid, %s::integer AS x_company_id) AS event
        """,
        values,
    )
    env.cr.execute("RELEASE SAVEPOINT ops_fleet_event")
except Exception as fault:
    if saved:
        env.cr.execute("ROLLBACK TO SAVEPOINT ops_fleet_event")
    log("ops fleet: no event %s of %s: %s" % (KIND, record, fault), level="error")
