"""The older call for groups, deprecated yet answered, tells the same in its own shape."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.contracts.asking import ARCHIVED_TOO, Asker, Row, label
from tests.contracts.grouped import KEYS, LINE, NOTHING, SUMMED, grouped, plain, put_together


@pytest.mark.parametrize("case", KEYS, ids=label)
def test_the_older_call_gives_the_same_groups(
    odoo: Asker, case: tuple[str, tuple[str, ...]]
) -> None:
    model, keys = case
    name = SUMMED.get(model, "id")
    formatted = grouped(odoo, model, keys, ["__count", f"{name}:sum"])
    classic = odoo.ask(
        model,
        "read_group",
        [],
        [f"total:sum({name})"],
        list(keys),
        lazy=False,
        context=dict(ARCHIVED_TOO),
    )
    assert [older(group, keys) for group in classic] == [plain(group, keys) for group in formatted]
    assert [(group["__count"], group["total"]) for group in classic] == [
        (group["__count"], group[f"{name}:sum"]) for group in formatted
    ]


def older(group: Row, keys: Sequence[str]) -> tuple[Any, ...]:
    """The keys of a group of the older call: the bounds of dates stand apart from their labels."""

    def key(spec: str) -> Any:
        value = group[spec]
        if ":" in spec:
            bounds = group["__range"][spec]
            return bounds["from"] if bounds else False
        return value[0] if isinstance(value, list) else value

    return tuple(key(spec) for spec in keys)


@pytest.mark.parametrize("case", KEYS, ids=label)
def test_the_older_call_is_lazy_by_default(odoo: Asker, case: tuple[str, tuple[str, ...]]) -> None:
    model, keys = case
    first = keys[0]
    count = f"{first.split(':')[0]}_count"
    lazy = odoo.ask(model, "read_group", [], [], list(keys), context=dict(ARCHIVED_TOO))
    expected = put_together(odoo, model, keys[:1])
    for group in lazy:
        assert group[count] == len(expected[older(group, keys[:1])])
        assert odoo.count(model, group["__domain"]) == group[count]
        assert group.get("__context", {"group_by": []}) == {"group_by": list(keys[1:])}


def test_the_older_call_over_no_rows_and_no_keys(odoo: Asker) -> None:
    (group,) = odoo.ask(LINE, "read_group", NOTHING, ["unit_amount"], [], lazy=False)
    assert group == {"__count": 0, "__domain": [["id", "<", 0]], "unit_amount": False}


def test_a_date_without_a_span_is_grouped_by_month_in_the_older_call(odoo: Asker) -> None:
    named = odoo.ask(LINE, "read_group", [], [], ["date:month"], lazy=False)
    unnamed = odoo.ask(LINE, "read_group", [], [], ["date"], lazy=False)
    assert [group["date"] for group in unnamed] == [group["date:month"] for group in named]
    assert [group["__range"]["date"] for group in unnamed] == [
        group["__range"]["date:month"] for group in named
    ]


def test_the_older_call_sums_what_is_named_without_a_function(odoo: Asker) -> None:
    (group,) = odoo.ask(LINE, "read_group", [], ["unit_amount", "project_id"], [], lazy=False)
    assert group["unit_amount"] == pytest.approx(
        sum(row["unit_amount"] for row in odoo.table(LINE))
    )
    assert "project_id" not in group


def test_the_older_call_takes_one_key_as_a_text(odoo: Asker) -> None:
    listed = odoo.ask(LINE, "read_group", [], ["unit_amount"], ["project_id"])
    assert odoo.ask(LINE, "read_group", [], ["unit_amount"], "project_id") == listed


def test_the_older_call_can_be_ordered_by_a_sum(odoo: Asker) -> None:
    groups = odoo.ask(
        LINE, "read_group", [], ["unit_amount:sum"], ["project_id"], orderby="unit_amount desc"
    )
    totals = [group["unit_amount"] for group in groups]
    assert totals == sorted(totals, reverse=True)
