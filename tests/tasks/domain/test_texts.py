"""A text is its English sentence, and keeps what it was made of."""

import copy
import json
import pickle
from dataclasses import asdict, dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter

from tasks.domain.texts import (
    NOTHING,
    Money,
    Text,
    Value,
    joined,
    named,
    packed,
    plural,
    unpacked,
)

DAY = date(2026, 11, 23)
WHOLE = Text(
    "{who}: {sum}, {hours} h, {share} %, {days} from {at}; {why}",
    who="Ann {Smith}",
    sum=Money(Decimal("1234.50"), "EUR"),
    hours=7.5,
    share=Decimal("0.10"),
    days=(DAY, Text("no day")),
    at=time(17),
    why=plural("{count} line", "{count} lines", count=2),
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (Text("every check passed"), "every check passed"),
        (WHOLE, "Ann {Smith}: 1234.50 EUR, 7.5 h, 0.10 %, 2026-11-23, no day from 17:00; 2 lines"),
        (Text("{a} of {b:+}", a=0.1 + 0.2, b=3.0), "0.3 of +3"),
        (Text("{a:+} and {b}", a=Decimal("-2.50"), b=12345678.25), "-2.50 and 12345678.25"),
        (Text("{day:short}", day=DAY), "23 Nov"),
        (Text("{day:weekday}", day=DAY), "Mon 23 Nov"),
        (Text("{day:long}", day=DAY), "23 Nov 2026"),
        (plural("{count} line", "{count} lines", count=1), "1 line"),
        (plural("{count} line", "{count} lines", count=0), "0 lines"),
        (named("{Ann}"), "{Ann}"),
        (joined([Text("a"), "b"], "; "), "a; b"),
        (joined([], "; "), ""),
        (joined(["S1"], "; "), "S1"),
    ],
)
def test_as_a_string_a_text_is_its_sentence_as_programs_read_it(text: Text, said: str) -> None:
    assert text == said
    assert json.loads(json.dumps([text])) == [said]


def test_one_text_alone_is_joined_to_nothing() -> None:
    assert joined([WHOLE], "; ") is WHOLE


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(KeyError):
        Text("{hours} h")


def test_a_template_reaches_into_no_value() -> None:
    with pytest.raises(KeyError):
        Text("{name.__class__}", name="x")


@pytest.mark.parametrize("text", [WHOLE, plural("{count} line", "{count} lines", count=1)])
def test_a_text_survives_json(text: Text) -> None:
    payload = {"findings": [{"title": text, "amount": None}], "rows": ({"n": 1},)}
    found = unpacked(json.loads(json.dumps(packed(payload))))
    assert found == {"findings": [{"title": text, "amount": None}], "rows": [{"n": 1}]}
    assert same(found["findings"][0]["title"], text)


@pytest.mark.parametrize(
    "damaged",
    [
        {"$text": "{a}"},
        {"$text": "{a}", "values": {}},
        {"$text": "{a}", "values": {"a": None}},
        {"$text": "{a}", "values": {"a": {"$of_a_later_version": 1}}},
        {"$text": "{a}", "values": {"a": {"$day": "someday"}}},
        {"$text": "{a}", "values": {"a": {"$money": ["much"]}}},
        {"$text": "{a}", "values": {"a": {"$text": "{b}", "values": {}}}},
        {"$text": "{a:whole}", "values": {"a": 3}},
        {"$text": "{", "values": {}},
        {"$text": 5, "values": {}},
        {"$text": "{count} line", "plural": "{count} lines", "values": {}},
    ],
)
def test_what_no_text_can_be_made_of_is_no_harm_to_what_stands_beside_it(damaged: Any) -> None:
    found = unpacked({"damaged": damaged, "whole": packed(WHOLE)})
    assert found["damaged"] == damaged
    assert same(found["whole"], WHOLE)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, copy.copy, lambda t: pickle.loads(pickle.dumps(t))]
)
def test_a_copy_of_a_text_is_a_text(copied: Any) -> None:
    assert same(copied(WHOLE), WHOLE)


def same(found: Text, text: Text) -> bool:
    return (found, found.template, found.plural, found.values) == (
        text,
        text.template,
        text.plural,
        text.values,
    )


@dataclass(frozen=True)
class Found:
    title: Text
    reason: Text = NOTHING


def test_pydantic_keeps_texts_in_json_and_reads_what_older_versions_kept() -> None:
    adapter = TypeAdapter(Found)
    found = Found(WHOLE)
    again = adapter.validate_python(json.loads(json.dumps(adapter.dump_python(found, mode="json"))))
    assert same(again.title, WHOLE)
    assert adapter.validate_python({"title": "6 h of {x}"}) == Found(named("6 h of {x}"))
    assert asdict(found)["title"].values == WHOLE.values


def test_values_can_be_changed() -> None:
    def louder(value: Value) -> Value:
        return value.upper() if isinstance(value, str) else value

    assert Text("{who} of {n}", who="Ann", n=3).with_values(louder) == "ANN of 3"
