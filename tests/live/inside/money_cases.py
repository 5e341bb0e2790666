"""Orders of which Odoo's figure of what is to be invoiced says another amount than its wizard."""

from typing import Any

from .billing_cases import TODAY, Cases, ago


def build(env: Any) -> dict[str, int]:
    """Make the orders in the first company; returns their ids by what they show."""
    cases = Money(env, env["res.company"].search([], order="id", limit=1))
    made = (
        *(invoices_changed_by_hand, credited, drafts_changed_by_hand, discounts_by_the_wizard),
        *(rounded, bundles_and_extras, taxes_in_the_price, negative_quantities, advances),
        billed_in_another_way_since,
    )
    for make in made:
        make(cases)
    env.cr.commit()
    return {name: order.id for name, order in cases.orders.items()}


class Money(Cases):
    """The same products, at round prices."""

    def __init__(self, env: Any, company: Any) -> None:
        super().__init__(env, company)
        self.hours = {"product_id": self.time.id, "product_uom_qty": 5, "price_unit": 100.0}
        self.workshop = {"product_id": self.manual.id, "product_uom_qty": 2, "price_unit": 500.0}
        self.retainer = {"product_id": self.prepaid.id, "product_uom_qty": 10, "price_unit": 100.0}

    def worked(self, name: str, hours: float = 5, **values: Any) -> Any:
        order = self.order(name, {**self.hours, **values})
        self.log(order, hours, 30)
        return order

    def held(self, name: str, delivered: Any = 2, **values: Any) -> Any:
        order = self.order(name, {**self.workshop, **values})
        order.order_line.qty_delivered = delivered
        return order

    def bill(self, order: Any, **changes: Any) -> Any:
        """Posted after somebody changed the invoice's first line by hand."""
        invoice = self.draft(order)
        invoice.invoice_line_ids.filtered("product_id")[:1].write(changes)
        return self.posted(invoice)

    def posted(self, invoice: Any) -> Any:
        invoice.invoice_date = TODAY
        invoice.action_post()
        return invoice

    def discount(self, order: Any, **values: Any) -> None:
        wizard = {"sale_order_id": order.id, **values}
        self.env["sale.order.discount"].create(wizard).action_apply_discount()

    def credit(self, invoice: Any, *quantities: float) -> Any:
        """A credit note with these quantities, still a draft."""
        note = invoice._reverse_moves([{"invoice_date": TODAY}])
        for entry, quantity in zip(note.invoice_line_ids, quantities, strict=True):
            entry.quantity = quantity
        return note

    def tax(self, name: str, amount: float, **values: Any) -> Any:
        base = {"name": name, "amount": amount, "price_include_override": "tax_included"}
        company = {"company_id": self.company.id, "type_tax_use": "sale"}
        return self.env["account.tax"].create({**base, **company, **values})

    def currency(self, code: str, rate: float) -> Any:
        currency = self.env["res.currency"].with_context(active_test=False)
        currency = currency.search([("name", "=", code)])
        currency.active = True
        rates = {"name": ago(400), "company_rate": rate, "company_id": self.company.id}
        currency.rate_ids = [(5, 0, 0), (0, 0, rates)]
        return currency


