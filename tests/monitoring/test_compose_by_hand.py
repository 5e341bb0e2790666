"""Without a container: the compose file's commands, in its order, end in a healthy stack."""

import shlex
import shutil
from collections.abc import Iterator

import pytest

from tests.monitoring import compose_by_hand
from tests.monitoring.compose_by_hand import FILE, LEFT_OUT, STARTED, Stack
from tests.monitoring.prometheus_server import Prometheus
from tests.monitoring.running_fleet import wait_until

pytestmark = [
    pytest.mark.watch,
    pytest.mark.skipif(
        not shutil.which("prometheus"), reason="needs Prometheus: tests/install-services"
    ),
    pytest.mark.timeout(1800),
]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with compose_by_hand.stack() as found:
        yield found


def test_every_service_is_started_in_the_files_order_or_left_out_by_name() -> None:
    assert [name for name in FILE["services"] if name not in LEFT_OUT] == list(STARTED)


def test_every_service_becomes_healthy_by_its_own_check(stack: Stack) -> None:
    for service, command in stack.commands.items():
        print(f"{service:16} {shlex.join(command)}")
        print(f"{'':16} is asked: {shlex.join(stack.checks[service])}")
        wait_until(lambda service=service: stack.is_healthy(service), 300, service)  # type: ignore[misc]
    assert {service: stack.is_healthy(service) for service in STARTED} == dict.fromkeys(
        STARTED, True
    )


def test_prometheus_scrapes_all_of_them_and_knows_alertmanager(stack: Stack) -> None:
    prometheus = Prometheus.on(stack.ports["prometheus"])
    wait_until(lambda: len(prometheus.series("up == 1")) == 3, what="three targets that are up")
    wait_until(
        lambda: len(prometheus.series("celery_worker_up == 1")) == 4, what="the four workers"
    )
    (manager,) = prometheus.ask("alertmanagers")["activeAlertmanagers"]
    assert f":{stack.ports['alertmanager']}/" in manager["url"]
