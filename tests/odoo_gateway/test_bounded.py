"""Answers of a hostile server: too large, too slow, sent on, or of a shape that no Odoo gives."""

import gzip
import json
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from odoo_gateway.bounded import Bounds
from odoo_gateway.errors import OdooError, OdooRejected, OdooUnavailable
from odoo_gateway.transport import Address, OdooRpc
from tests.fakes.speaking import Speak, speaking

BOUNDS = Bounds(seconds=1.0, megabytes=1.0)


@contextmanager
def server(speak: Speak) -> Iterator[str]:
    """Reads each request whole, lets `speak` answer it, and hangs up."""

    def heard(connection: socket.socket) -> None:
        _read_request(connection)
        speak(connection)

    with speaking(heard) as port:
        yield f"http://127.0.0.1:{port}"


def _read_request(connection: socket.socket) -> bytes:
    seen = b""
    while b"\r\n\r\n" not in seen:
        if not (more := connection.recv(65536)):
            raise ConnectionResetError
        seen += more
    head, _, body = seen.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return body


def ask(url: str, bounds: Bounds = BOUNDS) -> Any:
    return OdooRpc(Address(url, "firm", "fleet", "key", 5, bounds)).call("m", "read", [], {})


def heads(*more: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *more, "", ""]).encode()


def endless(connection: socket.socket) -> None:
    connection.sendall(heads("Content-Type: application/json") + b'{"result": "')
    for _ in range(500):
        connection.sendall(b"x" * 2**20)


def declared_large(connection: socket.socket) -> None:
    connection.sendall(heads(f"Content-Length: {500 * 2**20}"))
    for _ in range(500):
        connection.sendall(b"x" * 2**20)


def endless_chunks(connection: socket.socket) -> None:
    connection.sendall(heads("Transfer-Encoding: chunked"))
    for _ in range(50_000):
        connection.sendall(b"2710\r\n" + b"x" * 10_000 + b"\r\n")


def dripping(content: bytes) -> Speak:
    def speak(connection: socket.socket) -> None:
        pause = threading.Event()
        for byte in content:
            connection.sendall(bytes([byte]))
            pause.wait(0.05)

    return speak


@pytest.mark.parametrize("speak", [endless, declared_large, endless_chunks])
def test_an_answer_ends_at_its_bytes(speak: Speak) -> None:
    tracemalloc.start()
    try:
        with server(speak) as url, pytest.raises(OdooRejected, match=r"more than 1 MB.*megabytes"):
            ask(url)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "content",
    [
        heads("Content-Length: 1000") + b"x" * 1000,
        heads(*(f"X-Slow-{number}: {number}" for number in range(90))),
    ],
    ids=["body", "headers"],
)
def test_an_answer_ends_at_its_seconds_however_it_drips(content: bytes) -> None:
    with server(dripping(content)) as url, pytest.raises(OdooUnavailable, match="not whole after"):
        ask(url)


def test_a_zipped_answer_is_unzipped_as_far_as_it_may_be_large() -> None:
    bomb = gzip.compress(b'{"result": "' + b"x" * 50 * 2**20)
    reply = heads("Content-Encoding: gzip", f"Content-Length: {len(bomb)}") + bomb
    tracemalloc.start()
    try:
        with (
            server(lambda connection: connection.sendall(reply)) as url,
            pytest.raises(OdooRejected, match="more than 1 MB"),
        ):
            ask(url)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_what_says_that_it_is_zipped_and_is_not_is_a_named_error() -> None:
    reply = heads("Content-Encoding: gzip", "Content-Length: 2") + b"{}"
    with server(lambda c: c.sendall(reply)) as url, pytest.raises(OdooUnavailable):
        ask(url)


def answer(result: Any, *more: str, zipped: bool = False) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode()
    if zipped:
        body, more = gzip.compress(body), (*more, "Content-Encoding: gzip")
    return heads(f"Content-Length: {len(body)}", *more) + body


def chunked(result: Any) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode()
    head = heads("Transfer-Encoding: chunked")
    return head + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"


