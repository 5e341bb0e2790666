"""The tables of what can be set are what the models say, and show what can be written."""

import re
import tomllib

import pytest
from pydantic import BaseModel

from tasks import catalogue
from tasks.declaration import AnyJob
from tests.workers import tables
from workers.config.settings import Environment
from workers.config.tenants import MailSettings, TenantSettings

ROW = re.compile(r"^\| `(\w+)` \| (.*) \| (.*) \|$", re.M)


def test_each_page_says_what_the_models_say() -> None:
    for page, text in tables.pages():
        assert page.read_text(encoding="utf-8") == text, f"{page.name}: {tables.COMMAND}"


def test_every_setting_has_a_meaning() -> None:
    of_jobs = [job.policy for job in catalogue.jobs().values()]
    models: list[type[BaseModel]] = [Environment, TenantSettings, MailSettings, *of_jobs]
    texts = [text for page in tables.tables().values() for text in page.values()]
    found = [row for text in texts for row in ROW.findall(text)]
    assert len(found) == sum(len(model.model_fields) for model in models)
    assert [name for name, _, meaning in found if not meaning] == []


@pytest.mark.parametrize("job", catalogue.jobs().values(), ids=lambda job: job.name)
def test_every_default_of_a_policy_can_be_written_as_it_is_shown(job: AnyJob) -> None:
    shown = tables.tables()["jobs.md"][f"policy of {job.name}"]
    given = {name: _values(default) for name, default, _ in ROW.findall(shown) if default}
    assert given
    assert job.policy.model_validate(given) == job.policy()


def _values(default: str) -> object:
    lines = re.findall(r"`(.*?)`", default)
    text = f"[{', '.join(lines)}]" if len(lines) > 1 else lines[0]
    return tomllib.loads(f"value = {text}")["value"]
