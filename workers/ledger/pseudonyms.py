"""Where a person is named, in text and JSON however it is spelled; and pseudonyms instead."""

import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from hmac import new as keyed
from html import escape
from typing import Any, Final
from urllib.parse import quote

from tasks.domain.texts import Text

# Models of Odoo whose records are people.
OF_PEOPLE: Final = frozenset({"hr.employee", "res.partner", "res.users"})
# Where an object says whose it is.
ADDRESSES: Final = ("email", "reader", "recipient", "person")
DOMAIN: Final = "erased.invalid"
# Not within a longer address: of joann@, the.ann@ or o'ann@; nor of ann@x.example in x.example.com.
BEFORE_ADDRESS: Final = r"(?:(?<![\w.+-])(?<!\w')|(?<=%[0-9A-Fa-f]{2}))"
AFTER_ADDRESS: Final = r"(?![\w-])(?!\.\w)"
# Not within a longer name or key, such as Smith-Jones.
BEFORE_NAME: Final = r"(?<!\w)(?<!\w-)"
AFTER_NAME: Final = r"(?!\w)(?!-\w)"


@dataclass(frozen=True)
class Person:
    """Everything that somebody is known by; what is found by it is theirs."""

    #: the one that was asked for, and others of theirs
    addresses: tuple[str, ...]
    names: tuple[str, ...] = ()
    #: (model, id) in Odoo
    records: frozenset[tuple[str, int]] = frozenset()
    #: of findings about these records
    keys: tuple[str, ...] = ()
    #: names of others that theirs is a part of, which stay
    others: tuple[str, ...] = ()
    #: keeps whoever sees a pseudonym from trying addresses until one fits
    salt: str = field(default="", repr=False)

    @cached_property
    def pseudonym(self) -> str:
        """The same for the same address in the same ledger."""
        return f"person-{self._digest(self.addresses[0].casefold())}"

    def named_in(self, value: Any) -> bool:
        """Whether a text, or JSON with texts in it, names the person."""
        return bool(self.without(value) != value)

    def without(self, value: Any) -> Any:
        """The same with pseudonyms in place of the person; ids of their records become 0."""
        if isinstance(value, Text):
            return value.with_values(self.without)
        if isinstance(value, str):
            return self._pattern.sub(self._instead, value)
        if isinstance(value, list | tuple):
            if len(value) == 2 and self._is_theirs(*value):
                return [value[0], 0]
            return type(value)(self.without(each) for each in value)
        if not isinstance(value, Mapping):
            return value
        found = {self.without(key): self.without(each) for key, each in value.items()}
        if self._is_theirs(value.get("model"), value.get("record_id")):
            found |= {"record_id": 0} | ({"url": ""} if "url" in value else {})
        if value.get("name") and self.owns(value):
            found["name"] = self.pseudonym
        return found

    def owns(self, found: Mapping[str, Any]) -> bool:
        """Whether an object says that it is the person's, by one of their addresses."""
        said = {str(found.get(name, "")).casefold() for name in ADDRESSES}
        return not said.isdisjoint(address.casefold() for address in self.addresses)

    def _is_theirs(self, model: Any, record_id: Any) -> bool:
        return isinstance(model, str) and (model, record_id) in self.records

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        kinds = {
            "other": (BEFORE_NAME, self.others, AFTER_NAME),
            "address": (BEFORE_ADDRESS, self.addresses, AFTER_ADDRESS),
            "key": (BEFORE_NAME, self.keys, AFTER_NAME),
            "name": (
                BEFORE_NAME,
                [*self.names, *filter(None, map(_turned, self.names))],
                AFTER_NAME,
            ),
        }
        parts = [
            f"{before}(?P<{kind}>{'|'.join(_spellings(words))}){after}"
            for kind, (before, words, after) in kinds.items()
            if words
        ]
        return re.compile("|".join(parts), re.IGNORECASE)

    def _instead(self, found: re.Match[str]) -> str:
        """Two spellings of one address have two pseudonyms, for both may be part of a key."""
        text, kind = found[0], found.lastgroup
        if kind == "other":
            return text
        usual = kind == "name" or text == self.addresses[0]
        instead = self.pseudonym if usual else f"{self.pseudonym}-{self._digest(text)[:6]}"
        return f"{instead}@{DOMAIN}" if kind == "address" else instead

    def _digest(self, text: str) -> str:
        return keyed(self.salt.encode(), text.encode(), sha256).hexdigest()[:12]


def is_name(text: str) -> bool:
    """Whether it can be looked for in what is about others: two letters at least."""
    return sum(map(str.isalpha, text)) > 1


def is_full_name(text: str) -> bool:
    """Whether it is nobody else's, as far as that can be told: a name of several words."""
    return " " in text and is_name(text)


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object within JSON, itself included."""
    if isinstance(value, Mapping):
        yield value
        for each in value.values():
            yield from objects(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from objects(each)


def only_about(person: Person, value: Any) -> Any:
    """JSON without those elements of its lists that do not name the person, where others do."""
    if isinstance(value, Mapping):
        return {key: only_about(person, each) for key, each in value.items()}
    if isinstance(value, list) and any(map(person.named_in, value)):
        return [only_about(person, each) for each in value if person.named_in(each)]
    return value


def _turned(name: str) -> str:
    """The family name first, as lists have it."""
    first, _, last = name.rpartition(" ")
    return f"{last}, {first}" if first else ""


def _spellings(words: Collection[str]) -> list[str]:
    """Patterns of every way in which these may be written, the longest first."""
    found: set[str] = set()
    for word in words:
        for form in ("NFC", "NFD"):
            normal = unicodedata.normalize(form, word)
            for cased in (normal, normal.upper(), normal.casefold()):
                found |= {cased, escape(cased), quote(cased), quote(cased, safe="@")}
                found |= {json.dumps(cased)[1:-1], cased.replace("'", "&#39;")}
    longest = sorted(found, key=lambda text: (-len(text), text))
    return [r"\s+".join(map(re.escape, text.split(" "))) for text in longest]
