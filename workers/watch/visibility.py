"""Whether the fleet's user sees all of an Odoo, and for how long its key lets it in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import structlog

from odoo_gateway.errors import FleetError, OdooError
from odoo_gateway.reader import Domain, Key, Reader
from odoo_gateway.records import Record
from tasks import doubts
from tasks.domain.plurals import counted
from tasks.records.people import Employee
from tasks.records.sales import Invoice, Order, OrderLine
from tasks.records.timesheets import Task, TimesheetLine
from workers import dispatch
from workers import notes as watching
from workers.config.tenants import Tenant
from workers.ledger.scopes import Scope
from workers.watch import api_keys
from workers.wiring import Fleet

log = structlog.get_logger()


@dataclass(frozen=True)
class Examined:
    """One thing examined: ok, warning, missing or failed, and what to do.

    missing: it is not set up yet, so the fleet cannot start; nothing is broken.
    """

    what: str
    state: str
    detail: str


NONE_HIDDEN = "no record rule hides any of the companies that the user is allowed in"

# What most numbers rest on; how many rows of each we see is measured every night.
VISIBLE_MODELS: Sequence[str] = (
    Employee.MODEL,
    TimesheetLine.MODEL,
    Task.MODEL,
    Order.MODEL,
    OrderLine.MODEL,
    Invoice.MODEL,
)


@dataclass(frozen=True)
class ControlTotal:
    """A total that Odoo stores on a parent, whoever may see the rows that it sums."""

    what: str
    parent: type[Record]
    total: str
    rows: str
    amount: str
    #: The field of a row that names its parent.
    link: str
    #: A field that parents and rows share, to sum both by; without one each parent is compared by
    #: itself.
    key: str | None = None


CONTROL_TOTALS: Sequence[ControlTotal] = (
    ControlTotal(
        # Invoiced hours stay with the project that their task has left.
        what="timesheets by task",
        parent=Task,
        total="effective_hours",
        rows=TimesheetLine.MODEL,
        amount="unit_amount",
        link="task_id",
    ),
    ControlTotal(
        what="order lines by state",
        parent=Order,
        total="amount_untaxed",
        rows=OrderLine.MODEL,
        amount="price_subtotal",
        link="order_id",
        key="state",
    ),
)


def compare_totals(fleet: Fleet) -> None:
    """Leave for the exporter what we may see in each Odoo, and for how long.

    A tenant that fails is logged.
    """
    for tenant in fleet.settings.tenants.values():
        try:
            scopes = dispatch.known_scopes(fleet, tenant)
        except FleetError as error:
            log.error("totals.unknown", tenant=tenant.name, message=str(error))
            continue
        for found in standing(fleet, tenant, scopes[0]):
            log.info("totals.compared", tenant=tenant.name, state=found.state, what=found.what)


def standing(fleet: Fleet, tenant: Tenant, scope: Scope) -> Iterator[Examined]:
    """What the fleet's user is in this Odoo; the companies of a database share it."""
    yield from _api_key(fleet, tenant, scope)
    yield from _visible_rows(fleet, tenant, scope)
    yield from _visibility(fleet, tenant, scope)


def _api_key(fleet: Fleet, tenant: Tenant, scope: Scope) -> Iterator[Examined]:
    what, login = f"{tenant.name}: API key", tenant.settings.login
    reader = Reader(fleet.session(tenant), scope.company_id)
    try:
        expiry = api_keys.first_to_expire(reader, login, fleet.clock())
    except OdooError as error:
        yield Examined(what, "warning", f"not verifiable when it expires: {error}")
        return
    watching.note_api_key(fleet, tenant.name, expiry.at if expiry else None)
    if expiry is None:
        yield Examined(what, "ok", f"no API key of {login} expires")
        return
    told = f"{expiry.name!r} of {login} expires on {expiry.at:%Y-%m-%d %H:%M} UTC"
    if expiry.at - fleet.clock() > api_keys.NOTICE:
        yield Examined(what, "ok", told)
    else:
        remedy = "make a new key, give it to the fleet, delete the old one"
        yield Examined(what, "warning", f"{told}: {remedy}")


def _visible_rows(fleet: Fleet, tenant: Tenant, scope: Scope) -> Iterator[Examined]:
    reader = Reader(fleet.session(tenant), scope.company_id)
    for model in VISIBLE_MODELS:
        what = f"{tenant.name}: rows of {model}"
        try:
            rows = reader.count(model, [], all_companies=True)
        except OdooError as error:
            yield Examined(what, "warning", f"not verifiable: {error}")
            continue
        watching.note_visible_rows(fleet, tenant.name, model, rows)
        if rows == 0:
            yield Examined(
                what,
                "warning",
                "not verifiable: none is visible, so this Odoo has none or its user sees none",
            )
            continue
        yield _shown(reader, model, what, f"{counted(rows, 'row')} visible")


def _shown(reader: Reader, model: str, what: str, told: str) -> Examined:
    """Ok where it is shown that no row of the model is hidden; some that are seen prove nothing."""
    doubt = doubts.unseen(reader, model)
    return Examined(what, "warning" if doubt else "ok", f"{told}; {doubt or NONE_HIDDEN}")


def _visibility(fleet: Fleet, tenant: Tenant, scope: Scope) -> Iterator[Examined]:
    """Record rules drop rows without a word; stored totals betray them."""
    reader = Reader(fleet.session(tenant), scope.company_id)
    for control in CONTROL_TOTALS:
        what = f"{tenant.name}: visibility of {control.what}"
        try:
            compared, hidden = _hidden(reader, control)
        except OdooError as error:
            yield Examined(what, "warning", f"not verifiable: {error}")
            continue
        if compared == 0:
            yield Examined(
                what,
                "warning",
                f"not verifiable: no {control.parent.MODEL} that we see has a total in "
                f"{control.total}, so nothing was compared",
            )
            continue
        watching.note_visibility(fleet, tenant.name, control.what, len(hidden))
        if hidden:
            more = f" and {len(hidden) - 1} more" if len(hidden) > 1 else ""
            yield Examined(
                what,
                "failed",
                f"{tenant.settings.login} does not see all rows of "
                f"{control.key or control.link} {hidden[0]}{more}, so every "
                f"number would be too small: give the user a read rule for all rows of "
                f"{control.rows}",
            )
        else:
            told = f"{counted(compared, 'total')} of Odoo reached by the rows that we see"
            yield _shown(reader, control.rows, what, told)


def _hidden(reader: Reader, control: ControlTotal) -> tuple[int, Sequence[Key]]:
    """How many totals were compared, and the keys whose rows sum up to less."""
    by = control.key or control.link
    linked: Domain = [(control.link, "!=", False)]
    groups = reader.group(control.rows, linked, [by], [control.amount], all_companies=True)
    visible = {group.keys[0]: group.sums[0] for group in groups}
    stored = list(_stored(reader, control))
    return len(stored), [
        key for key, total in stored if total - visible.get(key, 0.0) > 0.05 + 1e-6 * abs(total)
    ]


def _stored(reader: Reader, control: ControlTotal) -> Iterator[tuple[Key, float]]:
    """The totals that are not zero, by their key."""
    domain: Domain = [(control.total, "!=", 0)]
    if control.key:
        by, sums = [control.key], [control.total]
        for group in reader.group(control.parent.MODEL, domain, by, sums, all_companies=True):
            yield group.keys[0], group.sums[0]
    else:
        for parent in reader.search(control.parent, domain, archived=True, all_companies=True):
            yield parent.id, getattr(parent, control.total)