def invoices_changed_by_hand(cases: Money) -> None:
    cases.bill(cases.worked("price lowered on the invoice"), price_unit=80)
    cases.bill(cases.worked("price raised on the invoice"), price_unit=120)
    more = cases.worked("price lowered, hours since")
    cases.bill(more, price_unit=80)
    cases.log(more, 3, 4)
    cases.bill(cases.worked("quantity lowered on the invoice"), quantity=3)
    cases.bill(cases.worked("quantity raised on the invoice"), quantity=7)
    cases.bill(cases.worked("discount on the invoice", 5), discount=10)
    cases.bill(cases.worked("price and discount on the invoice"), discount=10, price_unit=90)
    two = cases.order("line removed from the invoice", cases.workshop, cases.workshop)
    two.order_line.qty_delivered = 2
    invoice = cases.draft(two)
    invoice.invoice_line_ids[:1].unlink()
    cases.posted(invoice)
    added = cases.draft(cases.held("line added to the invoice"))
    extra = {"name": "Coffee", "price_unit": 12.5, "quantity": 1, "tax_ids": False}
    added.invoice_line_ids = [(0, 0, extra)]
    cases.posted(added)
    raised = cases.worked("price of the order raised since")
    cases.post(raised)
    raised.order_line.price_unit = 120
    cases.log(raised, 2, 4)
    given = cases.worked("discount of the order given since")
    cases.post(given)
    given.order_line.discount = 10
    cases.log(given, 2, 4)
    abroad = cases.draft(cases.worked("billed in another currency"))
    abroad.currency_id = cases.currency("EUR", 0.9)
    cases.posted(abroad)
    cases.bill(cases.order("fixed price, billed lower", cases.retainer), price_unit=80)


def credited(cases: Money) -> None:
    cases.credit(cases.post(cases.worked("two of five credited")), 2).action_post()
    cheaper = cases.credit(cases.post(cases.worked("price credited")), 5)
    cheaper.invoice_line_ids.price_unit = 20
    cheaper.action_post()
    cases.credit(cases.post(cases.worked("credit note drafted")), 5)


def drafts_changed_by_hand(cases: Money) -> None:
    for name, changes in {
        "draft at another price": {"price_unit": 80},
        "draft at another discount": {"discount": 25},
        "draft of a part": {"quantity": 2},
        "draft of a part at another price": {"quantity": 2, "price_unit": 70},
    }.items():
        invoice = cases.draft(cases.worked(name))
        invoice.invoice_line_ids.filtered("product_id").write(changes)
    cases.draft(cases.worked("draft at another discount, cancelled")).invoice_line_ids.discount = 25
    cases.orders["draft at another discount, cancelled"].invoice_ids.button_cancel()


def discounts_by_the_wizard(cases: Money) -> None:
    tenth = {"discount_type": "so_discount", "discount_percentage": 0.1}
    flat = {"discount_type": "amount", "discount_amount": 150}
    billed = cases.order("tenth off, all invoiced", cases.workshop)
    cases.discount(billed, **tenth)
    billed.order_line[0].qty_delivered = 2
    cases.post(billed)
    for name, delivered in {"all": 2, "half": 1, "nothing": 0}.items():
        order = cases.order(f"150 off, {name} delivered", cases.workshop)
        cases.discount(order, **flat)
        order.order_line[0].qty_delivered = delivered
    hours = cases.order("tenth off, hours partly invoiced", {**cases.hours, "product_uom_qty": 20})
    cases.discount(hours, **tenth)
    cases.log(hours, 8, 40)
    cases.post(hours)
    cases.log(hours, 4, 9)
    paid = cases.order("tenth off a fixed price, invoiced", cases.retainer)
    cases.discount(paid, **tenth)
    cases.post(paid)
    lines = cases.order("tenth off every line", cases.workshop, cases.retainer)
    cases.discount(lines, discount_type="sol_discount", discount_percentage=0.1)
    lines.order_line[0].qty_delivered = 2
    off = cases.product("Off, by delivery", "delivered_manual", 0.0)
    by_hand = {"product_id": off.id, "product_uom_qty": 1, "price_unit": -150.0}
    for name, delivered in {"nobody delivered": 0, "somebody delivered": 1}.items():
        order = cases.order(f"150 off by delivery that {name}", cases.workshop, by_hand)
        order.order_line[0].qty_delivered = 2
        order.order_line[1].qty_delivered = delivered


