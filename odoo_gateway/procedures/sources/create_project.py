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
# An older fleet says nothing of it.
plan = wanted.get("fleet_plan") or {}
linked = projects.search(domain, order="id") | order.order_line.project_id
if "project_id" in order._fields:
    linked |= order.project_id
lines = order.order_line.filtered(lambda line: line.is_service and not line.is_downpayment)
asked = plan.get("lines") or ()
# Loops, since in older versions what stands within brackets sees none of our names.
own = lines.browse()
for line in lines:
    if line.id in asked:
        own |= line
beside = (plan.get("beside") or "").lower()
named = (plan.get("named") or "").lower()
found = own.project_id[:1]
of_lines = order.order_line.project_id
for each in linked:
    name = (each.name or "").lower()
    if found or (beside and beside in name):
        continue
    if named:
        fits = named in name
    elif asked:
        # What is linked to none of the lines was made for the whole order.
        of_order = each.sale_line_id.order_id == order or each in of_lines
        fits = each.sale_line_id in own if each.sale_line_id in lines else not of_order
    else:
        fits = True
    if fits:
        found = each
if found:
    action = {"created": False, "project_id": found.id, "by": found.create_uid.name}
elif order.state not in ("sale", "done"):
    raise UserError("the order is not confirmed")
elif not lines:
    raise UserError("the order has no service that a project could deliver")
else:
    by_id = {line.id: line for line in lines}
    # What is beside the lines is billed to none of them.
    billed = bool(own) or not named
    sold = by_id.get(plan.get("line"), (own or lines)[0]) if billed else lines.browse()
    values = {
        "name": wanted["fleet_name"] or order.name,
        "partner_id": order.partner_id.id,
        "company_id": order.company_id.id,
        "allow_billable": billed,
        "sale_line_id": sold.id,
    }
    if "reinvoiced_sale_order_id" not in projects._fields:
        # Nothing else links it to its order.
        values["sale_line_id"] = sold.id or lines[0].id
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
    if "project_id" in lines._fields:
        for line in own if named or asked else lines:
            if not line.project_id:
                line.write({"project_id": project.id})
    if plan.get("description"):
        project.write({"description": plan["description"]})
    if plan.get("hours") and "allocated_hours" in project._fields:
        project.write({"allocated_hours": plan["hours"]})
    if plan.get("milestones") and "allow_milestones" in project._fields:
        project.write({"allow_milestones": True})
    known = {}
    for milestone in project.milestone_ids:
        known.setdefault(milestone.name, []).append(milestone)
    for name, line_id, percent, deadline in plan.get("milestones", ()):
        # A copied milestone has neither deadline nor share.
        agreed = {"deadline": deadline}
        if line_id in by_id:
            agreed.update(sale_line_id=line_id, quantity_percentage=percent / 100)
        if known.get(name):
            known[name].pop(0).write(agreed)
        else:
            agreed.update(name=name, project_id=project.id)
            project.env["project.milestone"].create(agreed)
    # Hours on a task without a line would be billed to nobody, and those on a milestone's task to
    # the hours of another line.
    for task in project.tasks:
        of_milestone = task.milestone_id.sale_line_id
        if billed and (of_milestone or not task.sale_line_id):
            task.write({"sale_line_id": (of_milestone or sold).id})
    tasks = project.env["project.task"]
    hours_in = "allocated_hours" if "allocated_hours" in tasks._fields else "planned_hours"
    known = {}
    for task in project.tasks:
        known.setdefault(task.name, []).append(task)
    for name, line_id, hours, deadline, user_id in plan.get("tasks", ()):
        agreed = {}
        if deadline:
            # Noon, so that it is the same day in most zones.
            agreed["date_deadline"] = deadline + " 12:00:00"
        if hours:
            agreed[hours_in] = hours
        if user_id:
            agreed["user_ids"] = [(4, user_id)]
        if line_id in by_id:
            agreed["sale_line_id"] = line_id
        if known.get(name):
            known[name].pop(0).write(agreed)
        else:
            agreed.setdefault("sale_line_id", sold.id)
            # Else Odoo assigns a new task to who makes it.
            agreed.setdefault("user_ids", [(6, 0, [])])
            agreed.update(name=name, project_id=project.id)
            tasks.create(agreed)
    for summary, user_id, deadline in plan.get("activities", ()):
        project.with_context(mail_activity_quick_update=True).activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=deadline,
            summary=summary,
            user_id=user_id,
        )
    action = {"created": True, "project_id": project.id}
