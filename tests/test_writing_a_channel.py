"""The channel of docs/writing-a-channel.md, put where the guide says, with no other edit."""

from pathlib import Path

import pytest

from tests.fakes.house import blocks, copied, run, run_tests

GUIDE = "writing-a-channel.md"
TEST = "tests/workers/delivery/channels/test_ntfy.py"
# A fleet with what the guide configures sends what finance is told.
DELIVERED = """\
import sys
from pathlib import Path

from tests.fakes.clock import Clock
from tests.fakes.fleets import TENANT, fleet_on
from tests.fakes.messages import NOW
from tests.fakes.receiver import receiving
from tests.workers.test_runner import READINESS, opened
from workers import runner
from workers.delivery.dispatcher import deliver

config = sys.stdin.read().replace("tenants.acme", "tenants.firm")
with receiving() as server:
    url = {"FLEET_FIRM_WEBHOOK_ONCALL_URL": server.url}
    file = f'{TENANT}recipients.finance = ["finance@firm.example"]\\n{config}'
    fleet = fleet_on(Path(sys.argv[1]), Clock(NOW), file=file, environ=url)
    runner.execute(fleet, opened(fleet, READINESS))
    print(deliver(fleet))
    print(*(body.decode() for _, body in server.got))
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house with the channel and its test."""
    copy = copied(tmp_path_factory.mktemp("house"))
    channel, test = blocks(GUIDE)
    (copy / "workers/delivery/channels/ntfy.py").write_text(channel)
    (copy / TEST).write_text(test)
    return copy


def test_its_test_passes(house: Path) -> None:
    assert "1 passed" in run_tests(house, TEST)


def test_a_route_of_the_configuration_leads_to_it(house: Path, tmp_path: Path) -> None:
    (config,) = blocks(GUIDE, "toml")
    printed = run(house, "-c", DELIVERED, str(tmp_path), given=config)
    assert "Invoice readiness" in printed
