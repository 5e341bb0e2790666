"""Answers of a hostile server: too large, too slow, sent on, or of a shape that no Odoo gives."""

import gzip
import json
import socket
import threading
import tracemalloc
from collections.abc import Iterator
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


def _read_request(connection: socket.socket) -> None:
    seen = b""
    while b"\r\n\r\n" not in seen:
        seen += connection.recv(65536)
    head, _, body = seen.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)


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


def test_a_zipped_answer_is_never_unzipped() -> None:
    bomb = gzip.compress(b'{"result": "' + b"x" * 50 * 2**20)
    reply = heads("Content-Encoding: gzip", f"Content-Length: {len(bomb)}") + bomb
    with (
        server(lambda connection: connection.sendall(reply)) as url,
        pytest.raises(OdooUnavailable),
    ):
        ask(url)


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
