"""Posts under the real server: each is answered by its status, logged once and counted."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from tests.fakes.clock import Clock
from tests.fakes.fleets import Switchable, fleet_on
from tests.fakes.hooks import ENVIRON, OTHER, PATH_SECRET, SOURCES, hint, signed, told
from workers.demo.processes import free_port
from workers.intake.webhooks import BODY_LIMIT
from workers.ledger import counters, lookup
from workers.ledger.lookup import WantedEvents

from .conftest import SECRET, Page, serving

ODOO = f"/in/firm/odoo/{PATH_SECRET}"


@contextmanager
def served(
    folder: Path, clock: Clock, odoo: Switchable, file: str = SOURCES, requests: int = 100_000
) -> Iterator[Page]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    own = {"FLEET_WEB_URL": url, "FLEET_LINK_SECRET": SECRET}
    limit = {"FLEET_WEB_REQUESTS_PER_MINUTE": str(requests)}
    fleet = fleet_on(folder, clock, odoo, file=file, environ={**ENVIRON, **own, **limit})
    with serving(fleet, port), httpx.Client(base_url=url, timeout=30) as http:
        yield Page(fleet, clock, http)
    fleet.ledger.close()


@pytest.fixture
def page(tmp_path: Path, clock: Clock, odoo: Switchable) -> Iterator[Page]:
    with served(tmp_path, clock, odoo) as found:
        yield found


def post(page: Page, body: bytes | None = None, path: str = "/in/firm/n8n") -> httpx.Response:
    body = told() if body is None else body
    return page.http.post(path, content=body, headers=signed(body, page.clock()))


def kept(page: Page) -> int:
    with page.fleet.ledger.reading() as connection:
        return len(lookup.find_events(connection, WantedEvents()))


def counted(page: Page) -> Counter[tuple[str, str, str]]:
    with page.fleet.ledger.reading() as connection:
        found = counters.all(connection)
    return Counter(
        {
            (c.labels["tenant"], c.labels["source"], c.labels["reason"]): int(c.value)
            for c in found
            if c.name == "fleet_events_refused"
        }
    )


def test_a_signed_post_is_accepted_once_and_its_retry_is_well(page: Page, clock: Clock) -> None:
    assert post(page).status_code == 202
    clock.forward(seconds=30)
    assert post(page).status_code == 200
    assert kept(page) == 1


def test_odoos_own_is_accepted_behind_its_secret(page: Page) -> None:
    assert page.http.post(ODOO, json=hint()).status_code == 202
    assert kept(page) == 1


def test_what_is_refused_is_logged_once_counted_and_not_kept(page: Page, clock: Clock) -> None:
    body = told()
    old = signed(body, clock().replace(year=2025))
    asked = [
        ("/in/firm/n8n", body, {}, 401, "unsigned"),
        ("/in/firm/n8n", body, signed(body, clock(), secret=OTHER), 401, "unsigned"),
        ("/in/firm/n8n", body, old, 401, "too_old"),
        ("/in/firm/n8n", b"{", signed(b"{", clock()), 400, "not_json"),
        ("/in/firm/n8n", b"{}", signed(b"{}", clock()), 422, "no_event"),
        (ODOO, b"x" * (BODY_LIMIT + 1), {}, 413, "too_large"),
        ("/in/firm/odoo", json.dumps(hint()).encode(), {}, 404, "nowhere"),
        (f"/in/firm/odoo/{'g' * 40}", json.dumps(hint()).encode(), {}, 404, "nowhere"),
        (f"/in/other/odoo/{PATH_SECRET}", json.dumps(hint()).encode(), {}, 404, "nowhere"),
        ("/in/firm/other", body, signed(body, clock()), 404, "nowhere"),
    ]
    for path, sent, headers, status, reason in asked:
        with capture_logs() as lines:
            answer = page.http.post(path, content=sent, headers=headers)
        assert (answer.status_code, answer.text) == (status, f"{reason}\n")
        assert [(line["event"], line["reason"]) for line in lines] == [("event.refused", reason)]
        assert PATH_SECRET not in str(lines)
    assert kept(page) == 0
    assert counted(page) == {
        ("firm", "n8n", "unsigned"): 2,
        ("firm", "n8n", "too_old"): 1,
        ("firm", "n8n", "not_json"): 1,
        ("firm", "n8n", "no_event"): 1,
        ("firm", "odoo", "too_large"): 1,
        ("", "", "nowhere"): 4,
    }


def test_a_replayed_post_is_refused(page: Page) -> None:
    assert post(page).status_code == 202
    answer = post(page)
    assert (answer.status_code, answer.text) == (409, "replayed\n")
    assert counted(page) == {("firm", "n8n", "replayed"): 1}


def test_a_body_that_tells_no_length_is_refused_once_it_is_too_long(page: Page) -> None:
    parts = (b"x" * 65_536 for _ in range(100))
    answer = page.http.post(ODOO, content=parts)
    assert (answer.status_code, answer.text) == (413, "too_large\n")
    assert counted(page) == {("firm", "odoo", "too_large"): 1}


def test_nothing_but_a_post_is_answered_there(page: Page) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert page.http.request(method, ODOO).status_code == 405
    assert kept(page) == 0


def test_more_than_a_source_may_send_is_told_to_wait(
    tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    with served(tmp_path, clock, odoo, f"{SOURCES}odoo.posts_per_minute = 2\n") as page:
        answers = [page.http.post(ODOO, json=hint()) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [202, 202, 429]
        assert answers[-1].headers["retry-after"] == "60"
        assert post(page).status_code == 202


def test_who_is_refused_too_often_is_not_listened_to_and_fills_no_log(
    tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    with served(tmp_path, clock, odoo, requests=5) as page, capture_logs() as lines:
        statuses = [page.http.post("/in/firm/other").status_code for _ in range(20)]
        assert statuses == [404] * 5 + [429] * 15
    assert len([line for line in lines if line["event"] == "event.refused"]) == 5


def test_a_burst_of_good_posts_is_no_reason_to_refuse_any(
    tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    with served(tmp_path, clock, odoo, requests=5) as page:
        assert {page.http.post(ODOO, json=hint()).status_code for _ in range(50)} == {202}
        assert kept(page) == 50


def test_while_the_ledger_is_away_senders_are_told_to_send_again(page: Page) -> None:
    page.fleet.ledger.close()
    path = page.fleet.ledger.address.url.database
    assert path is not None
    Path(path).write_bytes(b"not a database")
    answer = page.http.post(ODOO, json=hint())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


def test_what_others_post_uses_up_nothing_of_what_a_source_may_send(
    tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    with served(tmp_path, clock, odoo, f"{SOURCES}n8n.posts_per_minute = 1\n") as page:
        forged = signed(told(), page.clock(), "msg_0", OTHER)
        for _ in range(3):
            answer = page.http.post("/in/firm/n8n", content=told(), headers=forged)
            assert answer.status_code == 401
        assert post(page).status_code == 202
        assert post(page).status_code == 429
