"""How a broker is named to people."""

import pytest

from workers.broker.transport import shown


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redis://127.0.0.1:9/0", "redis://127.0.0.1:9/0"),
        ("redis://:secret@127.0.0.1:9/0", "redis://:**@127.0.0.1:9/0"),
        ("amqp://fleet:secret@127.0.0.1:9//", "amqp://fleet:**@127.0.0.1:9//"),
        ("amqp://fleet@127.0.0.1:9//", "amqp://fleet@127.0.0.1:9//"),
    ],
)
def test_a_brokers_password_has_stars_only_where_there_is_one(url: str, said: str) -> None:
    assert shown(url) == said
