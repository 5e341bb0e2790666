"""What stands in the broker's queues: how many messages, how old, and how many are held.

Age and holders are read from Redis' own keys; another broker tells the number alone.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import getitem
from typing import Any, Final

from workers.broker import transport as broker

# The header that says when a message was published, as a Unix time; no broker tells.
PUBLISHED_AT: Final = "fleet_published_at"


@dataclass(frozen=True)
class Depth:
    """One queue."""

    waiting: int
    #: Messages that workers took and have not acknowledged; None where nothing tells.
    held: int | None = None
    #: When its oldest message was published, None when nothing tells.
    oldest: datetime | None = None


def depths(url: str) -> Mapping[str, Depth]:
    """Every queue of the fleet, by name. Raises what kombu raises."""
    counts = broker.waiting(url)
    if not url.startswith("redis"):
        return {queue: Depth(count) for queue, count in counts.items()}
    with broker.connection(url) as connection, connection.channel() as channel:
        prefix = broker.transport_options(url)["global_keyprefix"]
        held = _held(channel.client, prefix + channel.unacked_key)
        return {
            queue: Depth(count, held[queue], _oldest(channel, prefix, queue))
            for queue, count in counts.items()
        }


def _held(client: Any, key: str) -> Counter[str]:
    """Messages that workers hold, by routing key, which is the queue's name."""
    return Counter(str(_found(entry, 2)) for entry in client.hvals(key))


def _oldest(channel: Any, prefix: str, queue: str) -> datetime | None:
    return min(_ends(channel, prefix, queue), default=None)


def _ends(channel: Any, prefix: str, queue: str) -> Iterator[datetime]:
    """When the oldest message of each priority was published; publishers push on the left."""
    for priority in channel.priority_steps:
        entry = channel.client.lindex(prefix + channel._q_for_pri(queue, priority), -1)
        with suppress(TypeError, ValueError, OverflowError, OSError):
            yield datetime.fromtimestamp(_found(entry, "headers", PUBLISHED_AT), UTC)


def _found(entry: bytes | None, *path: Any) -> Any:
    """What stands in an entry; None if it is none of ours, for anybody can put anything there."""
    try:
        return reduce(getitem, path, json.loads(entry or b""))
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
