"""Two names are alike whichever comes first, and many are compared without an end of time."""

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.commercial.master_data import alike as module
from tasks.commercial.master_data.alike import (
    Spelling,
    alike,
    is_alike,
    of_one_domain,
    of_one_number,
)
from tasks.commercial.master_data.written import VatNumber, name_key

PERCENT = 92.0
# Few letters, so that many are alike.
KEYS = st.text(alphabet="ab c12", max_size=14).map(name_key)
FIRMS = st.dictionaries(st.integers(1, 1000), KEYS, max_size=12)


@given(KEYS, KEYS)
def test_alike_is_the_same_both_ways(one: str, other: str) -> None:
    assert is_alike(one, other, PERCENT) == is_alike(other, one, PERCENT)


@given(st.text(max_size=40))
def test_a_name_is_like_itself_unless_it_says_nothing(name: str) -> None:
    key = name_key(name)
    assert is_alike(key, key, 100) is bool(key)


@given(FIRMS, st.randoms())
def test_pairs_do_not_hang_on_the_order_of_records(
    names: dict[int, str], chance: random.Random
) -> None:
    shuffled = list(names.items())
    chance.shuffle(shuffled)
    assert alike(dict(shuffled), PERCENT) == alike(names, PERCENT)


@given(FIRMS)
def test_in_a_small_firm_each_is_compared_with_each(names: dict[int, str]) -> None:
    """Of the same name there are pairs of neighbours, of two names one pair."""
    found = alike(names, PERCENT)
    first = {name: min(n for n, of in names.items() if of == name) for name in names.values()}
    for one, other in combinations([name for name in first if name], 2):
        low, high = sorted((first[one], first[other]))
        assert ((low, high) in found) is is_alike(one, other, PERCENT)
    for name in first:
        same = [n for n, of in names.items() if of == name]
        pairs = {pair for pair in found if {*pair} <= {*same}}
        assert len(pairs) == (len(same) - 1 if name else 0)
    assert all(low < high for low, high in found)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Nordsee Logistik GmbH", "Nordsee-Logistik", True),
        ("Logistik Nordsee", "Nordsee Logistik AG", True),
        ("St. Gallen Tourismus", "St.Gallen Tourismus", True),
        ("Stadtwerke Ostheim", "Stadtwerke Ostheimm", True),
        ("Stadtwerke Ostheim", "Stadtwerke Westheim", False),
        # A number makes another thing, however long the rest.
        ("Migration of the warehouse phase 2", "Migration of the warehouse phase 3", False),
        ("Audit 2025", "Audit 2026", False),
        ("ABB", "ABC", False),
        ("Hafenwerk", "Hafenwerk Americas", False),
        ("🍺", "🍷", False),
        ("🍺", "🍺", True),
        ("", "", False),
    ],
)
def test_what_people_take_for_one_name(one: str, other: str, same: bool) -> None:
    assert is_alike(name_key(one), name_key(other), PERCENT) is same


def test_a_name_of_ten_thousand_letters_is_compared_like_others() -> None:
    endless = name_key("x" * 10_000)
    assert alike({1: endless, 2: endless, 3: name_key("x" * 9_999)}, PERCENT) == {(1, 2), (2, 3)}


def test_twenty_thousand_customers_are_not_compared_each_with_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every second one stands twice with a slip; the same seed gives the same firm."""
    chance = random.Random(17)
    syllables = ["ha", "fen", "werk", "nord", "see", "lo", "gis", "tik", "bau", "ter", "mi", "kon"]

    def word() -> str:
        return "".join(chance.choices(syllables, k=chance.randint(4, 6)))

    names = {n: f"{word()} {word()}" for n in range(10_000)}
    slips = {n + 10_000: _with_a_slip(name, chance) for n, name in names.items()}
    counted = 0
    compare = Spelling.is_like

    def counting(one: Spelling, other: Spelling, percent: float) -> bool:
        nonlocal counted
        counted += 1
        return compare(one, other, percent)

    monkeypatch.setattr(Spelling, "is_like", counting)
    found = alike({**names, **slips}, PERCENT)
    assert counted <= 20_000 * module.NEXT * len(module.ORDERS)
    meant = [n for n in names if is_alike(names[n], slips[n + 10_000], PERCENT)]
    assert len(meant) > 9_000
    assert all((n, n + 10_000) in found for n in meant if names[n] != slips[n + 10_000])


def _with_a_slip(name: str, chance: random.Random) -> str:
    at = chance.randrange(len(name))
    return name[:at] + name[at + 1 :]


def test_many_of_one_name_or_domain_are_pairs_of_neighbours() -> None:
    assert alike(dict.fromkeys(range(5000), "unknown"), PERCENT) == {
        (n, n + 1) for n in range(4999)
    }
    domains = of_one_domain({n: {"firm.example"} for n in range(5000)})
    assert len(domains) == 4999
    assert set(domains.values()) == {"firm.example"}


def test_a_number_without_a_country_may_be_of_any() -> None:
    numbers = {
        1: VatNumber("DK", "12345678"),
        2: VatNumber("FI", "12345678"),
        3: VatNumber("", "12345678"),
        4: VatNumber("DK", "87654321"),
    }
    assert of_one_number(numbers) == {(1, 3), (2, 3)}
    assert of_one_number({5: VatNumber("", "12345"), 6: VatNumber("", "12345")}) == {(5, 6)}


def test_of_two_domains_that_a_pair_shares_the_first_is_told() -> None:
    both = {"b.example", "a.example"}
    assert of_one_domain({1: both, 2: both, 3: {"c.example"}}) == {(1, 2): "a.example"}
