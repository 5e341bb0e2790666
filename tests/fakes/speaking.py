"""A server on loopback that says to whoever connects what no server of its kind would say."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

Speak = Callable[[socket.socket], None]


@contextmanager
def speaking(speak: Speak) -> Iterator[int]:
    """Its port. `speak` has each connection, one after the other; then the server hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                # Who had enough hangs up.
                with connection, suppress(OSError):
                    speak(connection)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def saying(first: bytes, then: bytes, times: int, pause: float = 0.0) -> Speak:
    """Says the first, and so many times the other, with pauses between, whatever it hears."""
    slowly = Event()

    def speak(connection: socket.socket) -> None:
        connection.sendall(first)
        for _ in range(times):
            connection.sendall(then)
            slowly.wait(pause)

    return speak