def rounded(cases: Money) -> None:
    half = cases.worked("half a cent", 6.88, product_uom_qty=10, price_unit=618.25)
    cases.post(half)
    cases.log(half, 1.82, 3)
    thirds = cases.worked("cents of three invoices", 1.11, product_uom_qty=10, price_unit=333.33)
    for days, hours in ((20, 1.11), (10, 1.11), (5, 2.22)):
        cases.post(thirds)
        cases.log(thirds, hours, days)
    for code, rate in {"JPY": 150.0, "KWD": 0.3}.items():
        currency = cases.currency(code, rate)
        pricelist = cases.env["product.pricelist"].create(
            {"name": code, "currency_id": currency.id, "company_id": cases.company.id}
        )
        price = {**cases.hours, "price_unit": 1234.56, "discount": 12.35}
        order = cases.order(f"cents of {code}", price, pricelist_id=pricelist.id)
        cases.log(order, 3.27, 30)
        cases.post(order)
        cases.log(order, 0.53, 3)


def bundles_and_extras(cases: Money) -> None:
    parts = [cases.product(f"Item of {p:g}", "ordered_prepaid", p) for p in (60.0, 40.0)]
    combos = cases.env["product.combo"].create(
        [{"name": p.name, "combo_item_ids": [(0, 0, {"product_id": p.id})]} for p in parts]
    )
    bundle = {"name": "Bundle", "type": "combo", "list_price": 100.0, "taxes_id": False}
    product = cases.env["product.product"].create({**bundle, "combo_ids": [(6, 0, combos.ids)]})
    order = cases.order("bundle", {"product_id": product.id, "product_uom_qty": 1})
    for item in combos.combo_item_ids:
        cases.env["sale.order.line"].create(
            {
                "order_id": order.id,
                "product_id": item.product_id.id,
                "product_uom_qty": 1,
                "combo_item_id": item.id,
                "linked_line_id": order.order_line[0].id,
            }
        )
    free = {**cases.retainer, "product_uom_qty": 1}
    for name, values in {
        "extra at no price": {"price_unit": 0.0},
        "extra at 100 % discount": {"discount": 100.0},
        "extra at neither": {"price_unit": 0.0, "discount": 100.0},
    }.items():
        cases.order(name, cases.workshop, {**free, **values}).order_line[0].qty_delivered = 2
    given = {**cases.hours, "price_unit": 0.0, "discount": 100.0}
    cases.log(cases.order("hours given away", cases.workshop, given), 3, 4, number=1)
    cases.log(
        cases.order("hours without a price", cases.workshop, {**given, "discount": 0}), 3, 4, 1
    )
    cases.order("nothing but a fixed line without a price", {**free, "price_unit": 0.0})


def taxes_in_the_price(cases: Money) -> None:
    fixed = cases.tax("eco", 10, amount_type="fixed")
    raising = cases.tax("a10", 10, include_base_amount=True, sequence=1)
    raised = cases.tax("b20", 20, sequence=2)
    flat = cases.tax("c5", 5, sequence=3)
    group = cases.tax("group", 0, amount_type="group")
    group.children_tax_ids = raising | raised
    tobacco = cases.tax("division", 20, amount_type="division")
    eco = cases.tax("eco that raises", 3, amount_type="fixed", include_base_amount=True, sequence=0)
    alone = cases.tax("not raised", 20, is_base_affected=False, sequence=2)
    on_top = cases.tax("on top", 21, price_include_override="tax_excluded", sequence=9)
    for name, price, taxes in (
        ("fixed tax included", 110.0, fixed),
        ("tax that raises the base of another", 132.0, raising | raised),
        ("two taxes on one base", 127.77, raised | flat),
        ("tax that is not raised by another", 130.0, raising | alone),
        ("group of taxes", 132.0, group),
        ("division", 99.99, tobacco),
        ("fixed tax below a percentage", 127.65, eco | raised),
        ("included, and one on top", 121.33, raised | on_top),
    ):
        values = {"price_unit": price, "tax_ids": [(6, 0, taxes.ids)]}
        cases.held(name, **values)
        part = cases.held(f"{name}, partly invoiced", 1.37, **values, product_uom_qty=7)
        cases.post(part)
        part.order_line.qty_delivered = 4.29
        cases.held(f"{name}, none ordered", 3.33, **values, product_uom_qty=0)
    mapped = cases.tax("abroad 7", 7)
    # Odoo 19 keeps on a tax what it stands for.
    position = cases.env["account.fiscal.position"].create(
        {"name": "Abroad", "company_id": cases.company.id}
    )
    mapped.write({"fiscal_position_ids": [(4, position.id)], "original_tax_ids": [(4, raised.id)]})
    sold = cases.product("Taxed workshop", "delivered_manual", 120.0, taxes_id=[(6, 0, raised.ids)])
    order = cases.order(
        "tax of a fiscal position",
        {"product_id": sold.id, "product_uom_qty": 3},
        fiscal_position_id=position.id,
    )
    order.order_line.qty_delivered = 3


