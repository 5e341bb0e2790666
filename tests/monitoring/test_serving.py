"""The server of `/metrics` and of the page, when clients are slow, many or gone."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from monitoring import serving
from monitoring.serving import MOST_CONNECTIONS, Server
from odoo_gateway.errors import ConfigurationError


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


@contextmanager
def running() -> Iterator[Server]:
    server = Server(Starlette(routes=[Route("/", echo, methods=["GET", "POST"])]), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


def connected(server: Server, *said: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    for part in said:
        client.sendall(part)
    return client


def is_closed(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True


def test_five_hundred_half_open_connections_cost_neither_threads_nor_a_good_request() -> None:
    with running() as server, ExitStack() as open_ones:
        assert httpx.get(f"http://127.0.0.1:{server.port}/").status_code == 200
        before = threading.active_count()
        clients = [open_ones.enter_context(connected(server, b"GET / HT")) for _ in range(500)]
        assert httpx.get(f"http://127.0.0.1:{server.port}/", timeout=10).status_code == 200
        assert threading.active_count() == before
        assert len(server.server_state.connections) <= MOST_CONNECTIONS
        assert all(is_closed(client) for client in clients[:250]), "the oldest go first"


SLOW = {
    "nothing": [],
    "half a line": [b"GET /"],
    "half the headers": [b"GET / HTTP/1.1\r\nHost: x\r\n"],
    "half the body": [b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1234"],
    "the next request": [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHo"],
}


@pytest.mark.parametrize("said", SLOW.values(), ids=SLOW)
def test_a_request_that_is_not_whole_in_time_is_hung_up_on(
    said: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "REQUEST_SECONDS", 0.3)
    with running() as server, connected(server, *said) as client:
        while not is_closed(client):
            pass


def test_a_body_that_drips_is_hung_up_on_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "REQUEST_SECONDS", 0.3)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
    with running() as server, connected(server, head) as client:
        sent: list[int] = []
        with suppress(ConnectionError):
            while len(sent) < 500:
                sent.append(client.send(b"x"))
                time.sleep(0.02)
        assert len(sent) < 100


def test_an_answer_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "REQUEST_SECONDS", 1)

    def slow(request: Request) -> Response:
        time.sleep(2)
        return PlainTextResponse("done")

    monkeypatch.setattr(f"{__name__}.echo", slow)
    with running() as server:
        assert httpx.get(f"http://127.0.0.1:{server.port}/").text == "done"


def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"port {port} .*in use.*another port"):
            Server(Starlette(), "127.0.0.1", port)


@pytest.mark.parametrize(("address", "port"), [("203.0.113.7", 0), ("no.such.host.invalid", 0)])
def test_an_address_of_somebody_else_is_told_in_one_line(address: str, port: int) -> None:
    with pytest.raises(ConfigurationError, match="cannot be listened on"):
        Server(Starlette(), address, port)
