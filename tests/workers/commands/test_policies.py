"""`fleet policies`: what is in force, and what can be set."""

import json

import pytest

from tasks import catalogue
from tests.fakes.command import typed, typed_json

pytestmark = pytest.mark.usefixtures("at_hand")


def test_the_policies_in_force_show_the_versions_that_rows_name() -> None:
    _, document = typed_json("run", "wip_aging", "--dry-run", "--company", "1")
    code, printed = typed("policies", "wip_aging", "--json")
    (found,) = json.loads(printed)["policies"]
    assert code == 0
    assert {row["policy"] for row in document["scopes"][0]["rows"]} == {found["version"]}
    assert json.loads(found["values"])["decide_after_days"] == 90
    assert len(json.loads(typed("policies", "--json")[1])["policies"]) == len(catalogue.jobs())


def test_every_setting_of_every_policy_is_described() -> None:
    for name in catalogue.jobs():
        settings = json.loads(typed("policies", name, "--json")[1])["settings"]
        assert [found["setting"] for found in settings if not found["meaning"]] == []
        assert settings
    _, shown = typed("policies", "wip_aging")
    assert "age of the oldest unbilled entry" in shown