def negative_quantities(cases: Money) -> None:
    for name, line in {
        "two returned of a fixed price": {**cases.retainer, "product_uom_qty": -2},
        "two hours returned": {**cases.hours, "product_uom_qty": -2},
        "two workshops returned": {**cases.workshop, "product_uom_qty": -2},
    }.items():
        order = cases.order(name, cases.workshop, line)
        order.order_line[0].qty_delivered = 2
    billed = cases.order(
        "two returned, all invoiced", cases.workshop, {**cases.retainer, "product_uom_qty": -2}
    )
    billed.order_line[0].qty_delivered = 2
    billed._create_invoices(final=True)
    cases.posted(billed.invoice_ids)


def billed_in_another_way_since(cases: Money) -> None:
    """Odoo goes on billing lines as they were sold when their product changes."""
    for name, before, after in (
        ("by delivery, by the order since", "delivered_manual", "ordered_prepaid"),
        ("by the order, by delivery since", "ordered_prepaid", "delivered_manual"),
    ):
        product = cases.product(name, before, 100.0)
        order = cases.order(name, {"product_id": product.id, "product_uom_qty": 10})
        order.order_line.qty_delivered = 3
        # What is computed is written first, as it would be by another request.
        cases.env.flush_all()
        product.product_tmpl_id.service_policy = after


def advances(cases: Money) -> None:
    def down(name: str, *lines: Any) -> Any:
        order = cases.order(name, *lines)
        share = {"advance_payment_method": "percentage", "amount": 30.0}
        wizard = {**share, "sale_order_ids": [(6, 0, order.ids)]}
        cases.env["sale.advance.payment.inv"].create(wizard).create_invoices()
        order.order_line[0].qty_delivered = 2
        return order

    down("down payment drafted", cases.workshop)
    cases.posted(down("down payment posted", cases.workshop).invoice_ids)
    lowered = down("down payment lowered by hand", cases.workshop)
    lowered.invoice_ids.invoice_line_ids.filtered("sale_line_ids").price_unit = 250
    cases.posted(lowered.invoice_ids)
    final = down("down payment deducted", cases.workshop)
    cases.posted(final.invoice_ids)
    cases.posted(final._create_invoices(final=True))
    drafted = down("down payment deducted on a draft", cases.workshop)
    cases.posted(drafted.invoice_ids)
    drafted._create_invoices(final=True)
    refunded = down("down payment refunded by half its quantity", cases.workshop)
    cases.posted(cases.credit(cases.posted(refunded.invoice_ids), 0.5))
    locked = down("locked down payment refunded by half its quantity", cases.workshop)
    note = cases.credit(cases.posted(locked.invoice_ids), 0.5)
    locked.locked = True
    cases.posted(note)
    third = down("down payment refunded by a third of its price", cases.workshop)
    note = cases.credit(cases.posted(third.invoice_ids), 1)
    note.invoice_line_ids.price_unit = 100
    cases.posted(note)
    taxed = cases.tax("n21", 21)
    with_tax = down("down payment with tax", {**cases.workshop, "tax_ids": [(6, 0, taxed.ids)]})
    cases.posted(with_tax.invoice_ids)
