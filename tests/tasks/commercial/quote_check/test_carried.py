"""How much of the notes of an opportunity stands in a quotation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.commercial.quote_check.carried import carried_percent


@pytest.mark.parametrize(
    ("notes", "others", "percent"),
    [
        ("Three harbours, without hardware", ["three HARBOURS", "(without) hardware!"], 100),
        ("Three harbours, without hardware", ["three harbours"], 50),
        ("Three harbours", [], 0),
        ("harbour harbour harbour planning", ["harbour"], 50),
        # Of short words alone there is nothing longer to go by.
        ("a b c", ["c"], pytest.approx(100 / 3)),
        ("", [], 100),
        ("?!", [], 100),
        ("Größe der Häfen", ["GRÖSSE der häfen"], 100),
    ],
)
def test_the_different_words_of_the_notes_are_looked_for(
    notes: str, others: list[str], percent: float
) -> None:
    assert carried_percent(notes, others) == percent


@given(st.text())
def test_a_text_carries_itself(text: str) -> None:
    assert carried_percent(text, [text]) == 100
