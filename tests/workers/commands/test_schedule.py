"""`fleet schedule`: when each job runs next."""

import json
from datetime import datetime

import pytest

from odoo_gateway.errors import ConfigurationError
from tasks import catalogue
from tests.fakes.command import typed

pytestmark = pytest.mark.usefixtures("at_hand")


def scheduled(*arguments: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(typed("schedule", "--json", *arguments)[1])["schedule"]
    return found


def test_the_schedule_shows_all_companies_in_one_zone_and_names_that_of_each_crontab() -> None:
    listed = scheduled("--count", "2")
    assert len(listed) == len(catalogue.jobs()) * 2 * 2
    assert {slot["zone"] for slot in listed} == {"Europe/Brussels", "America/New_York"}
    assert all(slot["next"].endswith("Z") for slot in listed)
    there = scheduled("--count", "2", "--zone", "Asia/Kolkata")
    assert all(slot["next"].endswith("+05:30") for slot in there)
    assert [datetime.fromisoformat(slot["next"]) for slot in there] == [
        datetime.fromisoformat(slot["next"]) for slot in listed
    ]


def test_the_schedule_is_narrowed_by_tenant_company_and_job() -> None:
    (slot,) = scheduled("--tenant", "firm", "--company", "2", "--job", "wip_aging")
    assert (slot["job"], slot["zone"]) == ("wip_aging", "America/New_York")
    assert len(scheduled("--job", "wip_aging")) == 2


@pytest.mark.parametrize(
    "words",
    [("--tenant", "none"), ("--company", "9"), ("--job", "none"), ("--zone", "Mars/Olympus")],
)
def test_what_the_schedule_is_narrowed_by_must_be_there(words: tuple[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="there is none such"):
        typed("schedule", *words)
