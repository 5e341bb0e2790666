"""An Odoo that is changed between two runs is judged as it is then, not as it was learnt before."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox
from odoo_gateway.sandbox.rights import ADMINISTRATOR
from tasks import catalogue
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, fleet_on, run_once
from tests.fakes.overlay import Overlay
from workers.commands import by_hand, doctor
from workers.commands import run as run_verb
from workers.commands.by_hand import Order
from workers.ledger import learnt, runs
from workers.ledger.statuses import RunStatus
from workers.wiring import Fleet

JOBS = sorted(catalogue.jobs())
MODULES = ("hr_expense", "project_timesheet_holidays")
# Nothing is due by its default.
CONFIGURED = f"""{FILE}\
policies.presales_review.reviews = [
  {{ stage = 3, items = [{{ item = "contact", field = "email_from" }}] }},
]
"""
WIDER = (*ADMINISTRATOR, "hr.group_more")


class Odoo:
    """A sandbox that is set up otherwise between two runs."""

    def __init__(self, day: date) -> None:
        self.day = day
        self.change()

    def change(self, **switches: Any) -> None:
        """Set it up so."""
        self.seen = Overlay(Sandbox(self.day, **switches), {})

    def call(self, model: str, method: str, args: Sequence[Any], kwargs: Any) -> Any:
        """As Transport.call."""
        return self.seen.call(model, method, args, kwargs)

    def asked(self) -> Counter[str]:
        """How often each method was called since the last time."""
        found = Counter(method for _, method, *_ in self.seen.seen)
        self.seen.seen.clear()
        return found


@pytest.fixture
def odoo(clock: Clock) -> Odoo:
    return Odoo(clock().date())


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Odoo) -> Iterator[Fleet]:
    fleet = fleet_on(tmp_path, clock, odoo, file=CONFIGURED)
    yield fleet
    fleet.ledger.close()


def told(fleet: Fleet, job: str) -> Any:
    """The document of a dry run of all companies."""
    order = Order(catalogue.jobs()[job], fleet.settings.tenant("firm"), dry_run=True)
    return run_verb.document(fleet, order, by_hand.carry_out(fleet, order))


def anew(fleet: Fleet) -> Fleet:
    """A process that goes by nothing that was learnt before."""
    found = fleet.forked()
    found.forget(fleet.settings.tenant("firm"))
    return found


def learn(fleet: Fleet, odoo: Odoo, job: str, **switches: Any) -> None:
    """Have a process learn all that a job needs of an Odoo that is set up so."""
    odoo.change(**switches)
    first = anew(fleet)
    told(first, job)
    first.keep_learnt(fleet.settings.tenant("firm"))


def later_and_anew(fleet: Fleet, odoo: Odoo, job: str, **switches: Any) -> tuple[Any, Any]:
    """What a later process says of an Odoo that is set up so, and one that goes by nothing."""
    odoo.change(**switches)
    return told(fleet.forked(), job), told(anew(fleet), job)


@pytest.mark.parametrize("job", JOBS)
def test_a_later_process_says_the_same_and_asks_for_no_field_and_right(
    job: str, fleet: Fleet, odoo: Odoo
) -> None:
    learn(fleet, odoo, job)
    odoo.asked()
    first = told(fleet, job)
    assert not odoo.asked().keys() & {"fields_get", "get_available_models", "check_access_rights"}
    assert first["scopes"][0]["rows"]
    assert later_and_anew(fleet, odoo, job) == (first, first)


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("is_added", [True, False], ids=["added", "removed"])
def test_a_module_is_added_or_removed(
    job: str, module: str, is_added: bool, fleet: Fleet, odoo: Odoo
) -> None:
    with_it: dict[str, Any] = {}
    without: dict[str, Any] = {"lacks_modules": [module]}
    before, after = (without, with_it) if is_added else (with_it, without)
    learn(fleet, odoo, job, **before)
    later, fresh = later_and_anew(fleet, odoo, job, **after)
    assert later == fresh


def learnt_fields(fleet: Fleet) -> Sequence[tuple[str, str]]:
    """Model and name of those that the ledger knows of, and that an administrator may hide."""
    with fleet.ledger.reading() as connection:
        page = learnt.of_tenant(connection, "firm")
    assert page is not None
    return [
        (model, name)
        for model, known in sorted(page.found["fields"].items())
        for name in sorted(known["found"])
        if name not in ("id", "company_id") and not model.startswith(("ir.", "res.users"))
    ]


@pytest.mark.parametrize("job", JOBS)
def test_a_field_is_hidden(job: str, fleet: Fleet, odoo: Odoo) -> None:
    learn(fleet, odoo, job)
    fields = learnt_fields(fleet)
    assert len(fields) > 20
    before = told(fleet, job)
    for model, name in fields[::4]:
        odoo.change(hidden_fields={(model, name)})
        later = told(fleet.forked(), job)
        is_read = any(
            asked == model and method == "search_read" and name in args[1]
            for asked, method, args, _ in odoo.seen.seen
        )
        # As things stand, a field that was not read changes nothing of what is said.
        is_moot = later == before and not is_read
        assert is_moot or later == told(anew(fleet), job), (model, name)


@pytest.mark.parametrize("job", JOBS)
def test_a_field_is_shown_by_a_further_group(job: str, fleet: Fleet, odoo: Odoo) -> None:
    learn(fleet, odoo, job)
    for field in learnt_fields(fleet)[1::12]:
        learn(fleet, odoo, job, hidden_fields={field})
        later, fresh = later_and_anew(fleet, odoo, job, groups=WIDER)
        assert later == fresh, field


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("model", ["account.move", "hr.expense"])
def test_a_right_is_taken_or_given(job: str, model: str, fleet: Fleet, odoo: Odoo) -> None:
    learn(fleet, odoo, job)
    before = told(fleet, job)
    odoo.change(denied_models=[model])
    later = told(fleet.forked(), job)
    # Where nothing of the model is there to be read, all that is said stays true.
    is_moot = later == before and all(asked != model for asked, *_ in odoo.seen.seen)
    assert is_moot or later == told(anew(fleet), job)
    learn(fleet, odoo, job, denied_models=[model])
    later, fresh = later_and_anew(fleet, odoo, job, groups=WIDER)
    assert later == fresh


def test_a_right_that_is_given_without_a_group_is_seen_by_the_doctor_at_once(
    fleet: Fleet, odoo: Odoo
) -> None:
    learn(fleet, odoo, "invoice_readiness", denied_models=["hr.expense"])
    later, fresh = later_and_anew(fleet, odoo, "invoice_readiness")
    # What is not known to be readable stays not verifiable, and no figure is made up for it.
    assert [gap["check"] for gap in later["scopes"][0]["not_verifiable"]]
    assert later != fresh
    list(doctor.examine(fleet))
    later, fresh = later_and_anew(fleet, odoo, "invoice_readiness")
    assert later == fresh


def test_a_run_that_is_refused_what_was_learnt_is_done_at_once_and_mends_the_ledger(
    fleet: Fleet, odoo: Odoo
) -> None:
    hidden = ("account.analytic.line", "holiday_id")
    learn(fleet, odoo, "wip_aging")
    assert hidden in learnt_fields(fleet)
    odoo.change(hidden_fields={hidden})
    run_once(fleet.forked(), "wip_aging", 1)
    with fleet.ledger.reading() as connection:
        (run,) = runs.latest(connection, 1)
    assert (run.status, run.attempts) == (RunStatus.SUCCEEDED, 1)
    assert hidden not in learnt_fields(fleet)


def test_a_dry_run_leaves_the_ledger_as_it_is(fleet: Fleet, odoo: Odoo) -> None:
    told(fleet, "wip_aging")
    with fleet.ledger.reading() as connection:
        assert learnt.of_tenant(connection, "firm") is None


@pytest.mark.parametrize("minutes", [-5, 61])
def test_what_was_kept_by_a_clock_that_was_wrong_or_long_ago_is_not_gone_by(
    minutes: int, fleet: Fleet, odoo: Odoo, clock: Clock
) -> None:
    learn(fleet, odoo, "pending_approvals")
    odoo.asked()
    clock.forward(minutes=minutes)
    told(fleet.forked(), "pending_approvals")
    assert odoo.asked()["fields_get"] > 5
