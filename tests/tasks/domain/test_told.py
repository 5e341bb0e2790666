"""What readers are told of findings and of what was set aside, as messages keep it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from pydantic import TypeAdapter, ValidationError

from tasks.domain.findings import Finding, SetAside, Severity
from tasks.domain.texts import Text
from tasks.domain.told import AskedFinding, ToldAside, ToldFinding

FINDING = Finding(
    key="line-3",
    severity=Severity.WARNING,
    title=Text("S00001: 95 days"),
    reason=Text("on no posted invoice"),
    remedy=Text("bill it"),
    owner=Text("finance"),
    model="sale.order.line",
    record_id=3,
    url="https://odoo.example/odoo/sale.order/1",
    since=date(2026, 8, 17),
    amount=Decimal("1E+3"),
    currency="EUR",
    kind="to_decide",
    cost_per_day=Decimal("0.25"),
    hours=7.5,
    part_of=("sale.order", 1),
    bands=(2, 0),
)
TOLD = TypeAdapter(ToldFinding)


def test_a_finding_is_told_with_its_amounts_as_text_and_its_days_as_iso() -> None:
    told = ToldFinding.of(FINDING)
    assert (told.amount, told.cost_per_day, told.currency) == ("1000", "0.25", "EUR")
    assert (told.since, told.group, told.held_as) == ("2026-08-17", "to decide", "sale.order")
    plain = ToldFinding.of(replace(FINDING, since=None, amount=None, kind="", part_of=None))
    assert (plain.since, plain.amount, plain.group) == (None, None, "warning")
    assert plain.held_as == "sale.order.line"


def test_a_person_is_told_what_they_are_asked_for_beside_what_the_finding_says() -> None:
    asked = AskedFinding.asked(
        FINDING, Text("you lead it"), "https://odoo.example/all", Text("ask")
    )
    assert (asked.note, asked.page, asked.advice) == (
        "you lead it",
        "https://odoo.example/all",
        "ask",
    )
    assert (asked.key, asked.remedy) == ("line-3", "bill it")


def test_what_was_set_aside_is_told_with_the_case_by_which_it_is_held() -> None:
    found = SetAside(
        "held", Text("S00001"), Text("on hold"), "", "sale.order", 1, Decimal(5), "EUR"
    )
    assert ToldAside.of(found).key == ""
    held = ToldAside.of(found, "wip_aging", "line-3")
    assert (held.job, held.key, held.amount) == ("wip_aging", "line-3", "5")


def test_what_nobody_did_is_not_written() -> None:
    told = ToldFinding.of(FINDING)
    assert "acknowledged_by" not in TOLD.dump_python(told)
    seen = TOLD.dump_python(replace(told, acknowledged_by="mia@firm.example"))
    assert seen["acknowledged_by"] == "mia@firm.example"


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("title", None, "Input should be a text"),
        ("owner", 7, "Input should be a text"),
        ("since", "yesterday", "Invalid isoformat string: 'yesterday'"),
        ("amount", "much", "'much' is not a number"),
        ("severity", "dreadful", "Input should be 'info', 'warning' or 'critical'"),
    ],
)
def test_what_is_none_of_its_kind_is_refused(field: str, value: object, problem: str) -> None:
    written = {**TOLD.dump_python(ToldFinding.of(FINDING)), field: value}
    with pytest.raises(ValidationError) as refused:
        TOLD.validate_python(written)
    (error,) = refused.value.errors()
    assert error["loc"] == (field,)
    assert problem in error["msg"]
