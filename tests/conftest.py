"""What every test may count on: retries do not wait, logs go to logging, and time is told."""

from collections.abc import Iterator
from datetime import UTC, datetime

import hypothesis
import pytest
import stamina
import structlog

from tests import attacks, real_clock
from tests.any_day import shift

# How long an example takes says something of the machine alone.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")
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
    parser.addoption(
        "--every",
        metavar="N/M",
        type=share,
        help="the N-th of every M files of tests alone: --every=1/2",
    )


def share(given: str) -> tuple[int, int]:
    """`1/2` as the first of every two."""
    which, of = map(int, given.split("/"))
    if not 1 <= which <= of:
        raise ValueError(f"{given} is not the N-th of M")
    return which, of


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what docs/security.md names as a test of an attack, and keep the share asked for."""
    named = attacks.named()
    for item in items:
        if attacks.name_of(item) in named:
            item.add_marker(pytest.mark.attack)
    if asked := config.getoption("--every"):
        which, of = asked
        files = set(sorted({item.path for item in items})[which - 1 :: of])
        config.hook.pytest_deselected(items=[item for item in items if item.path not in files])
        items[:] = [item for item in items if item.path in files]


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
