"""A worker that could not acknowledge a message connects anew instead of taking nothing more."""

from types import SimpleNamespace

import pytest
from celery.worker import state
from kombu.asynchronous import Hub
from kombu.connection import Connection

from workers.broker.held_messages import LOOKS, HeldMessages


class Reserved:
    """Celery keeps weak references to its requests."""


@pytest.fixture
def hub() -> Hub:
    return Hub()


def consumer_that_holds(tags: int, hub: Hub) -> SimpleNamespace:
    channel = Connection("memory://").channel()
    for tag in range(tags):
        channel.qos.append(object(), f"tag-{tag}")
    return SimpleNamespace(task_consumer=SimpleNamespace(channel=channel), hub=hub)


def test_a_message_that_nobody_works_on_makes_the_worker_connect_anew(hub: Hub) -> None:
    held = HeldMessages(consumer_that_holds(1, hub))
    for _ in range(LOOKS - 1):
        held.look()
    hub.run_once()
    held.look()
    with pytest.raises(ConnectionResetError):
        hub.run_once()


def test_a_message_that_is_acknowledged_meanwhile_is_none(hub: Hub) -> None:
    consumer = consumer_that_holds(1, hub)
    held = HeldMessages(consumer)
    held.look()
    consumer.task_consumer.channel.qos.ack("tag-0")
    for _ in range(LOOKS):
        held.look()
    hub.run_once()


def test_a_message_that_is_worked_on_is_none(hub: Hub) -> None:
    held = HeldMessages(consumer_that_holds(1, hub))
    request = Reserved()
    state.reserved_requests.add(request)
    try:
        for _ in range(LOOKS):
            held.look()
    finally:
        state.reserved_requests.discard(request)
    hub.run_once()
