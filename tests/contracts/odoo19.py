"""A real Odoo 19 as a server under contract: a clone of its demo data, with what that lacks."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from odoo_gateway.transport import Address
from tests.contracts.asking import RULED
from tests.live.odoo_server import LOGIN, PASSWORD, start

# Run inside Odoo: a branch in other zones, archived people, calendars of every kind, an order in
# each state and currency with a draft, a posted and a down payment invoice, leave and holidays as
# timesheet lines, and an officer with few rights.
MORE_DATA = """
from datetime import date, datetime, time, timedelta

main = env.ref('base.main_company')
branch = env['res.company'].search([('id', '!=', main.id)], limit=1)
monday = datetime.combine(date.today(), time.min) - timedelta(days=date.today().weekday() + 7)
env.ref('base.EUR').active = True
main.sequence, branch.sequence = 1, 2

here = env(context=dict(env.context, allowed_company_ids=[main.id]))
there = env(context=dict(env.context, allowed_company_ids=[branch.id]))

two_weeks = env['resource.calendar'].create({'name': 'Every second Friday off'})
two_weeks.switch_calendar_type()
flexible = env['resource.calendar'].create({
    'name': 'Flexible',
    'schedule_type': 'flexible',
    'full_time_required_hours': 38,
    'hours_per_day': 7.6,
})
people = there['hr.employee'].create([
    {'name': 'Grace Kim', 'company_id': branch.id, 'tz': 'America/New_York',
     'work_email': 'grace@branch.example', 'contract_date_start': date(2025, 1, 1)},
    {'name': 'Isla Thompson', 'company_id': branch.id, 'tz': 'Australia/Sydney',
     'resource_calendar_id': flexible.id},
    {'name': 'Ugo Ferrari', 'company_id': branch.id, 'resource_calendar_id': two_weeks.id},
])
people[2].active = False

def off(where, day, **values):
    where['resource.calendar.leaves'].create({
        'name': 'Off', 'date_from': day, 'date_to': day + timedelta(hours=22), **values})

off(here, monday + timedelta(days=150))
off(there, monday)
off(there, monday + timedelta(days=1), time_type='other', resource_id=people[0].resource_id.id)
paid = here['hr.leave.type'].create({
    'name': 'Paid',
    'requires_allocation': False,
    'leave_validation_type': 'no_validation',
    'company_id': main.id,
})
here['hr.leave'].create({
    'employee_id': here['hr.employee'].search(
        [('user_id', '!=', False), ('resource_calendar_id', '!=', False)], limit=1).id,
    'holiday_status_id': paid.id,
    'request_date_from': monday + timedelta(days=140),
    'request_date_to': monday + timedelta(days=142),
})

hour, fixed, travel = there['product.product'].create([
    {'name': 'Hour', 'type': 'service', 'invoice_policy': 'delivery', 'list_price': 150,
     'service_type': 'timesheet', 'service_tracking': 'task_in_project'},
    {'name': 'Fixed', 'type': 'service', 'invoice_policy': 'order', 'list_price': 900},
    {'name': 'Travel', 'type': 'service', 'invoice_policy': 'delivery', 'can_be_expensed': True,
     'expense_policy': 'cost'},
])
customer = there['res.partner'].create({'name': 'Harbor Mutual'})
euro = there['product.pricelist'].create({'name': 'Euro', 'currency_id': env.ref('base.EUR').id})

def line(product, quantity, **values):
    return (0, 0, {'product_id': product.id, 'product_uom_qty': quantity, **values})

orders = there['sale.order'].create([
    {'partner_id': customer.id, 'client_order_ref': 'HM-0042', 'order_line': [
        (0, 0, {'display_type': 'line_section', 'name': 'Portal'}),
        line(hour, 40, discount=10),
        line(fixed, 1),
        line(travel, 0, is_expense=True, price_unit=640.5)]},
    {'partner_id': customer.id, 'pricelist_id': euro.id, 'order_line': [line(hour, 10)]},
    {'partner_id': customer.id, 'order_line': [line(hour, 10)]},
])
orders[:2].action_confirm()
orders[2]._action_cancel()
orders[0].signed_on = datetime.now().replace(microsecond=0)
orders[0].order_line.filtered('is_expense').qty_delivered = 1
for sold in orders[:2].order_line.filtered(lambda line: line.product_id == hour):
    for number in range(4):
        there['account.analytic.line'].create({
            'name': 'Work',
            'employee_id': people[number % 2].id,
            'project_id': sold.task_id.project_id.id,
            'task_id': sold.task_id.id,
            'unit_amount': 2.5 + number,
            'date': monday + timedelta(days=number),
        })

def invoice(method, **values):
    there['sale.advance.payment.inv'].create({
        'sale_order_ids': [(6, 0, orders[0].ids)], 'advance_payment_method': method, **values,
    }).create_invoices()

invoice('fixed', fixed_amount=100)
orders[0].invoice_ids.action_post()
invoice('delivered')
there['hr.expense'].create({
    'name': 'Taxi', 'employee_id': people[0].id, 'product_id': travel.id, 'total_amount': 20,
    'sale_order_id': orders[0].id,
})
there['ir.attachment'].create({
    'name': 'Accepted.pdf', 'res_model': 'sale.order', 'res_id': orders[0].id, 'raw': b'yes'})
env['res.users'].create({
    'name': 'Officer', 'login': 'officer', 'password': 'officer',
    'company_id': main.id, 'company_ids': [(6, 0, main.ids)],
    'group_ids': [(6, 0, [env.ref('base.group_user').id, env.ref('hr.group_hr_user').id])],
})
env.cr.commit()
"""
# Rules of groups widen each other, so the clerk is in none that sees more of these models. RULED is
# put before it.
CLERK = """
group = env['res.groups'].create({'name': 'Clerks'})
read = [*RULED, 'sale.order.line', 'project.project', 'project.task']
for model in env['ir.model'].search([('model', 'in', read)]):
    here = {'name': f'clerks: {model.model}', 'model_id': model.id}
    env['ir.model.access'].create({**here, 'group_id': group.id, 'perm_read': True})
    rule = {**here, 'domain_force': repr(RULED.get(model.model, [(1, '=', 1)]))}
    env['ir.rule'].create({**rule, 'groups': [(4, group.id)]})
companies = env['res.company'].search([], order='id')
env['res.users'].create({
    'name': 'Clerk', 'login': 'clerk', 'password': 'clerk',
    'company_id': companies[0].id, 'company_ids': [(6, 0, companies.ids)],
    'group_ids': [(6, 0, [env.ref('base.group_user').id, group.id])],
})
env.cr.commit()
"""


@contextmanager
def odoo19() -> Iterator[Sequence[Address]]:
    """Its administrator, an officer of the first company, and the clerk."""
    server = start()
    database = server.clone("contracts")
    try:
        server.shell(database, f"RULED = {RULED!r}\n{MORE_DATA}{CLERK}")
        yield (
            Address(server.url, database, LOGIN, PASSWORD),
            Address(server.url, database, "officer", "officer"),
            Address(server.url, database, "clerk", "clerk"),
        )
    finally:
        server.drop(database)
