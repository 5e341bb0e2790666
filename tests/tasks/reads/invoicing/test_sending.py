"""How a customer is sent invoices, and what is missing for that."""

from typing import Any

import pytest

from tasks.reads.invoicing.sending import Sending, way_of

ADDRESSED = "ap@nordwind.example"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"email": ADDRESSED}, ""),
        ({"email": "Accounts <ap@nordwind.example>, b@nordwind.example"}, ""),
        ({"email": "buchhaltung@müller.example", "method": "email"}, ""),
        ({}, "the invoice address of Nordwind has no e-mail"),
        ({"method": "email"}, "the invoice address of Nordwind has no e-mail"),
        ({"email": "n/a"}, "the e-mail of the invoice address of Nordwind is not an address"),
        ({"email": "ap@"}, "the e-mail of the invoice address of Nordwind is not an address"),
        ({"method": "manual"}, ""),
        ({"method": "snailmail"}, ""),
        (
            {"method": "snailmail", "missing": ["zip", "country"]},
            "invoices go by post, and the invoice address of Nordwind lacks: zip, country",
        ),
        ({"method": "peppol", "peppol": True}, ""),
        ({"method": "peppol", "peppol": True, "peppol_state": "valid"}, ""),
        ({"method": "peppol"}, "invoices go by Peppol, and Nordwind has no endpoint"),
        (
            {"method": "peppol", "peppol": True, "peppol_state": "not_valid"},
            "invoices go by Peppol, and Nordwind is not on Peppol",
        ),
        (
            {"method": "peppol", "peppol": True, "peppol_state": "not_valid_format"},
            "invoices go by Peppol, and Nordwind cannot receive the format of its invoices on "
            "Peppol",
        ),
    ],
)
def test_each_way_of_sending_needs_what_is_its_own(values: dict[str, Any], problem: str) -> None:
    way = way_of(Sending(**values), "Nordwind")
    assert way is not None
    assert way.problem == problem
    assert bool(way.next_step) == bool(problem)


def test_a_way_that_the_fleet_does_not_know_is_not_judged() -> None:
    assert way_of(Sending(ADDRESSED, "cius_ro"), "Nordwind") is None