@contextmanager
def lasting(*replies: Callable[[socket.socket], bool]) -> Iterator[tuple[OdooRpc, list[int]]]:
    """An Odoo over connections that last, and how many calls came on each after the login.

    Each reply answers one call and says whether its connection lasts.
    """
    asked: list[int] = []
    left = iter(replies)

    def heard(connection: socket.socket) -> None:
        asked.append(0)
        lasts = True
        while lasts:
            if b"execute_kw" in _read_request(connection):
                asked[-1] += 1
                lasts = next(left)(connection)
            else:
                connection.sendall(GREETING)

    with speaking(heard) as port:
        yield OdooRpc(Address(f"http://127.0.0.1:{port}", "firm", "fleet", "key", 5, BOUNDS)), asked


# Good for the version as for the login.
GREETING = answer(
    {"server_version": "19.0", "server_version_info": [19, 0], "uid": 2, "db": "firm"}
)


def lasts(reply: bytes) -> Callable[[socket.socket], bool]:
    def speak(connection: socket.socket) -> bool:
        connection.sendall(reply)
        return True

    return speak


def ends(reply: bytes, ended: threading.Event) -> Callable[[socket.socket], bool]:
    def speak(connection: socket.socket) -> bool:
        connection.sendall(reply)
        connection.shutdown(socket.SHUT_RDWR)
        ended.set()
        return False

    return speak


def test_all_calls_go_over_one_connection_that_lasts() -> None:
    replies = [lasts(answer([1])), lasts(chunked([2])), lasts(answer([3], zipped=True))]
    with lasting(*replies) as (odoo, asked):
        assert [odoo.call("m", "read", [], {}) for _ in replies] == [[1], [2], [3]]
        assert asked == [3]


@pytest.mark.parametrize("more", [(), ("Connection: close",)])
def test_where_a_connection_was_ended_the_next_call_opens_one(more: tuple[str, ...]) -> None:
    ended = threading.Event()
    with lasting(ends(answer([1], *more), ended), lasts(answer([2]))) as (odoo, asked):
        assert odoo.call("m", "read", [], {}) == [1]
        assert ended.wait(10)
        assert odoo.call("m", "read", [], {}) == [2]
        assert asked == [1, 1]


def test_each_answer_on_a_connection_has_bytes_and_seconds_of_its_own() -> None:
    large = "x" * (2**20 * 2 // 3)
    replies = [lasts(answer(large)) for _ in range(4)]
    with lasting(*replies) as (odoo, asked):
        for _ in replies:
            assert odoo.call("m", "read", [], {}) == large
        assert asked == [4]


def test_what_was_not_read_whole_leaves_no_connection_to_the_next() -> None:
    with lasting(lasts(answer("x" * 2**21)), lasts(answer([2]))) as (odoo, asked):
        with pytest.raises(OdooRejected, match="more than 1 MB"):
            odoo.call("m", "read", [], {})
        assert odoo.call("m", "read", [], {}) == [2]
        assert asked == [1, 1]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temp", "308 Perm"])
def test_a_redirect_is_not_followed_and_names_where_it_leads(status: str) -> None:
    asked = []

    def elsewhere(connection: socket.socket) -> None:
        asked.append(connection)
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "result": []}).encode()
        connection.sendall(heads(f"Content-Length: {len(body)}") + body)

    with server(elsewhere) as target:
        moved = heads(f"Location: {target}/moved?token=1", "Content-Length: 0", status=status)
        with (
            server(lambda connection: connection.sendall(moved)) as url,
            pytest.raises(OdooRejected, match=f"{target}/moved, where") as caught,
        ):
            ask(url)
    assert "token" not in str(caught.value)
    assert not asked


@pytest.mark.parametrize("body", [b"[" * 100_000, b"null", b"[]", b'"text"', b"\xff\xfe", b""])
def test_a_body_that_no_odoo_sends_is_a_named_error(body: bytes) -> None:
    reply = heads(f"Content-Length: {len(body)}") + body
    with server(lambda connection: connection.sendall(reply)) as url, pytest.raises(OdooError):
        ask(url)
