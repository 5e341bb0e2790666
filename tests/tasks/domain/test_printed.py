"""Odoo's own prints of an order are told from other files by their names."""

import pytest

from tasks.domain.printed import is_report

NAME = "S00012"


@pytest.mark.parametrize(
    ("name", "report"),
    [
        ("Quotation - S00012.pdf", True),
        ("Order - S00012.pdf", True),
        ("PRO-FORMA - S00012.pdf", True),
        ("Angebot - S00012.pdf", True),
        ("Devis - S00012 (1).PDF", True),
        ("S00012.pdf", True),
        ("Abnahme - S00012.pdf", False),
        ("Acceptance S00012.pdf", False),
        ("Quotation - S00013.pdf", False),
        ("Quotation - S00012.docx", False),
        ("accepted", False),
    ],
)
def test_odoos_own_reports_are_known_by_their_names(name: str, report: bool) -> None:
    assert is_report(name, NAME) is report


def test_a_slash_in_an_orders_name_is_none_in_a_files() -> None:
    assert is_report("Auftrag - SO_2026_7.pdf", "SO/2026/7")
