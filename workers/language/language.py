"""A reader's language: words from a catalogue, and how numbers, money, days and instants look.

A language is one file, `languages/<code>.po`. Strings of the templates stand there as gettext has
them. Sentences that are made in code carry the context "job" or "page"; `{names}` in them stand for
what differs, those in NUMBERS for numbers. Numbers and days are written in the reader's way, and
what stands for a name that ends in "list" is looked up piece by piece.
"""

import gettext
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale, localedata
from babel.dates import format_skeleton, format_time
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal

from tasks.domain.texts import Money, Text, Value, between, number, written

SOURCE: Final = "en"
# American days are for those who ask for them: en_US.
LOCALES: Final = {"en": "en_GB"}
# The contexts of sentences that are made in code.
SENTENCES: Final = frozenset({"job", None})
NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")
NUMBERS: Final = frozenset(
    [
        "amount",
        "count",
        "counted",
        "days",
        "delivery",
        "expected",
        "hours",
        "leave",
        "logged",
        "missing",
        "ordered",
        "percent",
        "plan",
        "points",
        "quantity",
        "target",
    ]
)
ISO_DAY: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
# Days as the jobs' sentences have them, by strftime.
WRITTEN_DAYS: Final = (
    (re.compile(r"(?P<weekday>Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?P<day>\d{2} [A-Z][a-z]{2})"), "MMMd"),
    (re.compile(r"(?P<day>\d{2} [A-Z][a-z]{2})"), "MMMd"),
    (re.compile(r"(?P<day>\d{2} [A-Z][a-z]{2} \d{4})"), "yMMMd"),
)
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Language:
    """How one reader reads."""

    code: str
    locale: Locale
    translations: gettext.NullTranslations
    _sentences: Mapping[str, str] = field(default_factory=dict, repr=False)
    _patterns: tuple[tuple[re.Pattern[str], str], ...] = field(default=(), repr=False)

    @property
    def tag(self) -> str:
        """The name of the language in HTML."""
        return self.code.replace("_", "-")

    @property
    def decimal_comma(self) -> bool:
        """Whether numbers have a comma before their decimals."""
        return self.number("0.5") == "0,5"

    def say(self, text: str) -> str:
        """A text in the reader's words; a string that is none is a name, and stays as it is."""
        if not isinstance(text, Text):
            return self.sentence(text)
        return written(self._template(text), text.values, self._write)

    def _template(self, text: Text) -> str:
        if text.plural is not None:
            count = int(str(text.values["count"]))
            return self.translations.ngettext(text.template, text.plural, count)
        # Of nothing, gettext gives the catalogue's heading.
        return self.translations.gettext(text.template) if text.template else ""

    def _write(self, value: Value, how: str) -> str:
        """A value of a text, `how` as in `tasks.domain.texts`."""
        if isinstance(value, str):
            return self.say(value) if isinstance(value, Text) else value
        if isinstance(value, Money):
            write = self.whole_money if how == "whole" else self.money
            return write(value.amount, value.currency)
        if isinstance(value, tuple):
            return between(value).join(self._write(each, how) for each in value)
        if isinstance(value, time):
            return self._clock(value)
        if isinstance(value, date):
            return self._day_written(value, how)
        return self.number(number(value, how))

    def _day_written(self, day: date, how: str) -> str:
        if how == "weekday":
            names = self.locale.days["format"]["abbreviated"]
            return f"{names[day.weekday()]} {self.short_day(day)}"
        return self.short_day(day) if how == "short" else self.day(day)

    def sentence(self, said: str) -> str:
        """What a job said, translated; what is unknown stays English."""
        translated = self.known(said)
        return self._days(said) if translated is None else translated

    def known(self, said: str) -> str | None:
        """The translation of what a job said, or None where any part of it is unknown.

        Sentences that are joined by "; " are looked up one by one, or together where a name in them
        has one.
        """
        whole = self._sentences.get(said)
        if whole is not None or not said:
            return said if whole is None else whole
        pieces, found, start = said.split("; "), list[str](), 0
        while start < len(pieces):
            ends = range(start + 1, len(pieces) + 1)
            tried = ((end, self._one("; ".join(pieces[start:end]))) for end in ends)
            end, translated = next(((e, one) for e, one in tried if one is not None), (0, None))
            if translated is None:
                return None
            found.append(translated)
            start = end
        return "; ".join(found)

    def _one(self, said: str) -> str | None:
        if said in self._sentences:
            return self._sentences[said]
        for pattern, translated in self._patterns:
            if match := pattern.fullmatch(said):
                values = {name: self._value(name, text) for name, text in match.groupdict().items()}
                return translated.format_map(values)
        return None

    def _value(self, name: str, text: str) -> str:
        if name.endswith("list"):
            return ", ".join(
                self._one(piece) or self._value("", piece) for piece in text.split(", ")
            )
        if NUMBER.fullmatch(text):
            return self.number(text)
        for pattern, skeleton in WRITTEN_DAYS:
            if match := pattern.fullmatch(text):
                return self._written(match, skeleton)
        return self._days(text)

    def _written(self, match: re.Match[str], skeleton: str) -> str:
        words = match.group("day") + ("" if skeleton == "yMMMd" else " 2024")
        parsed = datetime.strptime(words, "%d %b %Y").date()
        day = format_skeleton(skeleton, parsed, locale=self.locale)
        weekday = match.groupdict().get("weekday")
        if weekday is None:
            return day
        names = self.locale.days["format"]["abbreviated"]
        return f"{names[WEEKDAYS.index(weekday)]} {day}"

    def _days(self, text: str) -> str:
        return ISO_DAY.sub(lambda match: self.day(match.group()), text)

    def number(self, number: str | float | Decimal) -> str:
        """A number, ungrouped: it may be a year or part of a name."""
        sign = "+" if str(number).startswith("+") else ""
        value = Decimal(str(number))
        return sign + format_decimal(value, locale=self.locale, group_separator=False)

    def figure(self, number: str | float | Decimal) -> str:
        """A number in a table, grouped, with the decimals that it came with."""
        value = Decimal(str(number))
        decimals = max(-int(value.as_tuple().exponent), 0)
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return format_decimal(value, format=pattern, locale=self.locale)

    def money(self, amount: str | Decimal, currency: str) -> str:
        """An amount with the currency's decimals and its code, never its sign."""
        return format_currency(
            Decimal(amount), currency, format=self._money("#,##0.00"), locale=self.locale
        )

    def whole_money(self, amount: str | Decimal, currency: str) -> str:
        """An amount in whole units, for a line that has little room."""
        return format_currency(
            Decimal(amount),
            currency,
            format=self._money("#,##0"),
            locale=self.locale,
            currency_digits=False,
        )

    def _money(self, digits: str) -> str:
        first = self.locale.currency_formats["standard"].pattern.lstrip().startswith("¤")
        return f"¤¤ {digits}" if first else f"{digits} ¤¤"

    def day(self, day: str | date) -> str:
        """A day with its year."""
        return format_skeleton("yMMMd", _date(day), locale=self.locale)

    def short_day(self, day: str | date) -> str:
        """A day of about now."""
        return format_skeleton("MMMd", _date(day), locale=self.locale)

    def instant(self, instant: str, zone: str) -> str:
        """An instant in a zone, which is named."""
        return f"{self.moment(datetime.fromisoformat(instant), ZoneInfo(zone))} {zone}"

    def moment(self, instant: datetime, zone: ZoneInfo) -> str:
        """An instant where it is clear which zone is meant."""
        there = instant.astimezone(zone)
        return f"{self.day(there.date())} {self._clock(there.time())}"

    def _clock(self, at: time) -> str:
        return format_time(at, "short", locale=self.locale)


