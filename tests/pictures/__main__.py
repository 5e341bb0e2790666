"""`make pictures`: every mail and the page, wide, on a phone and in the dark, and the demo."""

from pathlib import Path

from tests.fakes.sections import MAILS, pages, rendered
from tests.pictures import case_page, demo
from tests.pictures.browser import PHONE, WIDE, chromium, picture, showing

FOLDER = Path(__file__).parents[2] / "docs" / "images"


def main() -> None:
    """Take them all."""
    with chromium() as browser:
        for name, section in MAILS.items():
            html = rendered([section], pages).html
            with showing(browser, html, WIDE) as page:
                (FOLDER / f"mail-{name}.png").write_bytes(picture(page))
            with showing(browser, html, PHONE) as page:
                (FOLDER / f"mail-{name}-phone.png").write_bytes(picture(page))
            with showing(browser, html, WIDE, "dark") as page:
                (FOLDER / f"mail-{name}-dark.png").write_bytes(picture(page))
        german = rendered([{**MAILS["readiness"], "language": "de"}], pages).html
        with showing(browser, german, WIDE) as page:
            (FOLDER / "mail-readiness-german.png").write_bytes(picture(page))
        for name, taken in case_page.pictures(browser):
            (FOLDER / f"{name}.png").write_bytes(taken)
        (FOLDER / "demo.png").write_bytes(demo.taken(browser))


if __name__ == "__main__":
    main()
