"""What a browser says of its reader's languages: the header Accept-Language."""

from collections.abc import Sequence
from functools import cache
from operator import itemgetter
from typing import Final

from babel import localedata, negotiate_locale

from workers.language.language import SOURCE, Language, language, languages

# No reader asks for more languages.
MOST_WANTED: Final = 20


def accepted(header: str) -> Language:
    """The language that an Accept-Language header wants most of those we speak, else English."""
    wanted = (_wanted(part) for part in header.split(",")[:MOST_WANTED])
    codes = [code for quality, code in sorted(wanted, reverse=True, key=itemgetter(0)) if quality]
    return language(negotiate_locale(codes, _spoken()) or SOURCE)


def _wanted(part: str) -> tuple[float, str]:
    """How much a part of an Accept-Language header wants which code; 0 for not at all."""
    code, _, weight = part.partition(";")
    try:
        quality = float(weight.partition("q=")[2] or 1)
    except ValueError:
        quality = 0
    return quality, code.strip().replace("-", "_")


@cache
def _spoken() -> Sequence[str]:
    """The languages with all territories that are known, so that no header asks for others."""
    known = (code for code in localedata.locale_identifiers() if code.count("_") < 2)
    return [code for code in known if code.partition("_")[0] in languages()]
