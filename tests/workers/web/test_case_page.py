"""The page of a case: shows everything, changes nothing by looking, and acts once per form."""

import re
import sqlite3
from dataclasses import replace
from datetime import timedelta
from html import escape, unescape
from html.parser import HTMLParser

import httpx
import pytest

from tasks import catalogue
from tasks.declaration import Shape
from tasks.domain.acts import ActKind
from workers.language.language import language
from workers.ledger import acts, audit, cases, outbox
from workers.ledger.places import Place
from workers.ledger.schema import metadata
from workers.ledger.statuses import MessageStatus
from workers.mail import writing

from .conftest import APPROVALS, FINANCE, HERE, REMINDERS, Page

SCANNERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 SafeLinks",
    "Mozilla/5.0 (compatible; proofpoint URL Defense)",
    "BarracudaCentral/1.0",
    "Slackbot-LinkExpanding 1.0",
)
WIP = Place("wip_aging", "firm", 1)
LEASE = timedelta(minutes=5)
STRANGER = "stranger@elsewhere.example"


class Parsed(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def content(page: Page) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    file = page.fleet.ledger.address.file
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        return {
            table: sorted(database.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
            for table in metadata.tables
        }


def standing(page: Page) -> list[tuple[ActKind, str]]:
    with page.fleet.ledger.reading() as connection:
        return [(act.kind, act.person) for act in acts.standing(connection, HERE)]


def test_a_link_shows_the_case_and_what_can_be_done(page: Page) -> None:
    key = page.a_key("blocked")
    with page.fleet.ledger.reading() as connection:
        case = cases.newest(connection, HERE, key)
    assert case is not None
    answer = page.http.get(page.link(key))
    assert answer.status_code == 200
    finding = case.finding
    for told in (finding.title, finding.reason, finding.owner, finding.remedy):
        assert language("en").say(told) in answer.text
    buttons = [button["value"] for button in Parsed(answer.text).of("button")]
    assert buttons == ["held", "acknowledged", "snoozed"]
    assert case.finding.url in answer.text


def test_what_helps_comes_before_all_else_on_the_page(page: Page) -> None:
    key = page.a_key("blocked")
    text = page.http.get(page.link(key)).text
    with page.fleet.ledger.reading() as connection:
        case = cases.newest(connection, HERE, key)
    assert case is not None
    said = language("en").say
    step = f"<strong>{said(case.finding.owner)}</strong>: {said(case.finding.remedy)}"
    button = f'<a class="button" href="{case.finding.url}" rel="noreferrer">Open in Odoo</a>'
    assert text.index(step) < text.index(button) < text.index("<dl>") < text.index("<form")
    assert text.count("Next step") == 1


@pytest.mark.parametrize(
    ("job", "first", "act"),
    [(REMINDERS, "Open the timesheet", "acknowledged"), (APPROVALS, "Open in Odoo", "handed_over")],
)
def test_whoever_was_asked_by_themselves_reads_what_of(
    page: Page, job: str, first: str, act: str
) -> None:
    page.run(job)
    with page.fleet.ledger.reading() as connection:
        found = outbox.find(connection, 100, MessageStatus.QUEUED, job=job)
    others = [m for m in found if m.stored["others"] or m.stored["findings"][0]["page"]]
    message, *_ = sorted(others, key=lambda m: not m.stored["others"])
    (asked, *_) = message.stored["findings"]
    url = page.links.case(message.recipient, message.place, asked["key"], page.clock().date())
    before = page.http.get(url).text
    with page.fleet.ledger.transaction() as connection:
        for each in outbox.claim(connection, page.clock() + timedelta(days=3), LEASE, 99, 9):
            outbox.sent(connection, each, page.clock())
    after = page.http.get(url).text
    assert f"<p>{asked['advice']}</p>" in after
    assert f"<p>{asked['advice']}</p>" not in before
    assert f'href="{escape(asked["page"])}" rel="noreferrer">{first}</a>' in after
    assert Parsed(after).of("button")[0]["value"] == act
    assert page.send(url, act).status_code == 303
    # Who handed it over is asked no more.
    is_asked = f"<p>{asked['advice']}</p>" in page.http.get(url).text
    assert is_asked == (act != "handed_over")


LINKS = re.compile(r'<a href="([^"]+/c/[^"]+)"[^>]*>([^<]+)</a>')


@pytest.mark.parametrize("job", catalogue.jobs())
def test_one_link_of_each_row_leads_to_its_page(page: Page, job: str) -> None:
    page.run(job)
    with page.fleet.ledger.reading() as connection:
        queued = outbox.find(connection, 50, MessageStatus.QUEUED, job=job)
    urls: list[str] = []
    for message in queued:
        mail = writing.rendered(page.fleet, [message])
        linked = [(unescape(url), words) for url, words in LINKS.findall(mail.html)]
        assert {words for _, words in linked} <= {"what you can do"}
        for url, _ in linked:
            assert [other for other, _ in linked].count(url) == 1
            assert mail.text.count(f"what you can do: {url}") == mail.text.count(url) == 1
        urls += [url for url, _ in linked]
    for url in urls[:20]:
        assert Parsed(page.http.get(url).text).of("button")
    assert bool(urls) == (catalogue.jobs()[job].shape is not Shape.REMINDER)


def test_every_field_has_a_label_and_nothing_runs_in_the_page(page: Page) -> None:
    parsed = Parsed(page.http.get(page.link(page.a_key())).text)
    labels = {label["for"] for label in parsed.of("label")}
    fields = [field for field in parsed.of("input") if field["type"] != "hidden"]
    assert {field["id"] for field in fields} == labels != set()
    assert parsed.of("script") == parsed.of("style") == []
    attributes = {name for _, found in parsed.tags for name in found}
    assert not {name for name in attributes if name.startswith("on") or name == "style"}


def test_the_line_of_the_readers_last_digest_is_shown_with_its_checks(page: Page) -> None:
    with page.fleet.ledger.transaction() as connection:
        (message, *_) = outbox.claim(
            connection, page.clock(), page.fleet.clock() - page.clock(), 9, 9
        )
        outbox.sent(connection, message, page.clock())
    text = page.http.get(page.link(page.a_key("blocked"))).text
    assert "<h2>Checks</h2>" in text
    assert "Approved time" in text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_hundred_looks_of_scanners_at_every_link_change_nothing(page: Page, method: str) -> None:
    day = page.clock().date()
    urls = [page.link(key) for key in page.open_keys()[:3]]
    urls.append(page.links.preferences(FINANCE, HERE, day))
    before = content(page)
    for url in urls:
        for number in range(100):
            agent = {"User-Agent": SCANNERS[number % len(SCANNERS)]}
            answer = page.http.request(
                method, url + ("?done=held" if number % 2 else ""), headers=agent
            )
            assert answer.status_code == 200
    assert content(page) == before


def test_acknowledging_is_recorded_with_who_and_when_and_shown(page: Page) -> None:
    url = page.link(page.a_key())
    answer = page.send(url, "acknowledged")
    assert (answer.status_code, answer.headers["location"]) == (303, "?done=acknowledged")
    assert standing(page) == [(ActKind.ACKNOWLEDGED, FINANCE)]
    with page.fleet.ledger.reading() as connection:
        (entry,) = audit.entries(connection, 10, event="case.acknowledged")
    assert (entry.at, entry.detail["person"]) == (page.clock(), FINANCE)
    text = page.http.get(f"{url}?done=acknowledged").text
    assert 'role="status"' in text
    assert f"acknowledged by {FINANCE}, 23 Nov 2026" in text


def test_a_hold_is_seen_by_the_next_run_lifted_and_seen_again(page: Page) -> None:
    key = page.a_key()
    url = page.link(key)
    assert page.send(url, "held", until=page.in_days(5), reason="dispute").status_code == 303
    page.run()
    assert key not in page.open_keys()
    text = page.http.get(url).text
    assert "This case is closed" in text
    assert [button["value"] for button in Parsed(text).of("button")] == ["lifted"]
    assert page.send(url, "lifted").status_code == 303
    page.run()
    assert key in page.open_keys()


def test_a_hold_is_put_on_the_order_of_a_line_and_seen_by_every_job(page: Page) -> None:
    page.run("wip_aging")
    keys = page.open_keys("wip_aging")
    with page.fleet.ledger.reading() as connection:
        known = {c.finding.key: c.finding for c in cases.open_cases(connection, WIP)}
    here = {key.rpartition("-")[2]: key for key in page.open_keys()}
    key = next(key for key in keys if str(known[key].held_as[1]) in here)
    in_readiness = here[str(known[key].held_as[1])]
    url = page.links.case(FINANCE, WIP, key, page.clock().date())
    assert page.send(url, "held", until=page.in_days(5), reason="dispute").status_code == 303
    page.run("wip_aging")
    page.run()
    assert key not in page.open_keys("wip_aging")
    assert in_readiness not in page.open_keys()
    digest = page.newest_mail()
    (lifting,) = re.findall(r"^    lift the hold: (\S+)$", digest.text, re.MULTILINE)
    assert f'href="{lifting}"' in digest.html
    assert page.send(lifting, "lifted").status_code == 303
    page.run()
    page.run("wip_aging")
    assert key in page.open_keys("wip_aging")
    assert in_readiness in page.open_keys()


def test_a_hold_ends_by_itself(page: Page) -> None:
    key = page.a_key()
    page.send(page.link(key), "held", until=page.in_days(1), reason="dispute")
    page.run()
    assert key not in page.open_keys()
    page.clock.forward(days=2)
    page.run()
    assert key in page.open_keys()


def test_a_snooze_is_over_after_its_last_day_and_the_case_speaks_once(page: Page) -> None:
    key = page.a_key()
    page.send(page.link(key), "snoozed", until=page.in_days(1), reason="Friday")
    page.clock.forward(days=1)
    page.run()
    page.clock.forward(days=1)
    page.run()
    page.run()
    with page.fleet.ledger.reading() as connection:
        told = audit.entries(connection, 50, event="case.reminded")
    assert [entry.detail["step"] for entry in told if entry.detail["key"] == key] == [
        "snooze-ended"
    ]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"until": "2026-12-01", "reason": " "}, "Give a reason"),
        ({"until": "2026-11-22", "reason": "because"}, "This day is past"),
        ({"until": "1 Dec", "reason": "because"}, "Write the day like"),
        ({"until": "", "reason": "because"}, "Give the last day"),
        ({"until": "2026-12-01", "reason": "x" * 501}, "no more than 500"),
        ({"until": "9999-12-31", "reason": "because"}, "within a year"),
    ],
)
def test_a_wrong_field_is_told_beside_it_and_the_form_is_kept(
    page: Page, fields: dict[str, str], wrong: str
) -> None:
    answer = page.send(page.link(page.a_key()), "snoozed", **fields)
    assert answer.status_code == 422
    assert standing(page) == []
    (field,) = [f for f in Parsed(answer.text).of("input") if "aria-invalid" in f]
    told = {p["id"] for p in Parsed(answer.text).of("p") if p.get("role") == "alert"}
    assert field["aria-describedby"] in told
    assert wrong in answer.text
    values = {f["id"]: f["value"] for f in Parsed(answer.text).of("input") if "id" in f}
    assert values["snoozed-until"] == fields["until"]
    assert values["snoozed-reason"] == fields["reason"].strip()
    assert values["held-reason"] == ""


