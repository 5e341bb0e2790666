"""Customers: firms and persons, with and without addresses, numbers and contacts, and twins."""

from typing import Any

from tests.live.inside.sales_firm.setting import SalesFirm

FIRST = "Alder Birch Cedar Dune Ember Fjord Gale Heath Iris Juniper Kelp Larch Moss Nettle Oak Pine"
SECOND = "Bakery Chemicals Dynamics Engines Foods Glass"
FORMS = ("GmbH", "SA", "Ltd", "", "BV")
COUNTRIES = ("DE", "BE", "US", "FR", False)
# Each pair stands twice, or seems to: name, number, address, and what else.
TWINS: list[dict[str, Any]] = [
    {"name": "Quartz Analytics GmbH", "vat": "DE 811.569.869"},
    {"name": "Completely Other Name", "vat": "de811569869"},
    {"name": "Zephyr & Sons Ltd."},
    {"name": "ZEPHYR and Sons"},
    {"name": "Müller Verfahrenstechnik"},
    {"name": "Muller Verfahrenstechnik"},
    {"name": "Verfahrenstechnik Muller AG"},
    {"name": "Tower Phase 2"},
    {"name": "Tower Phase 3"},
    {"name": "Quill One", "email": "anna@quill-office.example"},
    {"name": "Second of the Domain", "email": "ben@quill-office.example"},
    {"name": "Free Mailer", "email": "free@gmail.com"},
    {"name": "Other Free Mailer", "email": "other@gmail.com"},
    {"name": "Nobody Knows", "vat": "0000000000"},
    {"name": "Nobody Knows Either", "vat": "0000000000"},
    {"name": "Velvet Interiors", "vat": "811569870"},
    {"name": "Umbra Interiors", "vat": "FR811569870"},
    {"name": "Xylophone Works", "vat": "BE 0477.472.701"},
    {"name": "Xylophone Works Holding", "vat": "BE 0477472701", "parent": True},
]


def make(firm: SalesFirm) -> None:
    """Firms with contacts and invoice addresses, persons, and those that stand twice."""
    env = firm.env
    made = env["res.partner"].with_context(no_vat_validation=True)
    countries = {
        code: env["res.country"].search([("code", "=", code)]).id for code in COUNTRIES if code
    }
    words = [f"{one} {two}" for one in FIRST.split() for two in SECOND.split()]
    firm.base.chance.shuffle(words)
    rows = [_firm(firm, number, name, countries) for number, name in enumerate(words[:70])]
    firms = made.create(rows)
    children = []
    for number, each in enumerate(firms):
        if number % 4 == 0:
            children.append(
                {"name": f"Contact {number}", "parent_id": each.id, "type": "contact"}
                | ({"email": f"contact{number}@contacts.example"} if number % 8 else {})
            )
        if number % 5 == 0:
            children.append(_invoiced(firm, number, each, countries))
    made.create(children)
    twins = made.create(
        [
            {key: value for key, value in twin.items() if key != "parent"}
            | {"is_company": True, "user_id": firm.pick([False, firm.known["sal0"].id])}
            for twin in TWINS
        ]
    )
    for twin, wanted, before in zip(twins[1:], TWINS[1:], twins, strict=False):
        if wanted.get("parent"):
            before.parent_id = twin
    firm.known["customers"] = [*firms, *firms.child_ids.filtered(lambda one: one.type == "contact")]
    firm.known["twins"] = list(twins)
    firm.base.done("customers")


def _firm(firm: SalesFirm, number: int, name: str, countries: dict[Any, int]) -> dict[str, Any]:
    code = firm.pick(COUNTRIES)
    form = firm.pick(FORMS)
    return {
        "name": f"{name} {form}".strip(),
        "is_company": number % 7 != 3,
        "street": firm.pick([False, "Main street 1", "Market 2", "Quay 3"]),
        "zip": firm.pick([False, "1000", "2000", "3000"]),
        "city": firm.pick([False, "Springfield", "Shelbyville", "Ogdenville"]),
        "country_id": countries.get(code, False),
        "email": firm.pick([False, f"office{number}@firm{number}.example"]),
        "vat": firm.pick([False, f"{code or 'XX'}9{number:03}55{number:03}"]),
        "user_id": firm.pick([False, firm.known["sal1"].id]),
        "property_payment_term_id": False,
    }


def _invoiced(firm: SalesFirm, number: int, parent: Any, countries: dict[Any, int]) -> Any:
    """Its values would be the firm's, were they not given."""
    return {
        "name": f"Accounts of {number}",
        "parent_id": parent.id,
        "type": "invoice",
        "street": firm.pick([False, "Post box 9"]),
        "zip": firm.pick([False, "4000"]),
        "city": firm.pick([False, "Brockway"]),
        "country_id": firm.pick([False, countries["DE"]]),
        "email": firm.pick([False, f"accounts{number}@firm{number}.example"]),
    }
