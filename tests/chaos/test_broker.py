"""What a connection to RabbitMQ does when it breaks in ways that Celery does not expect."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from celery import Celery
from pydantic import SecretStr

from tests.chaos import rabbit
from tests.chaos.proxy import Proxy, proxying
from tests.chaos.rabbit import RabbitServer
from workers.broker import patient_amqp
from workers.broker.celery_settings import make_app
from workers.config.settings import Environment, Settings
from workers.demo.processes import free_port
from workers.wiring import Fleet

pytestmark = pytest.mark.chaos


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    server = RabbitServer(free_port(), tmp_path / "rabbitmq")
    server.start()
    try:
        with proxying(free_port(), server.port) as through:
            yield through
    finally:
        server.close()


def fleet_app(url: str) -> Celery:
    environment = Environment(
        broker_url=url, broker_timeout_seconds=1, broker_secret=SecretStr("x" * 32)
    )
    return make_app(Fleet(Settings(environment)))


@pytest.mark.timeout(240)
def test_events_go_on_after_their_channel_was_lost_with_another_connection(proxy: Proxy) -> None:
    app = fleet_app(rabbit.url_at(proxy.port))
    heard: list[str] = []
    with app.connection_for_read() as read, app.connection_for_write() as write:
        receiver = app.events.Receiver(
            read, handlers={"*": lambda event: heard.append(event["type"])}
        )
        with receiver.consumer_context():
            dispatcher = app.events.Dispatcher(write, hostname="w@h")
            dispatcher.send("worker-online")
            lost = write._connection
            write._connection = write._default_channel = None
            lost.transport.sock.close()
            write.ensure_connection()
            for _ in range(2):
                dispatcher.send("worker-heartbeat", retry=True)
            dispatcher.flush()
            with suppress(TimeoutError):
                while True:
                    read.drain_events(timeout=2)
    assert heard == ["worker-online", "worker-heartbeat", "worker-heartbeat"]


@pytest.mark.timeout(30)
def test_an_answer_that_stops_in_the_middle_ends_in_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        connection = patient_amqp.Transport.Connection(f"127.0.0.1:{port}", read_timeout=1)
        transport = connection.Transport(connection.host, 5, read_timeout=1)
        transport.connect()
        peer, _ = server.accept()
        with peer:
            peer.sendall(b"\x01\x00\x00\x00\x00\x01\xf4 and no more")
            with pytest.raises(TimeoutError, match="does not answer"):
                transport.read_frame()
        transport.close()
