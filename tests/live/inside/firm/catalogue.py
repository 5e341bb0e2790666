"""What the firm sells, to whom, in which currency and with which taxes."""

from typing import Any

from tests.live.inside.firm.setting import Firm

CURRENCIES = {"EUR": 0.9, "JPY": 150.0}
IN_PROJECT = {"service_tracking": "task_in_project"}


class Catalogue:
    """Products, customers, pricelists and taxes; products and customers serve both companies."""

    def __init__(self, firm: Firm) -> None:
        self.env = firm.env
        hour, day = self.env.ref("uom.product_uom_hour"), self.env.ref("uom.product_uom_day")
        in_hours = {"uom_id": hour.id, **IN_PROJECT}
        self.products = {
            "time": self._service("Hour", "delivered_timesheet", 120.5, **in_hours),
            "days": self._service("Day", "delivered_timesheet", 964.0, uom_id=day.id, **IN_PROJECT),
            "units": self._service("Hour in units", "delivered_timesheet", 99.9, **IN_PROJECT),
            "milestone": self._service("Stage", "delivered_milestones", 4321.1, **IN_PROJECT),
            "prepaid": self._service("Retainer", "ordered_prepaid", 99.99, **in_hours),
            "manual": self._service("Workshop", "delivered_manual", 850.0),
            "typed": self._service("Flat fee", None, 5000.0, invoice_policy="order"),
            "goods": self._goods("Laptop", "order", 1499.0),
            "delivered goods": self._goods("Cable", "delivery", 9.95),
            "cost": self._expense("Travel at cost", "cost"),
            "sales_price": self._expense("Mileage", "sales_price", list_price=0.42),
        }
        self.customers = self._customers()
        self.pricelists = {c.id: self._pricelists(firm, c) for c in firm.companies}
        self.taxes = {c.id: self._taxes(c) for c in firm.companies}

    def _service(self, name: str, policy: str | None, price: float, **values: Any) -> Any:
        values = {"type": "service", "list_price": price, "taxes_id": False, **values}
        made = self.env["product.product"].create({"name": f"Firm: {name}", **values})
        if policy:
            made.product_tmpl_id.service_policy = policy
        return made

    def _goods(self, name: str, policy: str, price: float) -> Any:
        values = {"type": "consu", "invoice_policy": policy, "list_price": price}
        return self.env["product.product"].create({"name": name, "taxes_id": False, **values})

    def _expense(self, name: str, policy: str, list_price: float = 1.0) -> Any:
        values = {"can_be_expensed": True, "expense_policy": policy}
        return self._service(name, None, list_price, **values)

    def _customers(self) -> Any:
        rows = [
            {
                "name": f"Customer {number:02}",
                "is_company": True,
                "email": False if number % 8 == 7 else f"billing{number:02}@customer.example",
            }
            for number in range(40)
        ]
        return self.env["res.partner"].create(rows)

    def _pricelists(self, firm: Firm, company: Any) -> dict[str, Any]:
        found = {}
        for code, rate in CURRENCIES.items():
            currency = self.env["res.currency"].with_context(active_test=False)
            currency = currency.search([("name", "=", code)])
            currency.active = True
            rates = {"name": firm.ago(600), "company_rate": rate, "company_id": company.id}
            currency.rate_ids = [(0, 0, rates)]
            values = {"name": code, "currency_id": currency.id, "company_id": company.id}
            found[code] = self.env["product.pricelist"].create(values)
        return found

    def _taxes(self, company: Any) -> dict[str, Any]:
        return {
            kind: self.env["account.tax"].create(
                {
                    "name": f"Firm 21% {kind}",
                    "amount": 21.0,
                    "price_include_override": kind,
                    "company_id": company.id,
                }
            )
            for kind in ("tax_included", "tax_excluded")
        }
