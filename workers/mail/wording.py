"""Templates, and the filters by which they write in a reader's language."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, Final

import jinja2

from tasks import catalogue
from tasks.domain.labels import OF_WORDS
from tasks.domain.texts import day_of
from workers.language.language import Language, is_number, language
from workers.mail.picture import Sums

COLUMNS: Final = 78


@cache
def templates(code: str, kind: str) -> jinja2.Environment:
    """The mails' templates of a kind, html or txt, in a language.

    Macros escape as their own environment does, so html and text share none.
    """
    found = environment("workers.mail", language(code), escaped=kind == "html")
    found.globals["words"] = found.get_template("words.j2").module
    return found


def environment(package: str, reader: Language, *, escaped: bool) -> jinja2.Environment:
    """The templates of a package, written in a reader's language."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=escaped,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Of one installation: nobody edits them while it runs.
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    # The extension's own method.
    install = environment.install_gettext_translations  # type: ignore[attr-defined]
    install(reader.translations, newstyle=True)
    environment.filters.update(_filters(reader))
    environment.tests["number_like"] = is_number
    return environment


def _filters(reader: Language) -> Mapping[str, Callable[..., Any]]:
    return {
        "sentence": reader.say,
        "money": reader.money,
        "whole_money": reader.whole_money,
        "sums": partial(joined, reader.money),
        "whole": partial(joined, reader.whole_money),
        "day": reader.day,
        "short": reader.short_day,
        "instant": reader.instant,
        "moment": reader.moment,
        "figure": partial(_figure, reader),
        "label": partial(_label, reader),
        "fact": partial(_fact, reader),
        "parts": partial(_parts, reader),
        "capitalised": lambda words: words[:1].upper() + words[1:],
        "wrap": _wrap,
        "ended": _ended,
        "line": _line,
        "cells": _cells,
    }


def joined(write: Callable[[Any, str], str], sums: Sums) -> str:
    """Amounts side by side, each written with its currency."""
    return " · ".join(write(amount, currency) for currency, amount in sums)


def _figure(reader: Language, value: Any) -> str:
    """A value of a total: amounts and numbers in the reader's way, the rest as the job says it."""
    if value is None:
        return ""
    if is_number(value):
        return reader.figure(value)
    return reader.say(value if isinstance(value, str) else str(value))


def _label(reader: Language, name: str) -> str:
    return reader.say(catalogue.label(name))


def _fact(reader: Language, value: Any, column: str) -> str:
    """A value of a row: as in totals, and days; in some columns a word that has a label."""
    if column in OF_WORDS:
        return _label(reader, value)
    day = day_of(str(value))
    return reader.day(day) if day else _figure(reader, value)


def _parts(reader: Language, parts: Mapping[str, Any]) -> str:
    return " · ".join(
        f"{_label(reader, name)} {_share(reader, name, value)}"
        for name, value in parts.items()
        if value is not None
    )


def _share(reader: Language, name: str, value: Any) -> str:
    figure = _figure(reader, value)
    return f"{figure} %" if name.endswith("_percent") else figure


def _wrap(text: Any, indent: int, first: str | None = None) -> str:
    """Lines of a plain text; addresses are never cut, other words where they fit no line."""
    return textwrap.fill(
        " ".join(piece for word in str(text).split() for piece in _pieces(word)),
        COLUMNS,
        initial_indent=" " * indent if first is None else first,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _pieces(word: str) -> Sequence[str]:
    if len(word) <= COLUMNS - 12 or "://" in word:
        return [word]
    return textwrap.wrap(word, COLUMNS - 12, break_on_hyphens=False)


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith(".") else f"{sentence}."


def _line(title: str, figures: str, mark: str) -> str:
    """A title with its figures at the right edge, or below where both do not fit."""
    shown = f"  {title}" + (f" [{mark}]" if mark else "")
    room = COLUMNS - len(shown) - len(figures)
    if not figures:
        return _wrap(shown, 4, "  ")
    return shown + " " * room + figures if room > 1 else f"{_wrap(shown, 4, '  ')}\n    {figures}"


def _cells(name: str, values: Sequence[str]) -> str:
    """A line of a table; a text that fits no column stands after its name."""
    if any(len(value) > 16 for value in values):
        return _wrap(f"{name}: {', '.join(values)}", 4, "  ")
    return f"  {name:<32}" + "".join(f"{value:>18}" for value in values)
