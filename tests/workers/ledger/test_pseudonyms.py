"""Where a person is found in what the ledger keeps, and where only somebody like them is."""

import json
import unicodedata
from urllib.parse import quote

import pytest

from workers.ledger.pseudonyms import Person, is_full_name, only_about

ANN = Person(
    ("ann@x.example",),
    names=("Ann O'Hara Müller",),
    records=frozenset({("hr.employee", 17)}),
    keys=("employee-17-2026-W47",),
    others=("Mary Ann O'Hara Müller",),
    salt="s",
)
NAME = ANN.names[0]


@pytest.mark.parametrize(
    "text",
    [
        "ann@x.example",
        "<ann@x.example>, bob@x.example",
        "ANN@X.Example.",
        "'ann@x.example' was refused",
        "mailto:ann@x.example?subject=x",
        "to=ann%40x.example&cc=",
        "mailto%3Aann%40x.example",
        f"{NAME}: 8 h missing",
        NAME.upper(),
        unicodedata.normalize("NFD", NAME),
        "Ann  O'Hara\nMüller",
        "Müller, Ann O'Hara",
        "Ann O&#x27;Hara Müller",
        "Ann O&#39;Hara Müller",
        json.dumps({"to": NAME}),
        quote(NAME),
        f"{NAME}'s hours",
        "told employee-17-2026-W47",
    ],
)
def test_a_person_is_found_however_they_are_spelled(text: str) -> None:
    assert ANN.named_in(text)
    assert ANN.pseudonym in ANN.without(text)
    assert not ANN.named_in(ANN.without(text))


@pytest.mark.parametrize(
    "text",
    [
        "joann@x.example",
        "jo.ann@x.example",
        "jo-ann@x.example",
        "o'ann@x.example",
        "ann+list@x.example",
        "ann@x.example.com",
        "ann@x.examples",
        "annax.example ann@xXexample",
        "Ann O'Hara",
        f"{NAME}-Schmidt",
        f"Joann{NAME[3:]}",
        f"Mary {NAME} paid",
        "employee-17-2026-W471",
        "other-employee-17-2026-W47",
        "100% _nn@x.example",
    ],
)
def test_somebody_else_is_left_alone(text: str) -> None:
    assert ANN.without(text) == text


def test_ids_of_their_records_go_with_what_leads_there_and_no_other_record_does() -> None:
    finding = {"model": "hr.employee", "record_id": 17, "url": "https://o/17", "hours": 17}
    assert ANN.without(finding) == {**finding, "record_id": 0, "url": ""}
    assert ANN.without({**finding, "model": "sale.order"}) == {**finding, "model": "sale.order"}
    assert ANN.without({"part_of": ["hr.employee", 17]}) == {"part_of": ["hr.employee", 0]}
    assert ANN.without({"days": [17, 17]}) == {"days": [17, 17]}


def test_a_first_name_is_theirs_where_it_stands_beside_their_address() -> None:
    person = Person(("ann@x.example",), salt="s")
    told = [{"email": "ANN@x.example", "name": "Ann"}, {"email": "joann@x.example", "name": "Ann"}]
    mine, other = person.without(told)
    assert mine["name"] == person.pseudonym
    assert other == told[1]


def test_a_pseudonym_tells_nothing_and_is_the_same_again() -> None:
    again = Person(("ann@x.example",), salt="s")
    assert again.pseudonym == ANN.pseudonym != Person(("ann@x.example",), salt="t").pseudonym
    assert "ann" not in ANN.pseudonym


def test_spellings_of_one_address_stay_apart_for_both_may_stand_in_a_key() -> None:
    assert ANN.without("ann@x.example") != ANN.without("Ann@x.example")


def test_an_export_leaves_out_whom_else_a_list_names() -> None:
    lines = {"lines": [{"owner": NAME}, {"owner": "Bob Stone"}], "at": 1, "days": [1, 2]}
    assert only_about(ANN, lines) == {"lines": [{"owner": NAME}], "at": 1, "days": [1, 2]}


@pytest.mark.parametrize("name", ["Ann Ox%", "(Ann) Ox", "+Ann Ox", "Ann Ox (she/her)", "A. O."])
def test_a_name_with_symbols_at_its_ends_is_replaced_as_whole_words_only(name: str) -> None:
    person = Person(("ann@x.example",), names=(name,), salt="s")
    assert person.without(f"told {name}, twice") == f"told {person.pseudonym}, twice"
    for longer in (f"Jo{name}", f"{name}ley", f"Jo-{name}", f"{name}-Smith", f"7{name}"):
        assert person.without(f"told {longer}, twice") == f"told {longer}, twice"


@pytest.mark.parametrize("name", ["%", "% %", "a %", "1 2 3"])
def test_what_has_no_two_letters_is_no_name(name: str) -> None:
    assert not is_full_name(name)
