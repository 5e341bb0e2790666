"""A real, headless Chromium that shows a mail as a phone or a wide screen would."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM: Final = Path("/usr/bin/chromium")
WIDE: Final = 1000
PHONE: Final = 375
COLOURS: Final = 64


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def showing(
    browser: Browser, html: str, width: int, scheme: Literal["light", "dark"] = "light"
) -> Iterator[Page]:
    """A page that shows the mail; it may load nothing from anywhere."""
    context = browser.new_context(
        viewport={"width": width, "height": 600}, color_scheme=scheme, offline=True
    )
    try:
        page = context.new_page()
        page.set_content(html)
        yield page
    finally:
        context.close()


def picture(page: Page, colours: int = COLOURS) -> bytes:
    """The whole page as a small PNG."""
    taken = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    out = io.BytesIO()
    taken.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()
