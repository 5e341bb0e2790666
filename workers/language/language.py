"""A reader's language: texts from a catalogue, and how numbers, money, days and instants look.

A language is one file, `workers/language/<code>.po`, as gettext has it. What packages with jobs of
their own say stands in theirs, `languages/<code>.po`.
"""

import gettext
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale, localedata
from babel.dates import format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal

from tasks import catalogue
from tasks.domain.texts import Money, Text, Value, between, number, written

SOURCE: Final = "en"
# American days are for those who ask for them: en_US.
LOCALES: Final = {"en": "en_GB"}
#: What a language is called by: de, de_CH, sr@latin.
CODE: Final = re.compile(r"[a-z]{2,3}([_@][A-Za-z0-9]+)*")
NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Language:
    """How one reader reads."""

    code: str
    locale: Locale
    translations: gettext.NullTranslations

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
            return text
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
            return self.say(value)
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
    translations = _translations(code) or _translations(base)
    if translations is None:
        own = code if base == SOURCE else SOURCE
        return Language(own, Locale.parse(LOCALES.get(own, own)), gettext.NullTranslations())
    return Language(code, Locale.parse(code), translations)


def _base(code: str) -> str:
    return re.split("[_@]", code)[0]


@cache
def languages() -> Sequence[str]:
    """The codes of the languages that mails and pages speak, without territories."""
    files = resources.files("workers.language").iterdir()
    return (SOURCE, *sorted(f.name.removesuffix(".po") for f in files if f.name.endswith(".po")))


def speaks(code: str) -> bool:
    """Whether there are words for the language of a code like de or de_CH."""
    return _base(code) in languages() and CODE.fullmatch(code) is not None


def _translations(code: str) -> gettext.GNUTranslations | None:
    """Our own first; None where we have none, whatever packages have."""
    found = _compiled(resources.files("workers.language"), code)
    if found:
        for package in catalogue.packages():
            if theirs := _compiled(resources.files(package) / "languages", code):
                found.add_fallback(theirs)
    return found


def _compiled(folder: Traversable, code: str) -> gettext.GNUTranslations | None:
    file = folder / f"{code}.po"
    if not file.is_file():
        return None
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(file.read_bytes()), locale=code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def is_number(value: Any) -> bool:
    """Whether a value of a row or a total is a number, or an amount as text."""
    return isinstance(value, int | float) or bool(NUMBER.fullmatch(str(value)))


def _date(day: str | date) -> date:
    return date.fromisoformat(day) if isinstance(day, str) else day
