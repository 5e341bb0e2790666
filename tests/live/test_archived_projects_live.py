"""Hours on an archived billable project count as those on any other, as Odoo counts them."""

from __future__ import annotations

from pathlib import Path

import pytest

from .fleet_command import Fleet
from .inside import archived_project
from .inside_odoo import run_inside
from .odoo_server import LOGIN, PASSWORD, OdooServer
from .run_document import Wip

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]


def test_hours_of_an_archived_project_are_told(
    odoo_server: OdooServer, demo_db: str, tmp_path: Path
) -> None:
    odoo = run_inside(odoo_server, demo_db, archived_project.build)
    print(f"Odoo says: {odoo}")
    total, billable, other = odoo["hours"]
    assert odoo["billable"] is True
    assert (total, billable + other) == (8, 8)
    told = Fleet(tmp_path, odoo_server.url, demo_db, LOGIN, PASSWORD).run("wip_aging")
    assert told.code == 0, told.err
    wip = Wip.model_validate_json(told.out)
    (row,) = [row for row in wip.rows() if row.sale_order_id == odoo["order"]]
    assert float(row.wip) == odoo["to_invoice"] == 500
    key = f"no-order-project-{odoo['project']}"
    (leak,) = [f for scope in wip.scopes for f in scope.findings if f.key == key]
    print(f"we say: {leak.title}: {leak.reason}")
    assert leak.title.endswith(f": {other:g} h on no order line")
    assert leak.reason.endswith("; it is archived")
