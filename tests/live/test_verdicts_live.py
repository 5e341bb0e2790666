"""What a check of readiness says of orders of a real Odoo on which it turns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from .fleet_command import Fleet
from .inside import verdict_cases
from .inside_odoo import run_inside
from .odoo_server import LOGIN, PASSWORD, OdooServer
from .run_document import Readiness, ReadinessRow

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def orders(odoo_server: OdooServer, demo_db: str) -> Mapping[str, int]:
    made: Mapping[str, int] = run_inside(odoo_server, demo_db, verdict_cases.build)
    return made


@pytest.fixture(scope="module")
def document(
    odoo_server: OdooServer,
    demo_db: str,
    orders: Mapping[str, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Readiness:
    folder = tmp_path_factory.mktemp("verdicts")
    config = folder / "fleet.toml"
    config.write_text(
        f'[tenants.firm]\nurl = "{odoo_server.url}"\ndatabase = "{demo_db}"\nlogin = "{LOGIN}"\n'
        "policies.invoice_readiness.purchase_order_required = true\n"
        f"policies.invoice_readiness.excluded_customers = [{orders['the firm itself']}]\n"
    )
    fleet = Fleet(folder, odoo_server.url, demo_db, LOGIN, PASSWORD, config)
    told = fleet.run("invoice_readiness", "--as-of", str(date.today()))
    assert told.code == 0, told.out
    return Readiness.model_validate_json(told.out)


def row_of(document: Readiness, order_id: int) -> ReadinessRow:
    (found,) = [row for row in document.rows() if row.sale_order_id == order_id]
    return found


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("e-mail of blanks", "fail"),
        ("e-mail of a no-break space", "fail"),
        ("e-mail that is none", "fail"),
        ("by hand", "pass"),
        ("by e-mail, none there", "fail"),
        ("by post", "pass"),
        ("by post, no town", "fail"),
        ("by post to a contact", "pass"),
    ],
)
def test_an_address_is_judged_by_the_way_that_invoices_go(
    name: str, result: str, document: Readiness, orders: Mapping[str, int]
) -> None:
    assert row_of(document, orders[name]).result("invoice_address") == result


def test_a_reference_of_blanks_is_none(document: Readiness, orders: Mapping[str, int]) -> None:
    row = row_of(document, orders["reference of blanks"])
    assert row.result("purchase_order") == "fail"


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("nothing attached", "fail"),
        ("only the posted quotation", "fail"),
        ("only what the composer mailed", "fail"),
        ("only a print, uploaded", "fail"),
        ("a colleague's letter to the customer", "fail"),
        ("a colleague's upload", "pass"),
        ("a colleague's note", "pass"),
        ("the customer's mail", "pass"),
        ("a file on the milestone", "pass"),
        # What was signed is the quotation, before anything was done.
        ("signed by the customer", "fail"),
    ],
)
def test_only_what_the_customer_gave_shows_acceptance(
    name: str, result: str, document: Readiness, orders: Mapping[str, int]
) -> None:
    assert row_of(document, orders[name]).result("acceptance_evidence") == result


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("60 and 60 reached", "the reached milestones of a line make 120 % of the order"),
        ("60 and 60 planned", ""),
        ("60 and 40", ""),
        ("7 and 7 of 10", "the reached milestones of a line make 140 % of the order"),
    ],
)
def test_more_milestones_than_the_order_are_told(
    name: str, reason: str, document: Readiness, orders: Mapping[str, int]
) -> None:
    (check,) = [c for c in row_of(document, orders[name]).checks if c.check == "milestones"]
    assert (check.reason, check.result) == (reason, "fail" if reason else "pass")


@pytest.mark.parametrize(
    ("name", "draft"),
    [
        ("no draft", "no draft invoice waits"),
        ("drafted", "a draft invoice is prepared"),
        ("down payment drafted", "a draft of a down payment waits"),
        ("down payment drafted beside", "a draft invoice is prepared"),
        ("drafted, and more since", "a draft invoice for a part is prepared"),
        ("credit note drafted", "a draft credit note waits"),
    ],
)
def test_it_is_told_what_a_draft_is(
    name: str, draft: str, document: Readiness, orders: Mapping[str, int]
) -> None:
    (check,) = [c for c in row_of(document, orders[name]).checks if c.check == "draft_invoice"]
    assert check.reason.startswith(draft)


@pytest.mark.parametrize("name", ["excluded firm", "excluded contact", "excluded payer"])
def test_a_firm_is_excluded_with_its_contacts(
    name: str, document: Readiness, orders: Mapping[str, int]
) -> None:
    assert row_of(document, orders[name]).status == "excluded"
