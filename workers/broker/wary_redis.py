"""Redis as the workers read it: what is not a message is put away and counted, and ends nobody.

kombu believes every entry of a list to be a message of its own. One that is not raises whatever its
reading raises, and that ends the worker ("Unrecoverable error").
"""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import DataError, RedisError

from monitoring import metrics
from workers.broker import signed


def install() -> None:
    """Have every redis:// and rediss:// URL of this process read like this."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:Transport"


@contextmanager
def _putting_away() -> Iterator[None]:
    """Refuse what cannot be read. Raises Empty then, and what the connection raises."""
    try:
        yield
    except DataError:
        # A part of the message that Redis has no type for.
        pass
    except (Empty, RedisError, OSError):
        raise
    except Exception:
        # Whatever a text that anybody may have written makes its readers raise.
        pass
    else:
        return
    signed.refused.send(sender=None, reason=metrics.UNREADABLE)
    raise Empty


class QoS(redis.QoS):
    """kombu's, which gives back what nobody acknowledged."""

    def restore_by_tag(self, tag: Any, client: Any = None, leftmost: bool = False) -> None:
        """Give back one message, or forget it where it is none."""
        try:
            with _putting_away():
                super().restore_by_tag(tag, client, leftmost)
        except Empty:
            self._remove_from_indices(tag).execute()


class Channel(redis.Channel):
    """kombu's, whose texts may be no JSON."""

    QoS = QoS

    def _brpop_read(self, **options: Any) -> Any:
        with _putting_away():
            return super()._brpop_read(**options)

    def _receive_one(self, client: Any) -> Any:
        with _putting_away():
            return super()._receive_one(client)


class Transport(redis.Transport):
    """kombu's, with wary channels."""

    Channel = Channel
