"""Which files show that a customer accepted."""

from dataclasses import replace

import pytest

from tasks.domain.evidence import Posted, is_report, shows_acceptance

ORDER = "S00012"
NOTE = Posted("comment", by_colleague=True, sent_outside=False, embedded=False)
SENT = replace(NOTE, sent_outside=True)
MAILED_IN = Posted("email", by_colleague=False, sent_outside=False, embedded=False)
ON_THE_PORTAL = replace(MAILED_IN, kind="comment")


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
    assert is_report(name, ORDER) is report


def test_a_slash_in_an_orders_name_is_none_in_a_files() -> None:
    assert is_report("Auftrag - SO_2026_7.pdf", "SO/2026/7")


@pytest.mark.parametrize(
    ("name", "messages", "shows"),
    [
        ("signed.pdf", [], True),
        ("Quotation - S00012.pdf", [], False),
        ("signed.pdf", [NOTE], True),
        ("Quotation - S00012.pdf", [NOTE], False),
        ("offer.pdf", [SENT], False),
        ("offer.pdf", [replace(NOTE, kind="notification")], False),
        ("offer.pdf", [replace(NOTE, kind="email_outgoing")], False),
        ("offer.pdf", [replace(NOTE, kind="auto_comment")], False),
        ("Quotation - S00012.pdf", [MAILED_IN], True),
        ("S00012.pdf", [MAILED_IN], True),
        ("logo.png", [replace(MAILED_IN, embedded=True)], False),
        ("signed.pdf", [ON_THE_PORTAL], True),
        ("S00012.pdf", [ON_THE_PORTAL], False),
        ("signed.pdf", [SENT, MAILED_IN], True),
    ],
)
def test_what_the_customer_gave_or_a_colleague_filed_shows_acceptance(
    name: str, messages: list[Posted], shows: bool
) -> None:
    assert shows_acceptance(name, ORDER, messages) is shows
