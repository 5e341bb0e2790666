"""What people give options is read, or refused with its limits."""

from datetime import timedelta

import pytest

from odoo_gateway.errors import ConfigurationError
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


def test_a_name_is_read_into_its_kind_and_number() -> None:
    named = options.number_in("message-12", "run", "message", listed_by="fleet dead")
    assert named == ("message", 12)


@pytest.mark.parametrize(
    "name", ["12", "run-", "run-0", "run-\u0661", "run-1x", "Run-1", "event-1", "run-1" + "0" * 18]
)
def test_a_name_of_no_such_kind_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="write run-3 or message-3, as `fleet dead` lists"):
        options.number_in(name, "run", "message", listed_by="fleet dead")
