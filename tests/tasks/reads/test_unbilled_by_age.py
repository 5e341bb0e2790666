"""What is unbilled, read by age where days do not matter, comes to what reading by day does."""

from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox, firm
from tasks import catalogue
from tasks.domain.periods import AsOf
from tasks.reads import unbilled
from tests.fakes import modules
from tests.tasks.conftest import MONDAY, reading

LINES = firm.build(MONDAY.date())["account.analytic.line"]
FIRMS = {
    "as it is": Sandbox(MONDAY.date()),
    "odoo 17": Sandbox(MONDAY.date(), version=17),
    "corrected": Sandbox(
        MONDAY.date(),
        corrupt={
            ("account.analytic.line", row["id"]): {"unit_amount": -row["unit_amount"]}
            for row in LINES[::7]
        },
    ),
    "of no hours": Sandbox(
        MONDAY.date(),
        corrupt={("account.analytic.line", row["id"]): {"unit_amount": 0.0} for row in LINES[::5]},
    ),
    "in part on invoices": Sandbox(
        MONDAY.date(),
        corrupt={
            ("account.analytic.line", row["id"]): {"timesheet_invoice_id": False}
            for row in LINES[::3]
        },
    ),
    "reversed and set back to draft": Sandbox(
        MONDAY.date(),
        corrupt={
            ("account.move", row["id"]): {"state": "draft", "payment_state": "reversed"}
            for row in firm.build(MONDAY.date())["account.move"]
        },
    ),
    "approved": Sandbox(MONDAY.date(), declares=modules.TIMESHEET_GRID),
}


def nothing_yet(odoo: Any, groups: Any, *_: Any, **__: Any) -> Any:
    """The lines of which something is unbilled, and nothing by age."""
    return dict.fromkeys((group.id_at(0) for group in groups), ()), {}


@pytest.mark.parametrize("job", ["wip_aging", "invoice_readiness"])
@pytest.mark.parametrize("firm_name", FIRMS)
@pytest.mark.parametrize("is_over", [False, True])
def test_by_age_or_by_day_all_that_is_told_is_the_same(
    job: str, firm_name: str, is_over: bool, now: AsOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = catalogue.jobs()[job]
    days = 20 if is_over else 0
    moment = AsOf(
        now.instant, now.zone, now.now.replace(month=12, day=1 + days) if days else now.now
    )
    by_age = found.run(reading(FIRMS[firm_name]), moment, found.policy())
    monkeypatch.setattr(unbilled, "_is_all", lambda *_: False)
    monkeypatch.setattr(unbilled, "_by_age", nothing_yet)
    by_day = found.run(reading(FIRMS[firm_name]), moment, found.policy())
    assert by_age == by_day


def test_days_are_read_of_few_lines(now: AsOf, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    inner = unbilled._is_all

    def note(*args: Any) -> bool:
        asked.append(inner(*args))
        return asked[-1]

    monkeypatch.setattr(unbilled, "_is_all", note)
    job = catalogue.jobs()["wip_aging"]
    for firm_name in ("as it is", "in part on invoices"):
        job.run(reading(FIRMS[firm_name]), now, job.policy())
    assert any(asked)
    assert not all(asked)
