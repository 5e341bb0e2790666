"""What the firm sells: services billed in every way, with templates, and what needs no project."""

from typing import Any

from tests.live.inside.sales_firm.setting import SalesFirm

CATEGORIES = ("Implementation", "Support", "Training", "Licences")
TEMPLATES = {
    "Rollout": (["Kickoff", "Design", "Build"], ["Design accepted", "Go-live"]),
    "Staged": (["Kickoff", "Plan"], ["First half", "Second half"]),
    "Support set-up": (["Agree on service levels"], []),
}
# Name, billing, what is made of it, category, template, price, unit.
PRODUCTS = (
    ("consulting", "delivered_timesheet", "task_in_project", 0, "", 120.0, "hour"),
    ("days", "delivered_timesheet", "task_in_project", 0, "", 900.0, "day"),
    ("rollout", "ordered_prepaid", "project_only", 0, "Rollout", 12000.0, "unit"),
    ("stages", "delivered_milestones", "project_only", 0, "Staged", 8000.0, "unit"),
    ("retainer", "ordered_prepaid", "task_in_project", 1, "", 95.5, "hour"),
    ("support", "delivered_timesheet", "project_only", 1, "Support set-up", 110.0, "hour"),
    ("desk", "delivered_timesheet", "task_global_project", 1, "", 80.0, "hour"),
    ("training", "delivered_manual", "no", 2, "", 450.0, "unit"),
    ("coaching", "delivered_timesheet", "no", 2, "", 150.0, "hour"),
    ("licence", "ordered_prepaid", "no", 3, "", 35.0, "unit"),
)


def make(firm: SalesFirm) -> None:
    """Categories, templates, products, tags, price lists and terms."""
    env = firm.env
    top = env["product.category"].create({"name": "Sales firm"})
    rows = [{"name": f"Sales firm: {name}", "parent_id": top.id} for name in CATEGORIES]
    categories = env["product.category"].create(rows)
    # An order sells a product of a category below the one that a policy names.
    below = env["product.category"].create({"name": "Below", "parent_id": categories[0].id})
    templates = {name: _template(firm, name, *of) for name, of in TEMPLATES.items()}
    desk = env["project.project"].create(
        {"name": "Sales firm: the desk", "allow_billable": True, "company_id": False}
    )
    units = {
        "hour": env.ref("uom.product_uom_hour"),
        "day": env.ref("uom.product_uom_day"),
        "unit": env.ref("uom.product_uom_unit"),
    }
    products = {}
    for name, policy, tracking, category, template, price, unit in PRODUCTS:
        product = env["product.product"].create(
            {
                "name": f"Sales firm: {name}",
                "type": "service",
                "list_price": price,
                "taxes_id": False,
                "uom_id": units[unit].id,
                "categ_id": (below if name == "days" else categories[category]).id,
                "service_tracking": tracking,
            }
        )
        product.product_tmpl_id.service_policy = policy
        for company in firm.companies:
            own = product.with_company(company)
            if template:
                own.project_template_id = templates[template]
            if name == "desk":
                own.project_id = desk
        products[name] = product
    products["laptop"] = env["product.product"].create(
        {"name": "Sales firm: laptop", "type": "consu", "list_price": 999.0, "taxes_id": False}
    )
    firm.known |= {"products": products, "templates": templates, "desk": desk}
    firm.known["order_tags"] = list(
        env["crm.tag"].create([{"name": f"Sales firm: {n}"} for n in ("care", "build", "else")])
    )
    firm.known["project_tags"] = list(
        env["project.tags"].create([{"name": f"Sales firm: {n}"} for n in ("care", "build", "odd")])
    )
    firm.known["pricelists"] = {company.id: _pricelist(firm, company) for company in firm.companies}
    firm.known["term"] = env.ref("account.account_payment_term_30days")
    firm.base.done("catalogue")


def _template(firm: SalesFirm, name: str, tasks: list[str], milestones: list[str]) -> Any:
    return firm.env["project.project"].create(
        {
            "name": f"Sales firm: {name}",
            "is_template": True,
            "allow_billable": True,
            "company_id": False,
            "user_id": False,
            "allow_milestones": True,
            "task_ids": [(0, 0, {"name": one}) for one in tasks],
            "milestone_ids": [(0, 0, {"name": one}) for one in milestones],
        }
    )


def _pricelist(firm: SalesFirm, company: Any) -> Any:
    currency = firm.env["res.currency"].with_context(active_test=False)
    currency = currency.search([("name", "=", "EUR")])
    currency.active = True
    rate = {"name": firm.ago(600), "company_rate": 0.9, "company_id": company.id}
    currency.rate_ids = [(0, 0, rate)]
    values = {"name": "EUR", "currency_id": currency.id, "company_id": company.id}
    return firm.env["product.pricelist"].create(values)
