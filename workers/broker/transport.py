"""What we know of the broker: its queues, and the settings that keep a connection honest."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from kombu.connection import Connection
from kombu.exceptions import ChannelError, OperationalError

from workers.broker import patient_amqp, wary_redis
from workers.config.settings import Settings

EVENTS: Final = "events"
DELIVERY: Final = "delivery"
EFFECTS: Final = "effects"
# Apart from the ticks in `events`: what asks an Odoo must keep no slot from being opened.
WOKEN: Final = "woken"
QUEUES: Final = ("batch", EVENTS, DELIVERY, EFFECTS, WOKEN)


patient_amqp.install()
wary_redis.install()


def needed(settings: Settings) -> Sequence[str]:
    """The queues that a worker must serve.

    That of events only where a tenant has a source, and that of effects where one may have any.
    """
    tenants = settings.tenants.values()
    wanted = {WOKEN: any(tenant.sources for tenant in tenants)}
    wanted[EFFECTS] = any(tenant.writes for tenant in tenants)
    return tuple(queue for queue in QUEUES if wanted.get(queue, True))


def transport_options(broker_url: str, timeout_seconds: float = 10) -> dict[str, Any]:
    """What kombu needs to know of this kind of broker; the timeout is for one answer."""
    if not urlsplit(broker_url).scheme.startswith("redis"):
        # Without these, beat would write into a half-open connection and never know.
        limits = {"read_timeout": timeout_seconds, "write_timeout": timeout_seconds}
        return {"confirm_publish": True, **limits}
    timeouts = {
        # Without a socket timeout a half-open connection blocks a worker for ever.
        "socket_timeout": timeout_seconds,
        "socket_connect_timeout": min(timeout_seconds, 5),
        "socket_keepalive": True,
        "health_check_interval": max(1, round(timeout_seconds)),
    }
    return {
        "visibility_timeout": 3600,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "global_keyprefix": "fleet:",
        "client_name": "fleet",
        **timeouts,
    }


def connection(url: str) -> Connection:
    """A connection as the workers have it; opened on first use."""
    return Connection(url, transport_options=transport_options(url), connect_timeout=5)


def shown(url: str) -> str:
    """Its address as people may see it: stars for the password, where there is one."""
    uri: str = connection(url).as_uri()
    return uri if urlsplit(url).password else uri.replace(":**@", "@").replace("://@", "://")


def waiting(url: str) -> dict[str, int]:
    """Messages waiting per queue, all priorities counted. Raises what kombu raises."""
    with connection(url) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0.1, timeout=5)
        return {queue: _count(broker, queue) for queue in QUEUES}


def _count(broker: Connection, queue: str) -> int:
    try:
        with broker.channel() as channel:
            if hasattr(channel, "_size"):
                # kombu asks EXISTS without our prefix, so that every queue seems not declared.
                return int(channel._size(queue))
            return int(channel.queue_declare(queue, passive=True).message_count)
    except (ChannelError, OperationalError):
        # Nobody has declared the queue yet.
        return 0
