"""What people read of invoices and unbilled work is texts, and words of programs have labels."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox
from tasks import catalogue
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tests.tasks.conftest import changed, reading

POLICIES: Mapping[str, Mapping[str, Any]] = {
    "invoice_readiness": {"purchase_order_required": True, "vat_number_required": True},
    "wip_aging": {"decide_after_days": 10, "overrun_percent": 10},
}
# Told in words of their own, or only good to look something up.
NO_WORDS = ("bottleneck", "partial_bill", "becomes_ready_when")


@pytest.fixture(params=POLICIES)
def reports(request: pytest.FixtureRequest, sandbox: Sandbox, now: AsOf) -> list[Report]:
    """Of today and of a day that is over, seen by all and by who may not read invoices."""
    job = catalogue.jobs()[request.param]
    policy = job.policy(**POLICIES[request.param])
    then = replace(now, instant=now.instant - timedelta(days=20))
    blind = changed(denied_models=["account.move", "account.move.line"])
    return [
        job.run(reading(transport, company_id), moment, policy)
        for transport in (sandbox, blind)
        for company_id in (1, 2)
        for moment in (now, then)
    ]


def said(report: Report) -> Iterator[str]:
    for finding in report.findings:
        yield from (finding.title, finding.reason, finding.remedy)
    for aside in report.set_aside:
        yield from (aside.group, aside.title, aside.reason)
    for gap in report.not_verifiable:
        yield from (gap.reason, gap.remedy)
    for row in report.rows:
        checks = row.get("checks", ())
        yield from (check[name] for check in checks for name in ("reason", "next_step"))
        yield from (row[n] for n in ("difference_reason", "not_verifiable") if row.get(n))


def words(report: Report) -> Iterator[str]:
    yield from (finding.kind for finding in report.findings)
    yield from (gap.check for gap in report.not_verifiable)
    for total in report.totals:
        yield from columns(total)
        for name, value in total.items():
            yield from value if isinstance(value, Mapping) and name not in NO_WORDS else ()
    for row in report.rows:
        yield from columns(row)
        for check in row.get("checks", ()):
            yield from (check["check"], check["result"])
        yield from (row[n] for n in ("status", "verdict", "billing", "bucket") if row.get(n))


def columns(told: Mapping[str, Any]) -> Iterator[str]:
    for name, value in told.items():
        if not isinstance(value, list) and not name.endswith("_id") and name not in NO_WORDS:
            yield name


def test_every_sentence_is_a_text(reports: list[Report]) -> None:
    sentences = {sentence for report in reports for sentence in said(report) if sentence}
    assert len(sentences) > 20
    assert [sentence for sentence in sentences if not isinstance(sentence, Text)] == []


def test_every_word_has_a_label(reports: list[Report]) -> None:
    found = {word for report in reports for word in words(report) if word}
    assert len(found) > 20
    assert [word for word in found if not isinstance(catalogue.label(word), Text)] == []
