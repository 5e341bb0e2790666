"""Every mail in a real browser: it fits a phone, can be read in the dark, leaves nothing out."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.fakes.sections import BLOCKED, DIGEST, MAILS, pages, rendered
from tests.pictures import case_page
from tests.pictures.browser import PHONE, WIDE, chromium, picture, showing
from workers.mail.colours import contrast

AMOUNT = re.compile(r"\b(EUR|USD) ([\d,]+(?:\.\d\d)?)")
# Each text that is seen, with its colour and the first opaque one behind it.
TEXTS = """() => {
    const hex = colour => '#' + colour.match(/[\\d.]+/g).slice(0, 3)
        .map(part => Math.round(part).toString(16).padStart(2, '0')).join('');
    const clear = colour => colour === 'transparent' || /^rgba.*, 0\\)$/.test(colour);
    const behind = element => {
        for (let e = element; e; e = e.parentElement) {
            const colour = getComputedStyle(e).backgroundColor;
            if (!clear(colour)) return hex(colour);
        }
        return '#ffffff';
    };
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || !element.getClientRects().length) continue;
        found.push([walker.currentNode.textContent.trim(), hex(getComputedStyle(element).color),
            behind(element)]);
    }
    return found;
}"""
WIDER = """() => [...document.querySelectorAll('body *')]
    .filter(e => e.getClientRects().length && e.getBoundingClientRect().right > innerWidth + 0.5)
    .map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def unreadable(page: Page) -> list[Any]:
    texts = page.evaluate(TEXTS)
    assert len(texts) > 5
    return [text for text in texts if contrast(text[1], text[2]) < 4.5]


def rows(page: Page) -> list[Any]:
    return page.query_selector_all("tr.row-warning, tr.row-critical")


def seen(element: Any, selector: str) -> str:
    found = element.query_selector(selector)
    return found.inner_text().strip() if found and found.is_visible() else ""


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", MAILS)
def test_a_mail_fits_a_phone(browser: Browser, name: str, language: str) -> None:
    html = rendered([{**MAILS[name], "language": language}], pages).html
    with showing(browser, html, PHONE) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
        assert page.evaluate(WIDER) == []


def test_a_long_address_of_the_runbook_fits_a_phone_and_can_be_read(browser: Browser) -> None:
    address = f"https://wiki.example/{'operations' * 12}/runbook"
    html = rendered([MAILS["ops"]], runbook_url=address).html
    for scheme in ("light", "dark"):
        with showing(browser, html, PHONE, scheme) as page:
            assert page.evaluate(WIDER) == []
            assert unreadable(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", ["#12506b", "#ffd100"])
@pytest.mark.parametrize("name", MAILS)
def test_every_word_can_be_read(browser: Browser, name: str, colour: str, scheme: Any) -> None:
    section = {**MAILS[name], "brand": {"name": "Acme", "colour": colour, "logo": ""}}
    for width in (WIDE, PHONE):
        with showing(browser, rendered([section], pages).html, width, scheme) as page:
            assert unreadable(page) == []


def test_in_the_dark_the_mail_is_dark(browser: Browser) -> None:
    with showing(browser, rendered([DIGEST]).html, WIDE, "dark") as page:
        backgrounds = {behind for _, _, behind in page.evaluate(TEXTS)}
    assert "#ffffff" not in backgrounds


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_each_blocked_row_shows_reason_owner_next_step_and_link(
    browser: Browser, width: int
) -> None:
    with showing(browser, rendered([DIGEST], pages).html, width) as page:
        found = rows(page)
        assert len(found) == len(BLOCKED)
        for row in found:
            for part in (".reason", ".owner", ".step", "a[href*='/sale.order/']", ".next .small a"):
                assert seen(row, part), f"{part} is missing in {row.inner_text()}"


def test_a_row_without_a_reason_would_be_noticed(browser: Browser) -> None:
    broken = {**DIGEST, "findings": [{**BLOCKED[0], "reason": ""}]}
    with showing(browser, rendered([broken]).html, PHONE) as page:
        assert [seen(row, ".reason") for row in rows(page)] == [""]


@pytest.mark.parametrize("name", ["readiness", "weekly"])
def test_no_amount_is_a_sum_over_currencies(browser: Browser, name: str) -> None:
    """Every amount shown is one of the section, or a sum of amounts of its own currency."""
    section = MAILS[name]
    with showing(browser, rendered([section]).html, WIDE) as page:
        shown = {(code, amount.replace(",", "")) for code, amount in AMOUNT.findall(text_of(page))}
    sums = {code: set(subtotals(section, code)) for code in ("EUR", "USD")}
    assert shown
    for code, amount in shown:
        assert any(abs(float(amount) - abs(known)) < 1 for known in sums[code]), (code, amount)


def text_of(page: Page) -> str:
    return page.inner_text("body").replace("\xa0", " ")


def subtotals(section: dict[str, Any], code: str) -> Iterator[float]:
    items = [*section["findings"], *section["set_aside"]]
    items += [item for kind in section["news"].values() if isinstance(kind, list) for item in kind]
    items = [item for item in items if item["currency"] == code and item["amount"]]
    yield from (float(item["amount"]) for item in items)
    yield from (float(item["cost_per_day"]) for item in items if item.get("cost_per_day"))
    for group in {item["group"] for item in items}:
        own = [i for i in section["findings"] if i["group"] == group and i["currency"] == code]
        awake = [i for i in own if not i.get("snoozed_until")]
        yield sum(float(item["amount"] or 0) for item in awake)
    for total in section["totals"]:
        parts = [part for v in total.values() if isinstance(v, Mapping) for part in v.values()]
        held = [each["amount"] for each in total.get("held_up_by", ())]
        told = [*total.values(), *parts, *held]
        numbers = [v for v in told if isinstance(v, str) and v[:1].isdigit()]
        yield from (float(number) for number in numbers if total["currency"] == code)


def test_a_picture_is_small(browser: Browser) -> None:
    with showing(browser, rendered([DIGEST], pages).html, WIDE) as page:
        assert len(picture(page)) < 200_000


def test_the_page_of_a_case_can_be_pictured_on_every_screen(browser: Browser) -> None:
    taken = dict(case_page.pictures(browser))
    assert set(taken) == {"page", "page-phone", "page-dark", "page-german", "page-german-phone"}
    assert all(len(one) < 200_000 for one in taken.values())
