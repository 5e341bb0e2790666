"""What `fleet demo` prints, as a terminal shows it."""

import io
import shutil
from pathlib import Path

from playwright.sync_api import Browser
from rich.console import Console

from tests.pictures.browser import WIDE, picture, showing
from workers.demo import stage

COLUMNS = 100
FOLDER = Path("/tmp/fleet-demo")


def taken(browser: Browser) -> bytes:
    """Play the demo, and take a picture of its end."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    console = Console(record=True, file=io.StringIO(), width=COLUMNS)
    assert stage.play(console, keep=False, output=FOLDER) == 0
    shutil.rmtree(FOLDER)
    svg = console.export_svg(title="fleet demo")
    with showing(browser, f'<body style="margin:0">{svg}</body>', WIDE) as page:
        return picture(page)
