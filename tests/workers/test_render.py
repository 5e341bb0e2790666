"""A stored payload becomes subject, text, HTML and CSV, the same bytes every time."""

from typing import Any

import pytest

from workers.delivery.errors import DeliveryRefused
from workers.delivery.render import render

PERSON: dict[str, Any] = {
    "template": "person",
    "title": "Timesheet reminders",
    "company": "Nordwind <DE>",
    "at": "23 Nov 2026 06:00 Europe/Berlin",
    "why": "hours that nobody logs are billed late",
    "rule": "timesheet_reminders",
    "name": "Ann",
    "step": "late",
    "others": False,
    "findings": [
        {
            "owner": "Ann",
            "title": "6 h missing for 16 Nov to 22 Nov 2026",
            "reason": "expected 32 h, logged 26 h",
            "advice": "Log the missing hours.",
            "page": "https://odoo.example/odoo/timesheets",
            "note": "",
        }
    ],
}
TEAM: dict[str, Any] = {
    **PERSON,
    "name": "Mia",
    "step": "manager",
    "others": True,
    "findings": [
        {**PERSON["findings"][0], "page": "https://odoo.example/odoo/all-timesheets"},
        {
            **PERSON["findings"][0],
            "owner": "Bob",
            "page": "https://odoo.example/odoo/all-timesheets",
            "note": "Bob has no e-mail address",
        },
    ],
}
DIGEST: dict[str, Any] = {
    **{key: PERSON[key] for key in ("company", "at", "why", "rule")},
    "template": "digest",
    "title": "Invoice readiness",
    "role": "finance",
    "totals": [{"currency": "EUR", "ready": "1200.00", "blocked": "0.00", "residual": "0.00"}],
    "rows": [{"sale_order": "=S1", "amount": "-5.00", "checks": [{"check": "price"}]}],
    "findings": [
        {
            "severity": "info",
            "title": "S1 Nordwind: ready",
            "reason": "every check passed",
            "remedy": "create and send the invoice",
            "owner": "finance",
            "url": "https://odoo.example/odoo/sale.order/1",
            "amount": "1200.00",
            "currency": "EUR",
            "since": "2026-11-13",
        },
        {
            "severity": "warning",
            "title": "S2 Delta: blocked",
            "reason": "no price",
            "remedy": "set it",
            "owner": "Ann",
            "url": "https://odoo.example/odoo/sale.order/2",
            "amount": None,
            "currency": None,
            "since": None,
        },
    ],
    "news": {"since": None, "opened": [{"title": f"S{number}"} for number in range(12)]},
    "not_verifiable": [{"check": "approved_time", "reason": "no approval", "remedy": ""}],
}


def test_a_person_reads_what_is_missing_and_where_to_go() -> None:
    mail = render([PERSON])
    assert mail.subject == "6 h missing for 16 Nov to 22 Nov 2026"
    for content in (mail.text, mail.html):
        assert "expected 32 h, logged 26 h" in content
        assert "https://odoo.example/odoo/timesheets" in content
        assert "Why am I getting this?" in content
    assert mail.csv == ""


def test_a_manager_reads_who_misses_what_in_one_mail() -> None:
    mail = render([TEAM])
    assert mail.subject == "Timesheet reminders: 2 to follow up"
    for content in (mail.text, mail.html):
        assert content.index("Ann") < content.index("Bob")
        assert "because Bob has no e-mail address" in content
        assert content.count("https://odoo.example/odoo/all-timesheets") == 1
        assert content.count("Log the missing hours.") == 1


def test_a_mail_about_one_other_person_names_them_in_its_subject() -> None:
    mail = render([{**TEAM, "findings": TEAM["findings"][:1]}])
    assert mail.subject == "Ann: 6 h missing for 16 Nov to 22 Nov 2026"
    assert "Ann" in mail.html


def test_names_from_odoo_are_escaped_in_html() -> None:
    assert "Nordwind &lt;DE&gt;" in render([PERSON]).html


def test_a_digest_says_the_totals_in_its_subject() -> None:
    mail = render([DIGEST])
    assert mail.subject.endswith(": EUR ready 1200.00 blocked 0.00 · 2 to act on")


def test_a_digest_lists_what_needs_somebody_before_what_is_ready() -> None:
    for content in (render([DIGEST]).text, render([DIGEST]).html):
        assert content.index("S2 Delta: blocked") < content.index("S1 Nordwind: ready")
        assert "and 2 more" in content
        assert "approved_time" in content


def test_parts_of_a_total_are_listed_below_it() -> None:
    parts = {"0-30": "10.00", "91+": "2.00"}
    total = {"currency": "EUR", "wip": "12.00", "buckets": parts}
    mail = render([{**DIGEST, "totals": [total]}])
    assert "EUR wip 12.00" in mail.subject
    for content in (mail.text, mail.html):
        assert "0-30 10.00" in content


def test_a_digest_without_money_says_how_much_there_is_to_do() -> None:
    total = {"basis": "net capacity", "employees": 3}
    mail = render([{**DIGEST, "title": "Utilization", "totals": [total]}])
    assert mail.subject == "Utilization 23 Nov 2026 06:00 Europe/Berlin: 2 to act on"
    assert "net capacity" in mail.text
    assert "net capacity" in mail.html


def test_a_payload_that_a_template_cannot_show_is_refused_by_name() -> None:
    with pytest.raises(DeliveryRefused, match="'person' cannot show this message"):
        render([{"template": "person"}])


def test_money_is_shown_with_its_currency() -> None:
    assert "EUR 1,200.00" in render([DIGEST]).text.replace("\xa0", " ")


def test_the_csv_holds_every_row_and_runs_no_formula() -> None:
    assert render([DIGEST]).csv.splitlines() == ["sale_order,amount", "'=S1,-5.00"]


def test_the_same_payload_gives_the_same_bytes() -> None:
    assert render([DIGEST]) == render([DIGEST])


def test_styles_are_inlined_for_mail_clients() -> None:
    assert "<style" not in render([PERSON]).html


def test_a_total_with_parts_in_one_currency_alone_keeps_its_columns_straight() -> None:
    def total(currency: str, bottleneck: object) -> dict[str, object]:
        return {"currency": currency, "ready": "1.00", "bottleneck": bottleneck, "lines": [1]}

    found = [total("EUR", None), total("USD", {"owner": "Ann", "lost_days": 3})]
    mail = render([{**DIGEST, "totals": found}])
    assert "bottleneck</th>" not in mail.html
    assert "USD bottleneck: owner Ann · lost days 3" in mail.html
    assert "None" not in mail.html + mail.text
    assert "[1]" not in mail.html + mail.text