def test_a_day_is_past_by_the_calendar_of_the_company(page: Page) -> None:
    page.clock.now = page.clock.now.replace(hour=23, minute=30)
    answer = page.send(page.link(page.a_key()), "snoozed", until="2026-11-23", reason="because")
    assert "today is 24 Nov 2026" in answer.text


def test_a_form_is_used_once_and_so_are_its_siblings(page: Page) -> None:
    url = page.link(page.a_key())
    form = page.form(url)
    assert page.send(url, "acknowledged", form).status_code == 303
    before = content(page)
    for act in ("acknowledged", "snoozed", "held"):
        again = page.send(url, act, form, until=page.in_days(3), reason="because")
        assert (again.status_code, "This was sent before" in again.text) == (409, True)
    assert content(page) == before


def test_forged_links_are_refused_with_a_page(page: Page) -> None:
    good = page.link(page.a_key())
    for url in (good[:-4], good.replace("/c/", "/p/"), page.http.base_url.join("/c/nonsense")):
        answer = page.http.get(url)
        assert answer.status_code == 403
        assert "<h1>This link does not open</h1>" in answer.text


def test_an_expired_link_is_refused_with_a_page(page: Page) -> None:
    url = page.link(page.a_key())
    form = page.form(url)
    page.clock.forward(days=31)
    assert page.http.get(url).status_code == 410
    assert page.send(url, "acknowledged", form).status_code == 410
    assert standing(page) == []


