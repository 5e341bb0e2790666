"""What people give options is read, or refused with its limits."""

from datetime import timedelta

import pytest

from workers.commands import options


@pytest.mark.parametrize("text", ["", "d", "7", "7y", "-1d", "1.5h", "\u0661d"])
def test_an_age_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an age"):
        options.age(text)


@pytest.mark.parametrize(
    ("text", "words"), [("0d", "more than nothing"), ("9999999d", "at most 36500d")]
)
def test_an_age_beyond_its_limits_is_told_the_limit(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        options.age(text)


def test_an_age_is_read() -> None:
    assert options.age("90m") == timedelta(hours=1.5)
    assert (options.age("2w"), options.age("12h")) == (timedelta(14), timedelta(0.5))
