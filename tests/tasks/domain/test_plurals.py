"""One of a thing, and more of it."""

import pytest

from tasks.domain.plurals import counted


@pytest.mark.parametrize(
    ("count", "noun", "said"),
    [
        (0, "run", "0 runs"),
        (1, "run", "1 run"),
        (2, "company", "2 companies"),
        (2, "day", "2 days"),
    ],
)
def test_one_and_many(count: int, noun: str, said: str) -> None:
    assert counted(count, noun) == said
