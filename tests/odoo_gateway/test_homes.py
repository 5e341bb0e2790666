"""No model is asked for that a database does not have: each such call fills Odoo's log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from odoo_gateway import homes
from odoo_gateway.errors import OdooSchemaDrift
from odoo_gateway.reader import Reader
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import Session
from odoo_gateway.transport import Transport
from tasks import catalogue
from tasks.domain.periods import AsOf
from tests.fakes import modules

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@dataclass
class Listening:
    """Keeps what was asked of models that do not exist."""

    inner: Transport
    absent: list[str] = field(default_factory=list)

    def call(self, model: str, method: str, args: Any, kwargs: Any) -> Any:
        """As Transport.call."""
        try:
            return self.inner.call(model, method, args, kwargs)
        except OdooSchemaDrift as error:
            if "doesn't exist" in str(error):
                self.absent.append(model)
            raise


def asked_in_vain(sandbox: Sandbox) -> list[str]:
    listening = Listening(sandbox)
    session = Session(listening)
    for job in catalogue.jobs().values():
        job.run(Reader(session, 1), AsOf(NOW, ZoneInfo("UTC"), NOW), job.policy())
    return listening.absent


@pytest.mark.parametrize("version", [16, 17, 18, 19])
def test_no_job_asks_for_a_model_that_its_version_does_not_have(version: int) -> None:
    assert asked_in_vain(Sandbox(TODAY, version=version)) == []


@pytest.mark.parametrize(
    "declares", [modules.HELPDESK_MGMT, modules.SALE_TIER_VALIDATION], ids=["desk", "tier"]
)
def test_what_a_module_brings_is_still_found(declares: Mapping[str, Any]) -> None:
    session = Session(Sandbox(TODAY, declares=declares))
    (model,) = declares.keys() & homes.HOMES.keys()
    assert session.may_read(model)


@pytest.mark.parametrize(
    ("model", "base", "others", "expected"),
    [
        ("hr.version", "19.0.1.3", ("hr",), True),
        ("hr.version", "18.0.1.3", ("hr",), False),
        ("hr.version", "saas~18.4.1.3", ("hr",), None),
        ("hr.version", "19.0.1.3", (), False),
        ("hr.contract", "19.0.1.3", ("hr",), False),
        ("hr.contract", "17.0.1.3", ("hr", "hr_contract"), True),
        ("hr.expense.sheet", "18.0.1.3", ("hr_expense",), True),
        ("hr.expense.sheet", "19.0.1.3", ("hr_expense",), False),
        ("helpdesk.ticket", "19.0.1.3", ("helpdesk",), True),
        ("helpdesk.ticket", "19.0.1.3", ("helpdesk_mgmt",), True),
        ("sale.order", "19.0.1.3", (), None),
    ],
)
def test_modules_and_version_tell_which_models_there_are(
    model: str, base: str, others: tuple[str, ...], expected: bool | None
) -> None:
    installed = {"base": base, **dict.fromkeys(others, base)}
    major = 18 if "18" in base else int(base[:2])
    assert homes.exists(model, installed, major) is expected