def test_a_form_that_lay_open_too_long_is_refused(page: Page) -> None:
    url = page.link(page.a_key())
    form = page.form(url)
    page.clock.forward(hours=9)
    answer = page.send(url, "acknowledged", form)
    assert (answer.status_code, "open for too long" in answer.text) == (410, True)
    assert standing(page) == []


@pytest.mark.parametrize("form", ["", "nonsense", "WyJhIiwxXQ.x"])
def test_a_forged_form_is_refused(page: Page, form: str) -> None:
    assert page.send(page.link(page.a_key()), "acknowledged", form).status_code == 403
    assert standing(page) == []


def test_the_form_of_another_case_or_person_is_refused(page: Page) -> None:
    first, second = page.open_keys()[:2]
    form = page.form(page.link(first))
    assert page.send(page.link(second), "acknowledged", form).status_code == 403
    assert page.send(page.link(first, STRANGER), "acknowledged", form).status_code == 403
    assert standing(page) == []


def test_who_was_never_written_to_sees_and_does_nothing(page: Page) -> None:
    url = page.link(page.a_key(), STRANGER)
    with page.fleet.ledger.reading() as connection:
        case = cases.newest(connection, HERE, page.a_key())
    assert case is not None
    answer = page.http.get(url)
    assert answer.status_code == 403
    assert "another person" in answer.text
    assert case.finding.title not in answer.text
    form = page_form_signed_for(page, url)
    assert page.send(url, "acknowledged", form).status_code == 403
    assert standing(page) == []


