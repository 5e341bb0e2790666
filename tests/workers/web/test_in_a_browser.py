"""The page in a real Chromium: on a phone, in the dark, and without a mouse."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tasks.domain.acts import ActKind
from workers.ledger import acts

from .conftest import FINANCE, HERE, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PHONE = {"width": 320, "height": 640}
WIDTH = "document.documentElement.scrollWidth"
FOCUS = """() => {
    const it = document.activeElement, style = getComputedStyle(it);
    return {id: it.id, tag: it.tagName, value: it.value ?? "", outline: style.outlineStyle}
}"""
# What WCAG calls contrast, of the text against what lies behind it.
CONTRAST = """() => {
    const channel = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const light = rgb => {
        const [r, g, b] = rgb.match(/[0-9.]+/g).map(Number).map(channel);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = it => {
        const ground = getComputedStyle(it).backgroundColor;
        return ground === "rgba(0, 0, 0, 0)" ? behind(it.parentElement) : ground;
    };
    const contrast = it => {
        const pair = [light(getComputedStyle(it).color), light(behind(it))];
        return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    };
    const text = document.querySelectorAll("h1, h2, p, dt, dd, li, label, a, button");
    return Math.min(...[...text].map(contrast));
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Root, as in containers, cannot use its sandbox; it sees our own page alone.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(chromium: Browser, url: str, **context: Any) -> Any:
    context.setdefault("viewport", PHONE)
    shown = chromium.new_context(**context).new_page()
    shown.goto(url)
    return shown


def tabbed_to(shown: Any, selector: str) -> None:
    """Press Tab until the element has the focus, which must be seen at every stop."""
    for _ in range(40):
        shown.keyboard.press("Tab")
        focus = shown.evaluate(FOCUS)
        assert focus["outline"] != "none", focus
        if shown.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with the keyboard")


def test_a_case_is_snoozed_on_a_phone_with_the_keyboard_alone(
    page: Page, chromium: Browser
) -> None:
    shown = opened(chromium, page.link(page.a_key("blocked")))
    assert shown.evaluate(WIDTH) <= PHONE["width"]
    last_day = page.clock().date() + timedelta(days=9)
    tabbed_to(shown, "#snoozed-until")
    shown.keyboard.type(f"{last_day:%m%d%Y}")
    tabbed_to(shown, "#snoozed-reason")
    shown.keyboard.type("the customer answers on Friday")
    with shown.expect_navigation(url="**?done=snoozed"):
        shown.keyboard.press("Enter")
    assert "snoozed" in shown.get_by_role("status").inner_text()
    with page.fleet.ledger.reading() as connection:
        (act,) = acts.standing(connection, HERE)
    assert (act.kind, act.person, act.until) == (ActKind.SNOOZED, FINANCE, last_day)
    assert act.reason == "the customer answers on Friday"


def test_a_missing_reason_is_announced_beside_its_field(page: Page, chromium: Browser) -> None:
    shown = opened(chromium, page.link(page.a_key()))
    tabbed_to(shown, "#held-reason")
    with shown.expect_navigation():
        shown.keyboard.press("Enter")
    assert shown.title().startswith("Error: ")
    assert shown.evaluate(WIDTH) <= PHONE["width"]
    for name in ("until", "reason"):
        field = shown.locator(f"#held-{name}")
        assert field.get_attribute("aria-invalid") == "true"
        told = shown.locator(f"#{field.get_attribute('aria-describedby')}")
        assert told.is_visible()
        assert told.get_attribute("role") == "alert"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_overflows_and_all_text_can_be_read(
    page: Page, chromium: Browser, scheme: str, width: int
) -> None:
    url = page.link(page.a_key("blocked"))
    page.send(url, "snoozed", until=page.in_days(3), reason="averylongword" * 30)
    preferences = page.links.preferences(FINANCE, HERE, page.clock().date())
    grounds = set()
    for each in (url, preferences, f"{url[:-4]}"):
        viewport = {"width": width, "height": 700}
        shown = opened(chromium, each, viewport=viewport, color_scheme=scheme)
        assert shown.evaluate(WIDTH) <= width
        assert shown.evaluate(CONTRAST) >= 4.5
        grounds.add(shown.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == {"rgb(18, 22, 28)" if scheme == "dark" else "rgb(246, 247, 249)"}


def test_our_style_is_used_and_nothing_is_refused_by_our_own_policy(
    page: Page, chromium: Browser
) -> None:
    shown = chromium.new_context().new_page()
    complaints: list[str] = []
    shown.on("console", lambda message: complaints.append(message.text))
    shown.goto(page.link(page.a_key()))
    assert [c for c in complaints if "favicon" not in c] == []


def test_no_other_site_can_frame_the_page(page: Page, chromium: Browser) -> None:
    shown = chromium.new_context().new_page()
    shown.set_content(f'<iframe src="{page.link(page.a_key())}"></iframe>')
    shown.wait_for_timeout(1000)
    (frame,) = [frame for frame in shown.frames if frame is not shown.main_frame]
    assert "What you can do" not in frame.content()


def test_a_form_on_another_site_does_nothing(page: Page, chromium: Browser) -> None:
    url = page.link(page.a_key())
    shown = chromium.new_context().new_page()
    shown.set_content(
        f'<form method="post" action="{url}"><input name="form" value="{page.form(url)}">'
        '<button name="act" value="acknowledged">Win</button></form>'
    )
    with shown.expect_navigation():
        shown.get_by_role("button").click()
    assert "This form is not from your page" in shown.content()
    with page.fleet.ledger.reading() as connection:
        assert acts.standing(connection, HERE) == ()
