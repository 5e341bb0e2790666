"""A task or lead to another stage, unless it was changed since; run by `calling.set_stage`."""

wanted = env.context
if not model.search_count([("id", "=", record.id)]):
    raise UserError("there is no such record, or none for this user")
# Whoever waits here is thrown out by PostgreSQL once the other one has committed, and Odoo starts
# it anew: it then sees what the other one wrote.
locks = "UPDATE %s SET write_uid = write_uid WHERE id = %%s" % model._table
env.cr.execute(locks, (record.id,))
quiet = dict(env.context, mail_auto_subscribe_no_notify=True)
subject = record.sudo().with_context(quiet)
was = subject.stage_id
stage = was.browse(wanted["fleet_stage"]).exists()
if stage and stage == was:
    action = {"changed": False, "stage_id": stage.id, "was_id": was.id}
elif not stage:
    raise UserError("the stage is gone")
elif subject._name == "project.task" and stage not in subject.project_id.type_ids:
    raise UserError("the project has no such stage")
elif subject.write_date.strftime("%Y-%m-%d %H:%M:%S") != wanted["fleet_seen"]:
    raise UserError("the record was changed since it was looked at")
else:
    subject.write({"stage_id": stage.id})
    action = {"changed": True, "stage_id": stage.id, "was_id": was.id}
