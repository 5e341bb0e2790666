"""What the demo has to show, whatever the day it is played on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from odoo_gateway.reader import Reader
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import Session
from tasks import catalogue
from tasks.domain.periods import AsOf
from workers.config import settings
from workers.demo import stage

JOB = catalogue.jobs()["timesheet_reminders"]
BRUSSELS = ZoneInfo("Europe/Brussels")
PORTS = {"odoo": 1, "redis": 2, "smtp": 3, "metrics": 4}


@pytest.mark.parametrize("day", range(7))
def test_somebody_is_written_to_at_the_first_run(day: int, tmp_path: Path) -> None:
    tenant = settings.load(stage.environment(tmp_path, PORTS)).tenant(stage.TENANT)
    midnight = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(days=day)
    session = Session(Sandbox(midnight.date()))
    for now in (midnight, midnight + timedelta(hours=22)):
        told = []
        for company_id in (1, 2):
            policy, moment = tenant.policy(JOB, company_id, now.date()), AsOf(now, BRUSSELS, now)
            report = JOB.run(Reader(session, company_id), moment, policy)
            told.append({step.name for finding in report.findings for step in finding.steps or ()})
        assert told == [{"late"}, {"manager"}]
