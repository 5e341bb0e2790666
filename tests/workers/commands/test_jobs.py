"""`fleet jobs`: what is watched."""

import json

import pytest

from tasks import catalogue
from tests.fakes.command import typed

pytestmark = pytest.mark.usefixtures("at_hand")


def test_the_jobs_are_listed_for_people_and_programs() -> None:
    assert "timesheet_reminders" in typed("jobs")[1]
    listed = json.loads(typed("jobs", "--json")[1])["jobs"]
    assert {job["job"] for job in listed} == set(catalogue.jobs())