def page_form_signed_for(page: Page, url: str) -> str:
    from workers.web.forms import Forms

    return Forms(page.links.secrets, page.clock).sign(url.rpartition("/")[2])


def test_who_was_written_to_may_act_without_the_role(page: Page) -> None:
    key = page.a_key()
    with page.fleet.ledger.transaction() as connection:
        (known, *_) = outbox.find(connection, 1)
        fields = {
            name: getattr(known, name)
            for name in outbox.NewMessage.__dataclass_fields__
            if hasattr(known, name)
        }
        told = outbox.NewMessage(**{**fields, "recipient": STRANGER, "finding_keys": (key,)})
        assert outbox.enqueue(connection, replace(told, message_id="<x@y>"), page.clock())
    assert page.send(page.link(key, STRANGER), "acknowledged").status_code == 303
    other = next(k for k in page.open_keys() if k != key)
    assert page.http.get(page.link(other, STRANGER)).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_sent_from_another_site_is_refused(page: Page, headers: dict[str, str]) -> None:
    url = page.link(page.a_key())
    sent = {"form": page.form(url), "act": "acknowledged"}
    answer = page.http.post(url, data=sent, headers=headers)
    assert (answer.status_code, standing(page)) == (403, [])


def test_our_own_site_is_known_by_its_origin_where_nothing_else_tells(page: Page) -> None:
    url = page.link(page.a_key())
    sent = {"form": page.form(url), "act": "acknowledged"}
    ours = {"Origin": page.links.web_url}
    assert page.http.post(url, data=sent, headers=ours).status_code == 303


