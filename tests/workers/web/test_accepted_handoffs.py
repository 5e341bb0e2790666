"""What waits for an accepted handoff goes on when delivery accepts it on its page."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from odoo_gateway.sandbox import Sandbox
from tests.fakes.clock import Clock
from tests.fakes.fleets import fleet_on
from tests.fakes.setups import SOLD, line, order, rows
from tests.workers.web.conftest import POLICY, SECRET, Page, serving
from tests.workers.web.test_accepting import DELIVERY, HANDOFF
from workers import dispatch, looking, runner
from workers.commands import by_hand
from workers.demo.processes import free_port
from workers.intake import hearing
from workers.ledger import effects, inbox, runs
from workers.ledger.places import Place
from workers.ledger.statuses import EffectStatus, EventStatus, Origin
from workers.web.acting import PAGES

SETUP = "project_setup"
HERE = Place(HANDOFF, "firm", 1)
WAITING = f"""{POLICY}policies.project_setup.waits_for_handoff = true
effects.create_project = "propose"
"""
SOURCES = 'sources.feed.kind = "feed"\n'
ORDER = SOLD
LACKING = f"handoff-order-{ORDER}-v1"


@pytest.fixture(params=[SOURCES, ""], ids=["with events", "by schedule"])
def page(tmp_path: Path, clock: Clock, request: pytest.FixtureRequest) -> Iterator[Page]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environ = {"FLEET_WEB_URL": url, "FLEET_WEB_PORT": str(port), "FLEET_LINK_SECRET": SECRET}
    of_it = rows(sale_order=[order()], sale_order_line=[line()])
    odoo = Sandbox(clock().date(), rows=of_it, installed=True)
    fleet = fleet_on(tmp_path, clock, odoo, file=f"{WAITING}{request.param}", environ=environ)
    with serving(fleet, port), httpx.Client(base_url=url, timeout=30) as http:
        dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
        yield Page(fleet, clock, http)
    fleet.ledger.close()


def accept(page: Page) -> None:
    url = page.links.case(DELIVERY, HERE, LACKING, page.clock().date())
    assert page.send(url, "accepted", reason="we begin").status_code == 303


def proposed(page: Page) -> set[int]:
    """The orders of which a project is proposed."""
    with page.fleet.ledger.reading() as connection:
        found = effects.find(connection, [EffectStatus.PROPOSED])
    return {each.record_id for each in found}


def row(page: Page, job: str, number: int) -> dict[str, object]:
    """As a look that writes nothing shows it: a dry run, a re-check and `explain` look so."""
    lookout = looking.lookout_of(page.fleet, Place(job, "firm", 1))
    now = page.clock()
    report = looking.look(page.fleet, lookout, now, now).report
    (found,) = (each for each in report.rows if each["record_id"] == number)
    return dict(found)


def test_its_project_is_proposed_after_the_acceptance_and_not_before(page: Page) -> None:
    page.run(HANDOFF)
    page.run(SETUP)
    waiting = proposed(page)
    assert ORDER not in waiting
    assert row(page, SETUP, ORDER)["status"] == "waits_for_handoff"
    accept(page)
    assert row(page, SETUP, ORDER)["status"] == "without_project"
    tenant = page.fleet.settings.tenant("firm")
    heard = hearing.hear(page.fleet, tenant)
    assert heard == len(tenant.sources)
    if not tenant.sources:
        page.run(SETUP)
    else:
        with page.fleet.ledger.reading() as connection:
            (event,) = inbox.of_ids(connection, range(1, 9))
            made = [run for run in runs.latest(connection, 9) if run.origin is Origin.EVENT]
        told = event.event
        assert (told.source, told.kind, told.record_id) == (PAGES, "sale.order.accepted", ORDER)
        assert event.status is EventStatus.WOKE
        assert {run.job for run in made} == {HANDOFF, SETUP}
        for run in made:
            runner.execute(page.fleet, run.id)
    assert proposed(page) == waiting | {ORDER}
    # A run of the gate closes the case, and what was said stands.
    page.run(HANDOFF)
    page.run(SETUP)
    assert proposed(page) == waiting | {ORDER}


def test_what_is_returned_is_told_to_sales_at_once_and_goes_on_waiting(page: Page) -> None:
    page.run(HANDOFF)
    url = page.links.case(DELIVERY, HERE, LACKING, page.clock().date())
    assert page.send(url, "returned", reason="no scope").status_code == 303
    tenant = page.fleet.settings.tenant("firm")
    assert hearing.hear(page.fleet, tenant) == len(tenant.sources)
    with page.fleet.ledger.reading() as connection:
        made = [run for run in runs.latest(connection, 9) if run.origin is Origin.EVENT]
    assert [run.job for run in made] == [HANDOFF] * len(tenant.sources)
    for run in made:
        runner.execute(page.fleet, run.id)
    assert [key for key in page.open_keys(HANDOFF) if key == f"returned-order-{ORDER}-v1"] == [
        f"returned-order-{ORDER}-v1"
    ] * len(made)
    page.run(SETUP)
    assert row(page, SETUP, ORDER)["status"] == "waits_for_handoff"


def test_where_the_gate_has_not_looked_yet_it_waits_and_says_that_nothing_is_known(
    page: Page,
) -> None:
    assert row(page, SETUP, ORDER)["status"] == "waits_for_handoff"
    lookout = looking.lookout_of(page.fleet, Place(SETUP, "firm", 1))
    now = page.clock() + timedelta(minutes=1)
    by_us = by_hand.order_of(page.fleet, SETUP, None, [1], None, None, None, dry_run=True)
    (result,) = by_hand.carry_out(page.fleet, by_us)
    assert result.seen is not None
    for report in (looking.look(page.fleet, lookout, now, now).report, result.seen.report):
        (gap,) = (gap for gap in report.not_verifiable if gap.check == "accepted handoffs")
        assert "S09100" in gap.reason
