"""Which of many names, numbers and domains are alike, without comparing each with each.

Names are sorted in three ways, as they are read, by the alphabet of their words, and from their
end, and each is compared with those that come next (the sorted neighbourhood method of Hernández
and Stolfo, 1995). The work grows with the number of names, not with its square.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import Final, TypeVar

from rapidfuzz import fuzz

from tasks.commercial.master_data.written import VatNumber

# Two ids, the smaller one first.
Pair = tuple[int, int]
K = TypeVar("K", bound=Hashable)

# With how many of those that come next in each order a name is compared.
NEXT: Final = 12


@dataclass(frozen=True)
class Spelling:
    """A name, as `name_key` writes it, in the ways in which it is compared."""

    #: Without blanks.
    read: str
    #: Its words by the alphabet.
    by_word: str
    #: The words with a digit in them.
    numbered: tuple[str, ...]

    @classmethod
    def of(cls, name: str) -> "Spelling":
        """That of a name."""
        words = sorted(name.split())
        numbered = (word for word in words if any(sign.isdecimal() for sign in word))
        return cls(name.replace(" ", ""), " ".join(words), tuple(numbered))

    @property
    def from_its_end(self) -> str:
        """The letters from the last to the first."""
        return self.read[::-1]

    def is_like(self, other: "Spelling", percent: float) -> bool:
        """Whether so many percent of the letters are the same.

        Neither the order of the words counts nor the blanks between them. What has a digit in it
        must be the same: phase 2 is another thing than phase 3. Nothing is like an empty name.
        """
        if not self.read or self.numbered != other.numbered:
            return False
        return (
            fuzz.ratio(self.read, other.read) >= percent
            or fuzz.ratio(self.by_word, other.by_word) >= percent
        )


ORDERS: Final = (
    attrgetter("read", "by_word"),
    attrgetter("by_word", "read"),
    attrgetter("from_its_end", "by_word"),
)


def is_alike(one: str, other: str, percent: float) -> bool:
    """Whether two names, as `name_key` writes them, are alike in so many percent."""
    return Spelling.of(one).is_like(Spelling.of(other), percent)


def alike(names: Mapping[int, str], percent: float) -> set[Pair]:
    """The pairs of ids whose names, as `name_key` writes them, are alike.

    Of several with the same name each is a pair with the next one; a name that is like another is
    so by the smallest id of each.
    """
    by_name = _grouped((Spelling.of(name), number) for number, name in names.items() if name)
    found = {pair for ids in by_name.values() for pair in pairwise(sorted(ids))}
    for order in ORDERS:
        ordered = sorted(by_name, key=order)
        for at, name in enumerate(ordered):
            for other in ordered[at + 1 : at + 1 + NEXT]:
                if name.is_like(other, percent):
                    found.add(_pair(min(by_name[name]), min(by_name[other])))
    return found


def of_one_number(numbers: Mapping[int, VatNumber]) -> set[Pair]:
    """The pairs with one VAT number; a number without a country may be of any."""
    by_number = _grouped((vat.number, number) for number, vat in numbers.items())
    found: set[Pair] = set()
    for ids in by_number.values():
        for country in {numbers[number].country for number in ids}:
            of_country = [n for n in ids if numbers[n].country in ("", country)]
            found |= set(pairwise(sorted(of_country)))
    return found


def of_one_domain(domains: Mapping[int, Iterable[str]]) -> Mapping[Pair, str]:
    """The pairs that write from one domain, and that: each with the next one by id."""
    by_domain = _grouped((domain, number) for number, of in domains.items() for domain in of)
    return {
        pair: domain
        for domain in sorted(by_domain, reverse=True)
        for pair in pairwise(sorted(by_domain[domain]))
    }


def _grouped(pairs: Iterable[tuple[K, int]]) -> Mapping[K, list[int]]:
    found: dict[K, list[int]] = defaultdict(list)
    for key, number in pairs:
        found[key].append(number)
    return found


def _pair(one: int, other: int) -> Pair:
    return min(one, other), max(one, other)
