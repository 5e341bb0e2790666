"""What every test may count on: retries do not wait, logs go to logging, and time is told."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import stamina
import structlog

from tests import real_clock
from tests.any_day import shift

structlog.configure(
    processors=[structlog.processors.KeyValueRenderer()],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--at",
        metavar="INSTANT",
        type=lambda given: datetime.fromisoformat(given).replace(tzinfo=UTC),
        help="as if it were this instant in UTC when the tests begin: --at=2027-01-01T00:00",
    )


def pytest_configure(config: pytest.Config) -> None:
    if at := config.getoption("--at"):
        shift.begin(at)


@pytest.fixture(autouse=True)
def _retries_without_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture(autouse=True)
def _time_is_told(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A test in whose course the fleet read the machine's clock fails at its end."""
    if real_clock.may(request.path):
        yield
        return
    seen = real_clock.watch(monkeypatch)
    yield
    assert not seen, f"the machine's clock was read; give the fleet a Clock:\n{seen[0]}"
