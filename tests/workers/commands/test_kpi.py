"""`fleet kpi`: every measure, its formula and its samples."""

import json

import pytest

from odoo_gateway.errors import ConfigurationError
from tasks import catalogue
from tests.fakes.command import typed

pytestmark = pytest.mark.usefixtures("at_hand")


def test_samples_tell_their_formula_their_cut_off_and_what_they_leave_out() -> None:
    typed("run", "timesheet_reminders")
    code, printed = typed("kpi", "timesheet_compliance_ratio", "--company", "1", "--json")
    (sample,) = json.loads(printed)["samples"]
    assert code == 0
    assert (sample["formula"], sample["company_id"]) == (2, 1)
    assert sample["cut_off"].startswith("2026-11-23T")
    assert sample["excluded"]
    with pytest.raises(ConfigurationError, match="no sample of 'wip_amount'"):
        typed("kpi", "wip_amount")


def test_every_measure_that_is_taken_has_a_formula() -> None:
    for job in catalogue.jobs():
        typed("run", job)
    _, printed = typed("kpi", "--json")
    told = json.loads(printed)["measures"]
    assert all(measure["version"] for measure in told), told
    assert {"wip_amount", "invoice_release_days"} <= {measure["name"] for measure in told}