@cache
def language(code: str) -> Language:
    """The language of a code like de or de_CH; English in place of one that has no file.

    A territory or script that nobody knows, like de_XX or de@latin, counts for nothing.
    """
    base = _base(code)
    code = code if localedata.exists(code) else base
    catalogue = _catalogue(code) or _catalogue(base)
    if catalogue is None:
        own = code if base == SOURCE else SOURCE
        return Language(own, Locale.parse(LOCALES.get(own, own)), gettext.NullTranslations())
    sentences = dict(_sentences(catalogue))
    return Language(
        code,
        Locale.parse(code),
        _translations(catalogue),
        {said: translated for said, translated in sentences.items() if "{" not in said},
        tuple(
            (_pattern(said), sentences[said])
            for said in sorted(sentences, key=_literal, reverse=True)
            if "{" in said
        ),
    )


def _base(code: str) -> str:
    return re.split("[_@]", code)[0]


@cache
def languages() -> Sequence[str]:
    """The codes of the languages that mails and pages speak, without territories."""
    files = resources.files("workers.language").iterdir()
    return (SOURCE, *sorted(f.name.removesuffix(".po") for f in files if f.name.endswith(".po")))


def speaks(code: str) -> bool:
    """Whether there are words for the language of a code like de or de_CH."""
    return _base(code) in languages()


def _catalogue(code: str) -> Catalog | None:
    file = resources.files("workers.language") / f"{code}.po"
    if not file.is_file():
        return None
    return read_po(io.BytesIO(file.read_bytes()), locale=code)


def _translations(catalogue: Catalog) -> gettext.GNUTranslations:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _sentences(catalogue: Catalog) -> Iterator[tuple[str, str]]:
    for message in catalogue:
        written_in_code = message.context in SENTENCES and isinstance(message.id, str)
        if written_in_code and message.id and message.string:
            yield str(message.id), str(message.string)


PLACEHOLDER: Final = re.compile(r"{(\w+)}")


def _pattern(said: str) -> re.Pattern[str]:
    """Matches the sentence with whatever stands for its names."""
    literals = PLACEHOLDER.split(said)
    parts = [_group(part) if at % 2 else re.escape(part) for at, part in enumerate(literals)]
    return re.compile("".join(parts), re.DOTALL)


def _group(name: str) -> str:
    return f"(?P<{name}>{NUMBER.pattern if name in NUMBERS else '.+?'})"


def _literal(said: str) -> int:
    """The more of a sentence is fixed, the sooner it is tried."""
    return len(PLACEHOLDER.sub("", said))


def is_number(value: Any) -> bool:
    """Whether a value of a row or a total is a number, or an amount as text."""
    return isinstance(value, int | float) or bool(NUMBER.fullmatch(str(value)))


def _date(day: str | date) -> date:
    return date.fromisoformat(day) if isinstance(day, str) else day
