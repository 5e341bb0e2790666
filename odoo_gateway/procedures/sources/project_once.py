"""Keeps an order from a second project that only a race makes; the action of a rule.

Whoever makes a project of an order locks the order, as the procedure `create_project` does. Of two
at the same time PostgreSQL refuses the later one. The procedure is then started anew by Odoo, and
takes what is there; people, who may want a second project, are told whose the first one is.
"""

made = record.sudo().with_context(active_test=False)
group = env.ref(GROUP, raise_if_not_found=False)
users = group and group.sudo()["user_ids" if "user_ids" in group._fields else "users"]
fleet = users.ids if users else []
order = made.sale_line_id.order_id
if not order and "reinvoiced_sale_order_id" in made._fields:
    order = made.reinvoiced_sale_order_id
# The procedure has locked the order and looked; an order of several templates has several projects.
is_of_people = made.create_uid.id not in fleet
if order and is_of_people and not ("is_template" in made._fields and made.is_template):
    of_fleet = [
        ("id", "!=", made.id),
        ("sale_line_id.order_id", "=", order.id),
        ("create_uid", "in", fleet),
    ]
    # Odoo's own button is for orders without a project: whoever pressed it had seen none.
    if env.context.get("default_sale_order_id") != order.id:
        minute_before = made.create_date - datetime.timedelta(minutes=1)
        of_fleet.append(("create_date", ">=", minute_before))
    first = made.search(of_fleet, limit=1, order="id")
    said = first and (first.create_uid.name, first.display_name, order.name)
    env.cr.execute("SAVEPOINT ops_fleet_once")
    try:
        env.cr.execute("UPDATE sale_order SET write_uid = write_uid WHERE id = %s", (order.id,))
        env.cr.execute("RELEASE SAVEPOINT ops_fleet_once")
    except Exception:
        env.cr.execute("ROLLBACK TO SAVEPOINT ops_fleet_once")
        # What was committed since this transaction began, another one sees.
        other = env.registry.cursor()
        try:
            first = made.with_env(made.env(cr=other)).search(of_fleet, limit=1, order="id")
            said = said or (first and (first.create_uid.name, first.display_name, order.name))
        finally:
            other.close()
    if said:
        raise UserError(
            "%s has made the project %s of %s in the meantime: take that one, or make a second one "
            "in a minute." % said
        )
