"""Whether the notes of an opportunity stand in its quotation."""

import re
from collections.abc import Iterable
from typing import Final

WORD: Final = re.compile(r"\w+")
# Shorter ones stand in every text.
LONG: Final = 4


def carried_percent(notes: str, others: Iterable[str]) -> float:
    """How many of the different words of some notes stand in other texts, in percent.

    Words of fewer than four letters count only where the notes have no longer ones. Of notes
    without a word all are carried.
    """
    words = _words(notes)
    if not words:
        return 100.0
    found = {word for text in others for word in WORD.findall(text.casefold())}
    return 100 * len(words & found) / len(words)


def _words(text: str) -> set[str]:
    words = set(WORD.findall(text.casefold()))
    return {word for word in words if len(word) >= LONG} or words
