"""Pictures of what people see, in a real browser: mails, pages of the fleet, and Odoo itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.pictures.browser import WIDE, picture, showing

from .odoo_server import LOGIN, PASSWORD, OdooServer


@dataclass
class Album:
    """Pictures of what people see, in a real browser, numbered as they see it."""

    browser: Browser
    folder: Path
    #: How the names of the pictures begin.
    prefix: str
    taken: int = 0

    def keep(self, name: str, image: bytes) -> None:
        self.taken += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{self.prefix}-{self.taken:02}-{name}.png").write_bytes(image)

    def mail(self, name: str, html: str) -> None:
        with showing(self.browser, html, WIDE) as page:
            self.keep(name, picture(page))

    def page(self, name: str, url: str) -> None:
        context = self.browser.new_context(viewport={"width": WIDE, "height": 600})
        shown = context.new_page()
        shown.goto(url)
        assert shown.evaluate("document.documentElement.scrollWidth") <= WIDE
        self.keep(name, picture(shown))
        context.close()

    def chatter(self, name: str, server: OdooServer, database: str, order: int) -> None:
        """What Odoo shows beside a quotation to its administrator."""
        with self._in_odoo(server, database, 1400) as shown:
            # The first page of a new database makes its style sheets first.
            shown.goto(f"{server.url}/odoo/action-sale.action_orders/{order}", timeout=300_000)
            chatter = shown.locator(".o-mail-Chatter")
            chatter.wait_for(timeout=300_000)
            shown.locator(".o-mail-Message").first.wait_for(timeout=60_000)
            self.keep(name, chatter.screenshot())

    def odoo(self, name: str, server: OdooServer, database: str, path: str, seen: str) -> None:
        """What Odoo shows at a path to its administrator, once an element is seen there."""
        with self._in_odoo(server, database, WIDE) as shown:
            shown.goto(f"{server.url}/odoo/{path}", timeout=300_000)
            shown.locator(seen).first.wait_for(timeout=300_000)
            self.keep(name, picture(shown))

    @contextmanager
    def _in_odoo(self, server: OdooServer, database: str, width: int) -> Iterator[Page]:
        context = self.browser.new_context(viewport={"width": width, "height": 1000})
        login = {"db": database, "login": LOGIN, "password": PASSWORD}
        context.request.post(
            f"{server.url}/web/session/authenticate", data={"jsonrpc": "2.0", "params": login}
        )
        try:
            yield context.new_page()
        finally:
            context.close()
