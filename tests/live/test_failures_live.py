"""What `fleet run` says when something is wrong: the code, the thing, the remedy, no secret."""

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

import pytest

from odoo_gateway.errors import OdooSchemaDrift
from odoo_gateway.records import Record
from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc

from . import bots
from .answering import HANGS_UP, answering
from .bots import HISTORY, Bot
from .fleet_command import Fleet, Told
from .missing_modules import database_without
from .odoo_server import OdooServer
from .run_document import Readiness, Reminders

pytestmark = pytest.mark.live

CONFIGURATION, UNAVAILABLE, SOME_FAILED = 2, 3, 4
EMPLOYEE = Bot("plain_employee")
VERSION_READER = Bot("version_reader", (HISTORY,))
REMINDERS, READINESS = "timesheet_reminders", "invoice_readiness"
DOCUMENTS: Mapping[str, Callable[[str], Reminders | Readiness]] = {
    REMINDERS: Reminders.model_validate_json,
    READINESS: Readiness.model_validate_json,
}


@pytest.fixture(scope="module")
def fleet(odoo_server: OdooServer, demo_db: str, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """As a user with the rights of every employee, whose secret is a word of its own."""
    bots.make(odoo_server, demo_db, EMPLOYEE, VERSION_READER)
    folder = tmp_path_factory.mktemp("failures")
    return Fleet(folder, odoo_server.url, demo_db, EMPLOYEE.login, EMPLOYEE.password)


@dataclass(frozen=True)
class DatedVersion(Record):
    """A version of an employee that is nothing without its day, which HR officers see."""

    MODEL: ClassVar[str] = "hr.version"
    MODULE: ClassVar[str] = "hr"
    id: int
    date_version: date


def errors_of(told: Told, job: str = REMINDERS) -> list[str]:
    """The errors of a document in which every company failed."""
    document: Reminders | Readiness = DOCUMENTS[job](told.out)
    assert document.scopes
    assert {scope.status for scope in document.scopes} == {"failed"}
    return [str(scope.error) for scope in document.scopes]


def assert_clean(told: Told, fleet: Fleet) -> None:
    """No traceback, no secret, and nothing left in the folder by a dry run."""
    assert list(fleet.folder.iterdir()) == []
    for said in (told.out, told.err):
        assert "Traceback" not in said
        assert fleet.secret not in said
        assert "object at 0x" not in said


def assert_says(fleet: Fleet, code: int, *words: str, job: str = REMINDERS) -> None:
    """The job ends with the code, and every error of its document has all the words."""
    told = fleet.run(job)
    assert_clean(told, fleet)
    assert told.code == code, told
    for error in errors_of(told, job):
        for word in words:
            assert word in error
        print(f"exit code {code}: {error}")


def test_an_odoo_that_is_down(fleet: Fleet) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        down = replace(fleet, url=url)
        assert_says(down, UNAVAILABLE, url, "cannot be reached", "check the address")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (200, ("not JSON-RPC", "check that the address leads to Odoo itself")),
        (502, ("HTTP 502", "is down or busy", "tried again")),
        (HANGS_UP, ("cannot be reached", "check the address")),
    ],
    ids=["a login page", "502", "hanging up"],
)
def test_a_proxy_that_answers_instead_of_odoo(
    status: int, words: tuple[str, ...], fleet: Fleet
) -> None:
    with answering(status) as url:
        assert_says(replace(fleet, url=url), UNAVAILABLE, url, *words)


def test_a_wrong_password(fleet: Fleet) -> None:
    wrong = replace(fleet, secret="xyzzy-mistyped-77a0")
    words = (fleet.login, fleet.database, "refused the login", "renew FLEET_ODOO_API_KEY")
    assert_says(wrong, CONFIGURATION, *words)


def test_a_wrong_database(fleet: Fleet) -> None:
    wrong = replace(fleet, database="no_such_database")
    assert_says(wrong, CONFIGURATION, "no_such_database", "correct FLEET_ODOO_DB")


@pytest.mark.parametrize(
    ("job", "model"), [(REMINDERS, "account.analytic.line"), (READINESS, "sale.order.line")]
)
def test_a_user_with_the_rights_of_every_employee(job: str, model: str, fleet: Fleet) -> None:
    words = (model, fleet.login, "Give the user", "may read this model")
    assert_says(fleet, SOME_FAILED, *words, job=job)


def test_a_field_behind_a_group_is_named_with_its_model(
    odoo_server: OdooServer, fleet: Fleet
) -> None:
    user = VERSION_READER
    address = Address(odoo_server.url, fleet.database, user.login, user.password)
    with pytest.raises(OdooSchemaDrift) as caught:
        Session(OdooRpc(address)).layout(DatedVersion)
    for word in ("hr.version", "date_version", "Install", "widen the user's groups"):
        assert word in str(caught.value)
    print(f"OdooSchemaDrift: {caught.value}")


def test_people_read_the_same_without_a_document(fleet: Fleet) -> None:
    wrong = replace(fleet, secret="xyzzy-mistyped-77a0")
    told = wrong.run(REMINDERS, as_json=False)
    assert_clean(told, wrong)
    assert told.code == CONFIGURATION
    assert "refused the login" in told.err
    assert "renew FLEET_ODOO_API_KEY" in told.err


@pytest.fixture(scope="module")
def bare(odoo_server: OdooServer, fleet: Fleet) -> Iterator[Fleet]:
    """An Odoo that knows neither timesheets nor sales."""
    with database_without(odoo_server, "hr_timesheet", "sale") as database:
        yield replace(fleet, database=database, login="admin", secret="admin")


def error_without_modules(bare: Fleet, job: str) -> str:
    told = bare.run(job)
    assert told.code == SOME_FAILED, told
    assert "Traceback" not in told.out + told.err
    (error,) = set(errors_of(told, job))
    print(f"exit code {told.code}: {error}")
    return error


def test_a_missing_module_whose_fields_are_needed_is_named_with_them(bare: Fleet) -> None:
    error = error_without_modules(bare, REMINDERS)
    for word in ("account.analytic.line", "employee_id", "'hr_timesheet'", "Install the module"):
        assert word in error


def test_a_missing_model_is_named(bare: Fleet) -> None:
    error = error_without_modules(bare, READINESS)
    assert "sale.order.line" in error
    assert "module" in error
    assert "not installed" in error


def test_the_module_that_brings_a_missing_model_is_named(bare: Fleet) -> None:
    assert "'sale'" in error_without_modules(bare, READINESS)


def test_sales_without_timesheets_on_sales_are_told_as_a_missing_module(
    odoo_server: OdooServer, bare: Fleet
) -> None:
    with database_without(odoo_server, "sale_timesheet") as database:
        told = replace(bare, database=database).run(READINESS)
    assert "sale_timesheet" in told.out
