"""The page of a case, as its real server shows it after two runs and a snooze."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import httpx
from playwright.sync_api import Browser

from odoo_gateway.sandbox import Sandbox
from tests.fakes.clock import Clock
from tests.fakes.fleets import Switchable, fleet_on
from tests.pictures.browser import PHONE, WIDE, picture
from tests.workers.web.conftest import POLICY, SECRET, Page, serving
from workers.delivery import dispatcher
from workers.demo.catcher import catching
from workers.demo.processes import free_port

VIEWS: Final[tuple[tuple[str, int, Literal["light", "dark"], str], ...]] = (
    ("page", WIDE, "light", "en"),
    ("page-phone", PHONE, "light", "en"),
    ("page-dark", WIDE, "dark", "en"),
    ("page-german", WIDE, "light", "de"),
    ("page-german-phone", PHONE, "light", "de"),
)


def pictures(browser: Browser) -> Iterator[tuple[str, bytes]]:
    """Each view of a blocked order that finance has snoozed; raises where one is too wide."""
    clock = Clock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    port, smtp = free_port(), free_port()
    environ = {
        "FLEET_WEB_URL": f"http://127.0.0.1:{port}",
        "FLEET_WEB_PORT": str(port),
        "FLEET_LINK_SECRET": SECRET,
    }
    with tempfile.TemporaryDirectory() as folder, catching(Path(folder) / "mails", smtp):
        odoo = Switchable(Sandbox(clock().date()))
        fleet = fleet_on(Path(folder), clock, odoo, smtp_port=smtp, file=POLICY, environ=environ)
        with serving(fleet, port), httpx.Client(timeout=30) as http:
            page = Page(fleet, clock, http)
            page.run()
            dispatcher.deliver(fleet)
            url = page.link("blocked-order-5")
            page.send(url, "snoozed", until=page.in_days(4), reason="customer on holiday")
            for name, width, scheme, locale in VIEWS:
                context = browser.new_context(
                    viewport={"width": width, "height": 700}, color_scheme=scheme, locale=locale
                )
                shown = context.new_page()
                shown.goto(url)
                assert shown.evaluate("document.documentElement.scrollWidth") <= width
                yield name, picture(shown)
                context.close()
        fleet.ledger.close()
