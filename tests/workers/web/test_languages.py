"""The page speaks the language of the mail that linked to it, else that of the browser."""

import html
import re
from datetime import date, timedelta

import httpx
import pytest

from workers.ledger import outbox
from workers.ledger.places import Place
from workers.web import cases
from workers.web.forms import Forms

from .conftest import FINANCE, HERE, READINESS, Page

GERMAN = {"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"}
# Words that no German sentence of ours has, and no name in the sandbox.
ENGLISH = re.compile(r"\b(the|and|of|this|your|is|were|days|since|blocked|missing)\b", re.I)
TAGS = re.compile(r"<[^>]+>")


def link(page: Page, key: str, language: str = "de", day: date | None = None) -> str:
    return page.links.case(FINANCE, HERE, key, day or page.clock().date(), language)


def said(answer: httpx.Response) -> str:
    return html.unescape(TAGS.sub(" ", answer.text)).replace("\xa0", " ")


def assert_german(answer: httpx.Response) -> None:
    assert '<html lang="de">' in answer.text
    assert answer.headers["content-language"] == "de"
    assert ENGLISH.findall(said(answer)) == []


def delivered(page: Page) -> None:
    with page.fleet.ledger.transaction() as connection:
        (message, *_) = outbox.claim(connection, page.clock(), timedelta(0), 9, 9)
        outbox.sent(connection, message, page.clock())


def test_a_case_is_told_in_the_language_of_its_mail(page: Page) -> None:
    delivered(page)
    url = link(page, page.a_key("blocked"))
    page.send(url, "snoozed", until=page.in_days(3), reason="Kunde im Urlaub")
    answer = page.http.get(f"{url}?done=snoozed", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert_german(answer)
    for german in ("Was gilt", "Prüfungen", "Aus Ihrer letzten Übersicht", "Abrechnung sperren"):
        assert german in answer.text
    assert "zurückgestellt von finance@nordwind.example, 23. Nov. 2026" in answer.text
    assert "bis 26. Nov. 2026: Kunde im Urlaub" in answer.text
    assert re.search(r"\d\.\d{3},\d\d EUR", said(answer))


def test_a_wrong_field_is_told_in_the_readers_language(page: Page) -> None:
    url = link(page, page.a_key())
    fields = {"until": "2026-11-22", "reason": ""}
    form = page.form(url)
    answer = page.send(url, "snoozed", form, **fields)
    assert answer.status_code == 422
    assert_german(answer)
    assert "Dieser Tag ist vorbei; heute ist der 23. Nov. 2026." in answer.text
    assert "<title>Fehler: " in answer.text


def test_whether_mails_are_wanted_is_asked_in_the_readers_language(page: Page) -> None:
    url = page.links.preferences(FINANCE, HERE, page.clock().date(), "de")
    answer = page.http.get(url)
    assert_german(answer)
    assert "Mails: Abrechnungsreife" in answer.text


@pytest.mark.parametrize(
    ("wanted", "tag"),
    [("de", "de"), ("de-AT;q=0.8, fr", "de-AT"), ("fr", "en"), ("", "en"), ("en-US", "en-US")],
)
def test_a_link_that_never_knew_a_language_asks_the_browser(
    page: Page, wanted: str, tag: str
) -> None:
    url = page.link(page.a_key())
    answer = page.http.get(url, headers={"Accept-Language": wanted})
    assert f'<html lang="{tag}">' in answer.text


def test_an_unknown_language_is_english(page: Page) -> None:
    answer = page.http.get(link(page, page.a_key(), "xx_YY"), headers=GERMAN)
    assert '<html lang="en">' in answer.text


def test_numbers_and_days_are_those_of_the_readers_country(page: Page) -> None:
    text = said(page.http.get(link(page, page.a_key(), "de_CH")))
    assert re.search(r"EUR \d+'\d{3}\.\d\d", text)


def test_a_forged_link_is_refused_in_the_browsers_language(page: Page) -> None:
    answer = page.http.get(link(page, page.a_key())[:-4], headers=GERMAN)
    assert answer.status_code == 403
    assert '<html lang="de-DE">' in answer.text
    assert "Dieser Link öffnet sich nicht" in answer.text
    assert ENGLISH.findall(said(answer)) == []


def test_an_expired_link_is_refused_in_the_language_of_its_mail(page: Page) -> None:
    answer = page.http.get(link(page, page.a_key(), day=date(2026, 1, 2)))
    assert answer.status_code == 410
    assert_german(answer)
    assert "vom 2. Jan. 2026 und öffnete sich bis zum 1. Feb. 2026" in said(answer)


def test_forms_are_refused_in_the_language_of_the_mail(page: Page) -> None:
    url = link(page, page.a_key())
    form = page.form(url)
    assert page.send(url, "acknowledged", form).status_code == 303
    used = page.send(url, "acknowledged", form)
    forged = page.send(url, "acknowledged", "nonsense")
    foreign = page.http.post(url, data={}, headers={"Sec-Fetch-Site": "cross-site"})
    large = page.http.post(url, content=b"x" * 17_000)
    odd = page.send(url, "opted_out")
    page.clock.forward(hours=9)
    late = page.send(url, "acknowledged", form=signed_long_ago(page, url))
    answers = (used, forged, foreign, large, odd, late)
    assert [answer.status_code for answer in answers] == [409, 403, 403, 413, 403, 410]
    for answer in answers:
        assert_german(answer)


def signed_long_ago(page: Page, url: str) -> str:
    def then() -> object:
        return page.clock() - timedelta(hours=9)

    return Forms(page.links.secrets, then).sign(url.rpartition("/")[2])  # type: ignore[arg-type]


def test_what_is_not_there_or_not_yours_is_told_in_the_language_of_the_mail(page: Page) -> None:
    on, stranger = page.clock().date(), "stranger@elsewhere.example"
    urls = (
        link(page, "ready-order-999999"),
        page.links.case(stranger, HERE, page.a_key(), on, "de"),
        page.links.case(FINANCE, Place(READINESS, "firm", 99), "ready-order-1", on, "de"),
        page.links.preferences(stranger, HERE, on, "de"),
    )
    answers = [page.http.get(url) for url in urls]
    assert [answer.status_code for answer in answers] == [404, 403, 404, 403]
    for answer in answers:
        assert_german(answer)


def test_an_address_of_nothing_is_told_in_the_browsers_language(page: Page) -> None:
    for answer in (
        page.http.get("/nowhere", headers=GERMAN),
        page.http.put("/c/x", headers=GERMAN),
    ):
        assert '<html lang="de-DE">' in answer.text
        assert "Keine solche Seite" in answer.text


def test_a_ledger_that_is_away_is_told_in_the_language_of_the_mail(page: Page) -> None:
    url = link(page, page.a_key())
    file = page.fleet.ledger.address.file
    assert file is not None
    page.fleet.ledger.close()
    moved = file.rename(file.with_suffix(".away"))
    file.mkdir()
    answer = page.http.get(url)
    page.fleet.ledger.close()
    file.rmdir()
    moved.rename(file)
    assert answer.status_code == 503
    assert_german(answer)


def test_a_mistake_of_ours_is_told_without_what_went_wrong(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(*_: object) -> None:
        raise RuntimeError("s3cret")

    url = link(page, page.a_key())
    monkeypatch.setattr(cases, "show", mistaken)
    answer = page.http.get(url)
    assert answer.status_code == 500
    assert_german(answer)
    assert "s3cret" not in answer.text
    assert answer.headers["x-frame-options"] == "DENY"
