"""What a job declares, asked by itself."""

import pytest

from tasks import catalogue
from tasks.declaration import Wake

SUBMITTED = Wake("hr.expense.submitted", "hr.expense")


@pytest.mark.parametrize(
    ("kind", "model", "hears"),
    [
        ("hr.expense.submitted", "hr.expense", True),
        ("hr.expense.changed", "hr.expense", True),
        ("hr.expense.paid", "hr.expense", False),
        ("hr.expense.submitted", "hr.employee", False),
        ("hr.employee.changed", "hr.employee", False),
    ],
)
def test_a_wake_hears_its_event_and_that_the_record_changed_at_all(
    kind: str, model: str, hears: bool
) -> None:
    assert SUBMITTED.hears(kind, model) is hears


def test_odoo_has_no_part_in_what_people_sign_or_say_elsewhere() -> None:
    for became in ("signed", "accepted", "returned"):
        assert Wake(f"sale.order.{became}", "sale.order").is_outside_odoo
        assert not Wake(f"project.task.{became}", "sale.order").is_outside_odoo
    assert not SUBMITTED.is_outside_odoo


def test_a_job_tells_persons_by_its_audience_or_some_of_its_findings() -> None:
    telling = {name for name, job in catalogue.jobs().items() if job.tells_persons}
    assert {"timesheet_reminders", "invoice_readiness"} <= telling
    assert "wip_aging" not in telling


def test_a_signature_outside_odoo_is_heeded_by_who_wakes_for_one() -> None:
    assert Wake("sale.order.signed", "sale.order").is_signature
    assert not SUBMITTED.is_signature
    assert not Wake("project.task.signed", "sale.order").is_signature
    heeding = [job for job in catalogue.jobs().values() if job.heeds_signatures]
    assert heeding
    assert all(any(wake.is_signature for wake in job.wakes) for job in heeding)
    assert {job.name for job in heeding} <= {
        job.name for job in catalogue.jobs().values() if job.heeds_more
    }
