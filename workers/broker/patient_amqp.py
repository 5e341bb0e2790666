"""AMQP connections that wait only so long for one answer.

py-amqp sets `read_timeout` on the socket, and reads on for ever when that time is over. A worker
that waits so in its parent process, for a broker that lost its question, takes nothing any more.
"""

import ssl
from collections.abc import Callable
from typing import Any, Final

from kombu.transport import TRANSPORT_ALIASES, pyamqp

Receive = Callable[[int], bytes]
# What a socket says when nothing came within its time.
NOTHING_CAME: Final = (BlockingIOError, ssl.SSLWantReadError)


def install() -> None:
    """Have every amqp:// and amqps:// URL of this process connected to like this."""
    TRANSPORT_ALIASES["amqp"] = f"{__name__}:Transport"
    TRANSPORT_ALIASES["amqps"] = f"{__name__}:SecureTransport"


def _patient(receive: Receive) -> Receive:
    """py-amqp keeps what it has read of a frame when this raises TimeoutError."""

    def received(size: int) -> bytes:
        try:
            return receive(size)
        except NOTHING_CAME as error:
            raise TimeoutError("the broker does not answer") from error

    return received


class _Connection(pyamqp.Connection):
    def Transport(self, *arguments: Any, **named: Any) -> Any:  # noqa: N802
        """As py-amqp's, whose name it has: plain or TLS, and not connected yet."""
        transport = super().Transport(*arguments, **named)
        set_up = transport._setup_transport

        def set_up_patient() -> None:
            set_up()
            transport._quick_recv = _patient(transport._quick_recv)

        transport._setup_transport = set_up_patient
        return transport


class Transport(pyamqp.Transport):
    """kombu's, with patient connections."""

    Connection = _Connection


class SecureTransport(pyamqp.SSLTransport):
    """kombu's for TLS, with patient connections."""

    Connection = _Connection
