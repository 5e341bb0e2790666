"""A mail server that says what no mail server says: each answer ends, and nobody obeys it."""

import socket
import tracemalloc

import pytest

from tests.fakes.speaking import saying, speaking
from workers.errors import DeliveryError, DeliveryUnavailable
from workers.smtp import SmtpServer


def served(port: int, scheme: str = "smtp://") -> SmtpServer:
    return SmtpServer(f"{scheme}127.0.0.1:{port}", "fleet@firm.example", timeout_seconds=0.5)


HOSTILE = {
    "lines without end": (b"220-hi\r\n", b"220-hi there\r\n" * 1000, 5000, 0.0),
    "a line without end": (b"220 ", b"x" * 65536, 5000, 0.0),
    "lines that drip": (b"220-", b"a\r\n220-", 500, 0.05),
    "a line that drips": (b"220 ", b"a", 500, 0.05),
    "no numbers": (b"hello\r\n", b"", 1, 0.0),
    "no text": (b"\x00\xff\xfe\r\n", b"", 1, 0.0),
    "nothing": (b"", b"", 100, 0.05),
}


@pytest.mark.parametrize(("first", "then", "times", "pause"), HOSTILE.values(), ids=HOSTILE)
def test_an_answer_of_any_kind_ends_and_is_a_named_error(
    first: bytes, then: bytes, times: int, pause: float
) -> None:
    tracemalloc.start()
    try:
        with (
            speaking(saying(first, then, times, pause)) as port,
            pytest.raises(
                DeliveryUnavailable, match=r"the mail server .* (cannot be used|will not talk)"
            ),
            served(port).conversation(),
        ):
            pass
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_what_it_says_commands_no_terminal_and_fits_into_the_ledger() -> None:
    evil = b"535 no \x1b]0;owned\x07\x1b[2J\x00 \x9b31m\r\n"
    with (
        speaking(saying(b"220 hi\r\n", b"250 AUTH PLAIN\r\n" + evil * 4, 1)) as port,
        pytest.raises(DeliveryError) as caught,
        served(port, "smtp://me:s3cret@").conversation(),
    ):
        pass
    said = str(caught.value)
    assert not {"\x1b", "\x07", "\x00", "\x9b"} & set(said)
    assert "s3cret" not in said


def test_a_server_without_tls_where_tls_was_asked_for_gets_no_password() -> None:
    heard: list[bytes] = []

    def speak(connection: socket.socket) -> None:
        connection.sendall(b"220 hi\r\n")
        for answer in (b"250 AUTH PLAIN LOGIN\r\n", b"250 OK\r\n", b"250 OK\r\n"):
            heard.append(connection.recv(4096))
            connection.sendall(answer)

    with (
        speaking(speak) as port,
        pytest.raises(DeliveryUnavailable),
        served(port, "smtp+starttls://me:s3cret@").conversation(),
    ):
        pass
    assert heard
    assert not any(b"AUTH" in each.upper() for each in heard)
