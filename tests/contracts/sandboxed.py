"""The sandbox as a server under contract."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from odoo_gateway.sandbox import Sandbox
from odoo_gateway.sandbox.server import Site, serving
from odoo_gateway.transport import Address
from tests.contracts.asking import RULED

AS_OF = date(2026, 11, 23)


@contextmanager
def sandboxed() -> Iterator[Sequence[Address]]:
    """The firm as the fleet sees it, as an officer of the first company, and as the clerk."""
    officers = Sandbox(
        AS_OF,
        company_ids=[1],
        denied_models={"sale.order", "sale.order.line", "account.move"},
        hidden_fields={
            ("hr.version", "contract_date_start"),
            ("hr.version", "contract_date_end"),
        },
    )
    with (
        serving(Site(Sandbox(AS_OF))) as fleet,
        serving(Site(officers, passwords={"officer": "officer"})) as limited,
        serving(Site(Sandbox(AS_OF, rules=RULED), passwords={"clerk": "clerk"})) as ruled,
    ):
        yield (
            Address(fleet, "sandbox", "fleet", "sandbox"),
            Address(limited, "sandbox", "officer", "officer"),
            Address(ruled, "sandbox", "clerk", "clerk"),
        )