def test_every_answer_forbids_frames_caches_and_referrers(page: Page) -> None:
    url = page.link(page.a_key())
    answers = [
        page.http.get(url),
        page.http.get(url[:-4]),
        page.http.get("/nowhere"),
        page.http.post(url, data={}),
        page.http.put(url),
        page.http.get("/health/live"),
        page.send(url, "acknowledged"),
    ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers


def test_what_no_form_of_ours_holds_is_too_much(page: Page) -> None:
    url = page.link(page.a_key())
    assert page.http.post(url, content=b"x" * 17_000).status_code == 413

    def chunks() -> "list[bytes]":
        return [b"x" * 1000] * 20

    answer = page.http.post(url, content=iter(chunks()))
    assert answer.status_code == 413
    assert page.http.post(url, content="&".join(f"a{n}=1" for n in range(30))).status_code == 403


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\x7f", "\x85"], ids=repr)
def test_signs_that_no_keyboard_writes_are_refused(page: Page, sign: str) -> None:
    answer = page.send(
        page.link(page.a_key()), "snoozed", until=page.in_days(3), reason=f"a{sign}b"
    )
    assert (answer.status_code, standing(page)) == (403, [])


def test_a_reason_may_have_lines(page: Page) -> None:
    answer = page.send(page.link(page.a_key()), "snoozed", until=page.in_days(3), reason="a\r\n\tb")
    assert answer.status_code == 303


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_slash_leads_to_a_forged_host(page: Page, method: str) -> None:
    for path in ("/page.css/", "/health/live/", f"{page.link(page.a_key())}/"):
        answer = page.http.request(method, path, headers={"Host": "evil.example"})
        assert answer.status_code in (404, 405)
        assert "location" not in answer.headers
        assert "evil.example" not in answer.text


def test_names_from_odoo_and_reasons_are_escaped(page: Page) -> None:
    evil = "<script>alert(1)</script>"
    url = page.link(page.a_key())
    page.send(url, "snoozed", until=page.in_days(1), reason=evil)
    text = page.http.get(url).text
    assert evil not in text
    assert "&lt;script&gt;" in text


def test_a_case_that_was_never_there_says_so(page: Page) -> None:
    answer = page.http.get(page.link("ready-order-999999"))
    assert (answer.status_code, "There is no such case" in answer.text) == (404, True)


def test_only_the_readiness_of_invoices_can_be_held(page: Page) -> None:
    page.run(REMINDERS)
    with page.fleet.ledger.reading() as connection:
        (message, *_) = [m for m in outbox.find(connection, 50) if m.job == REMINDERS]
    url = page.links.case(
        message.recipient, message.place, message.finding_keys[0], page.clock().date()
    )
    buttons = [button["value"] for button in Parsed(page.http.get(url).text).of("button")]
    assert buttons == ["acknowledged", "snoozed"]
    answer = page.send(url, "held", until=page.in_days(3), reason="because")
    assert answer.status_code == 403


def test_an_approver_hands_over_and_takes_it_back(page: Page) -> None:
    page.run(APPROVALS)
    with page.fleet.ledger.reading() as connection:
        found = [m for m in outbox.find(connection, 50) if m.job == APPROVALS]
    (message, *_) = [m for m in found if m.step in ("first", "again")]
    key, day = message.finding_keys[0], page.clock().date()
    url = page.links.case(message.recipient, message.place, key, day)

    def owner() -> str:
        page.run(APPROVALS)
        with page.fleet.ledger.reading() as connection:
            found = {
                c.finding.key: c for c in cases.open_cases(connection, Place(APPROVALS, "firm", 1))
            }
        return found[key].finding.owner

    before = owner()
    assert page.send(url, "handed_over").status_code == 303
    text = page.http.get(url).text
    assert f"handed over by {message.recipient}" in text
    assert "handed_over" not in [button["value"] for button in Parsed(text).of("button")]
    after = owner()
    assert after != before
    page.send(url, "lifted")
    assert owner() == before


def test_the_ledger_that_is_away_is_told_as_such(page: Page) -> None:
    file = page.fleet.ledger.address.file
    assert file is not None
    url = page.link(page.a_key())
    assert page.http.get("/health/ready").text == "ok"
    page.fleet.ledger.close()
    moved = file.rename(file.with_suffix(".away"))
    file.mkdir()
    answer: httpx.Response = page.http.get(url)
    assert answer.status_code == 503
    assert str(file) not in answer.text
    assert page.http.get("/health/ready").status_code == 503
    assert page.http.get("/health/live").status_code == 200
    page.fleet.ledger.close()
    file.rmdir()
    moved.rename(file)
    assert page.http.get(url).status_code == 200
