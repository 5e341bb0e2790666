"""A project for a confirmed order, once; run by `calling.create_project`."""

wanted = env.context
if not model.search_count([("id", "=", record.id), ("company_id", "=", wanted["fleet_company"])]):
    raise UserError("there is no such order in this company, or none for this user")
# Whoever waits here is thrown out by PostgreSQL once the other one has committed, and Odoo starts
# it anew: it then sees what the other one made. A lock alone would not do that.
env.cr.execute("UPDATE sale_order SET write_uid = write_uid WHERE id = %s", (record.id,))
quiet = dict(env.context, active_test=False, mail_auto_subscribe_no_notify=True)
order = record.sudo().with_context(quiet).with_company(record.company_id)
projects = order.env["project.project"]
domain = [("sale_line_id.order_id", "=", order.id)]
if "reinvoiced_sale_order_id" in projects._fields:
    domain = ["|", ("reinvoiced_sale_order_id", "=", order.id)] + domain
if "is_template" in projects._fields:
    domain = [("is_template", "=", False)] + domain
found = projects.search(domain, limit=1, order="id") or order.order_line.project_id[:1]
if not found and "project_id" in order._fields:
    found = order.project_id
lines = order.order_line.filtered(lambda line: line.is_service and not line.is_downpayment)
if found:
    action = {"created": False, "project_id": found.id}
elif order.state not in ("sale", "done"):
    raise UserError("the order is not confirmed")
elif not lines:
    raise UserError("the order has no service that a project could deliver")
else:
    values = {
        "name": wanted["fleet_name"] or order.name,
        "partner_id": order.partner_id.id,
        "company_id": order.company_id.id,
        "allow_billable": True,
        "sale_line_id": lines[0].id,
    }
    if "reinvoiced_sale_order_id" in projects._fields:
        values["reinvoiced_sale_order_id"] = order.id
    if wanted["fleet_manager"]:
        values["user_id"] = wanted["fleet_manager"]
    if wanted["fleet_start"] and wanted["fleet_end"]:
        # Both, or a template's own length would be added to a text.
        values["date_start"] = wanted["fleet_start"]
        values["date"] = wanted["fleet_end"]
    template = projects.browse(wanted["fleet_template"] or []).exists()
    if wanted["fleet_template"] and not template:
        raise UserError("the template is gone")
    if template.company_id and template.company_id != order.company_id:
        raise UserError("the template is of another company")
    if not template:
        project = projects.create(values)
    elif "is_template" in projects._fields and template.is_template:
        project = template.action_create_from_template(values)
    else:
        project = template.copy(values)
    # Hours on a task without a line would be billed to nobody.
    project.tasks.filtered(lambda task: not task.sale_line_id).write({"sale_line_id": lines[0].id})
    action = {"created": True, "project_id": project.id}
