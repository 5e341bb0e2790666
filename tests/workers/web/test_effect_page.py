"""The page of an effect: GET decides nothing, and only who may decides, once for each form."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tasks.domain.deciding import Answer
from tasks.domain.matrix import Request
from tasks.domain.texts import Money, Text
from tests.fakes.clock import Clock
from tests.fakes.effects import PLACE, effect_of, follow_up, note, proposed
from tests.fakes.fleets import FILE, Switchable, fleet_on
from tests.workers.web.conftest import SECRET, serving
from workers import dispatch
from workers.demo.processes import free_port
from workers.effects import executor, proposing
from workers.effects.deciding import DecisionRefused, decide
from workers.ledger import audit, decisions, effects, outbox
from workers.ledger.payloads import Asking
from workers.ledger.schema import metadata
from workers.ledger.statuses import EffectStatus
from workers.mail import writing
from workers.wiring import Fleet

pytestmark = pytest.mark.attack
PETRA, PAUL, DANA, RITA = (f"{name}@nordwind.example" for name in ("petra", "paul", "dana", "rita"))
CONFIGURED = f"""{FILE}
[tenants.firm.roles]
manager = ["{PETRA}", "{PAUL}"]
director = ["{DANA}"]

[tenants.firm.effects]
follow_up = "approve"
note = "propose"

[tenants.firm.matrices.billing]
about = ["follow_up"]
levels = [
  {{ name = "low", roles = ["manager"], hours = 8 }}, {{ name = "high", roles = ["director"] }}
]

[[tenants.firm.matrices.billing.rules]]
name = "small"
currency = "EUR"
amount_up_to = 1000
levels = ["low"]
own_authority = ["director"]

[[tenants.firm.matrices.billing.rules]]
name = "large"
levels = ["low", "high"]
"""


@dataclass
class Site:
    """A served fleet, and a browser's worth of HTTP."""

    fleet: Fleet
    clock: Clock
    http: httpx.Client

    def ask(self, amount: int = 5000, requester: str = RITA, identity: str = "1") -> int:
        request = Request(
            "follow_up",
            self.clock().date(),
            Decimal(amount),
            "EUR",
            requester=requester,
        )
        found = proposed(self.fleet, follow_up(identity, request=request))
        assert found is not None
        return found

    def link(self, effect: int, person: str) -> str:
        assert self.fleet.links is not None
        return self.fleet.links.effect(person, PLACE, effect, self.clock().date())

    def form(self, url: str) -> str:
        found = re.search(r'name="form" value="([^"]+)"', self.http.get(url).text)
        assert found is not None, self.http.get(url).text
        return found.group(1)

    def send(self, url: str, act: str, reason: str = "", form: str | None = None) -> httpx.Response:
        fields = {"form": form or self.form(url), "act": act, "reason": reason}
        return self.http.post(url, data=fields, headers={"Sec-Fetch-Site": "same-origin"})

    def said(self, effect: int) -> list[tuple[str, str, str]]:
        with self.fleet.ledger.reading() as connection:
            made = decisions.about(connection, effect)
        return [(each.person, each.level, each.answer.value) for each in made]

    def denied(self) -> list[str]:
        with self.fleet.ledger.reading() as connection:
            entries = audit.entries(connection, 50, event="decision.denied")
        return [str(entry.detail["person"]) for entry in entries]

    def mails(self) -> list[tuple[str, str]]:
        """Who is asked, or told, in order."""
        with self.fleet.ledger.reading() as connection:
            found = reversed(outbox.find(connection, 50))
        return [(message.recipient, message.step) for message in found]

    def status(self, effect: int) -> EffectStatus:
        return effect_of(self.fleet, effect).status


@pytest.fixture
def site(tmp_path: Path, clock: Clock, odoo: Switchable) -> Iterator[Site]:
    port = free_port()
    environ = {
        "FLEET_WEB_URL": f"http://127.0.0.1:{port}",
        "FLEET_WEB_PORT": str(port),
        "FLEET_LINK_SECRET": SECRET,
        "FLEET_WEB_REQUESTS_PER_MINUTE": "100000",
    }
    fleet = fleet_on(tmp_path, clock, odoo, file=CONFIGURED, environ=environ)
    dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    url = environ["FLEET_WEB_URL"]
    with serving(fleet, port), httpx.Client(base_url=url, timeout=30) as http:
        yield Site(fleet, clock, http)
    fleet.ledger.close()


def content(site: Site) -> dict[str, list[object]]:
    """Every row of every table."""
    file = site.fleet.ledger.address.file
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        return {
            table: sorted(database.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr)
            for table in metadata.tables
        }


def test_levels_agree_one_after_the_other_and_then_it_is_done(site: Site) -> None:
    effect = site.ask()
    assert site.mails() == [(PETRA, "ask-low"), (PAUL, "ask-low")]
    early = site.http.get(site.link(effect, DANA))
    assert (early.status_code, "<form" in early.text) == (200, False)
    assert site.send(site.link(effect, PETRA), "approved").status_code == 303
    assert site.status(effect) is EffectStatus.WAITING
    assert site.mails()[2:] == [(RITA, "said-1"), (DANA, "ask-high")]
    assert site.send(site.link(effect, DANA), "approved", "as agreed").status_code == 303
    assert site.status(effect) is EffectStatus.READY
    assert site.said(effect) == [(PETRA, "low", "approved"), (DANA, "high", "approved")]
    while executor.execute_next(site.fleet):
        pass
    assert site.status(effect) is EffectStatus.DONE
    notes = site.fleet.session(site.fleet.settings.tenant("firm")).call(
        "mail.message", "search_read", [("res_id", "=", 1)], ["body"]
    )
    assert any(f"{DANA} agrees" in row["body"] and "as agreed" in row["body"] for row in notes)
    shown = site.http.get(site.link(effect, RITA))
    assert "as agreed" in shown.text


def test_the_mail_that_asks_leads_to_the_page(site: Site) -> None:
    effect = site.ask()
    with site.fleet.ledger.reading() as connection:
        first = outbox.find(connection, 50)[-1]
    assert isinstance(first.payload, Asking)
    mail = writing.rendered(site.fleet, [first])
    assert mail.subject.startswith("Please decide: an activity for dirk.maes@")
    assert mail.subject.endswith("Bill it (EUR 5,000)")
    (url,) = re.findall(r"http://127[^\s<>\"]+/e/[^\s<>\"]+", mail.text)
    shown = site.http.get(url)
    assert shown.status_code == 200
    assert (
        '/mail/view?model=sale.order&amp;res_id=1" rel="noreferrer">Open in Odoo</a>' in shown.text
    )
    assert site.send(url, "refused", "too early").status_code == 303
    assert site.status(effect) is EffectStatus.DECLINED


def test_an_amount_that_the_title_names_is_not_said_twice(site: Site) -> None:
    site.ask()
    with site.fleet.ledger.reading() as connection:
        first = outbox.find(connection, 50)[-1]
    assert isinstance(first.payload, Asking)
    what = Text("Bill {amount}", amount=Money(Decimal("5000.00"), "EUR"))
    payload = replace(first.payload, what=what)
    mail = writing.rendered(site.fleet, [first.saying(payload)])
    assert mail.subject == "Please decide: Bill EUR 5,000.00"
    assert mail.html.count("5,000.00") == mail.html.count("Please decide")


def test_a_refusal_needs_a_reason_and_is_told_to_who_asked(site: Site) -> None:
    effect = site.ask()
    url = site.link(effect, PAUL)
    assert site.send(url, "refused").status_code == 422
    assert site.send(url, "asked_back", "   ").status_code == 422
    assert site.send(url, "refused", "x" * 501).status_code == 422
    assert site.said(effect) == []
    assert site.send(url, "asked_back", "for whom?").status_code == 303
    assert site.status(effect) is EffectStatus.WAITING
    assert site.send(url, "refused", "not agreed").status_code == 303
    assert site.status(effect) is EffectStatus.DECLINED
    told = [step for person, step in site.mails() if person == RITA]
    assert told == ["said-1", "said-2"]
    assert not executor.waits(site.fleet) or site.status(effect) is EffectStatus.DECLINED


def test_looking_changes_nothing(site: Site) -> None:
    effect = site.ask()
    before = content(site)
    for person in (PETRA, DANA, RITA):
        for _ in range(2):
            assert site.http.get(site.link(effect, person)).status_code == 200
            assert site.http.head(site.link(effect, person)).status_code == 200
    assert site.http.get(site.link(effect, PETRA) + "?act=approved").status_code == 200
    assert content(site) == before


def test_small_within_ones_own_authority_passes_at_once_and_is_recorded(site: Site) -> None:
    effect = site.ask(900, requester=DANA)
    assert site.status(effect) is EffectStatus.READY
    assert site.said(effect) == [(DANA, "own_authority", "approved")]
    assert site.mails() == []
    assert site.status(site.ask(1001, requester=DANA, identity="2")) is EffectStatus.WAITING


def test_who_holds_no_role_or_asked_for_it_or_has_agreed_is_refused_and_audited(
    site: Site,
) -> None:
    effect = site.ask(requester=PETRA)
    form = site.form(site.link(effect, PAUL))
    stranger = site.http.get(site.link(effect, "stranger@elsewhere.example"))
    assert stranger.status_code == 403
    mine = site.http.get(site.link(effect, PETRA))
    assert (mine.status_code, "<form" in mine.text) == (200, False)
    for person in (PETRA, "stranger@elsewhere.example", DANA):
        link = site.link(effect, person)
        own = site.fleet.links
        assert own is not None
        signed = _form_of(site, link)
        assert site.send(link, "approved", form=signed).status_code == 403
    assert site.said(effect) == []
    assert sorted(site.denied()) == sorted([PETRA, "stranger@elsewhere.example", DANA])
    assert site.send(site.link(effect, PAUL), "approved", form=form).status_code == 303
    again = site.link(effect, PAUL)
    assert site.send(again, "approved", form=_form_of(site, again)).status_code == 403
    assert site.said(effect) == [(PAUL, "low", "approved")]


def _form_of(site: Site, link: str) -> str:
    """A form that is rightly signed, as one who was shown it before would have it."""
    from workers.web.forms import Forms

    assert site.fleet.links is not None
    return Forms(site.fleet.links.secrets, site.clock).sign(link.rpartition("/")[2])


def test_tokens_that_are_forged_expired_replayed_or_anothers_decide_nothing(site: Site) -> None:
    effect = site.ask()
    url = site.link(effect, PETRA)
    form = site.form(url)
    forged = url[:-4] + ("AAAA" if url[-4:] != "AAAA" else "BBBB")
    assert site.http.get(forged).status_code == 403
    assert site.send(forged, "approved", form=form).status_code == 403
    # A token of another page, and the form of another's link.
    case = url.replace("/e/", "/c/")
    assert site.http.get(case).status_code == 403
    assert site.send(site.link(effect, PAUL), "approved", form=form).status_code == 403
    assert site.send(url, "approved", form="nothing").status_code == 403
    assert site.send(url, "applauded", form=form).status_code == 403
    foreign = {"form": form, "act": "approved"}
    answer = site.http.post(url, data=foreign, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert site.said(effect) == []
    assert site.send(url, "asked_back", "why?", form=form).status_code == 303
    assert site.send(url, "approved", form=form).status_code == 409
    old = site.form(url)
    site.clock.now += timedelta(hours=9)
    assert site.send(url, "approved", form=old).status_code == 410
    site.clock.now += timedelta(days=site.fleet.settings.environment.link_days + 1)
    assert site.http.get(url).status_code == 410
    assert site.said(effect) == [(PETRA, "low", "asked_back")]


def test_an_effect_of_another_place_is_not_shown(site: Site) -> None:
    effect = site.ask()
    assert site.fleet.links is not None
    other = replace(PLACE, company_id=2)
    url = site.fleet.links.effect(PETRA, other, effect, site.clock().date())
    assert site.http.get(url).status_code == 404
    assert site.http.get(site.link(effect + 1, PETRA)).status_code == 404


def test_those_whom_a_job_tells_do_what_it_proposes(site: Site) -> None:
    effect = proposed(site.fleet, note())
    assert effect is not None
    finance = site.link(effect, "finance@nordwind.example")
    assert site.http.get(site.link(effect, PETRA)).status_code == 403
    other = site.link(site.ask(), "finance@nordwind.example")
    assert (site.http.get(other).status_code, "<form" in site.http.get(other).text) == (200, False)
    assert site.send(finance, "approved").status_code == 303
    assert site.status(effect) is EffectStatus.READY


def test_what_is_withdrawn_and_asked_for_anew_needs_everybody_anew(site: Site) -> None:
    effect = site.ask(5000)
    assert site.send(site.link(effect, PETRA), "approved").status_code == 303
    withdraw(site.fleet)
    asked = len(site.mails())
    site.clock.now += timedelta(minutes=1)
    assert site.ask(90_000) == effect
    assert site.mails()[asked:] == [(PETRA, "ask-low-2"), (PAUL, "ask-low-2")]
    assert "<form" not in site.http.get(site.link(effect, DANA)).text
    for person in (PETRA, DANA):
        assert site.status(effect) is EffectStatus.WAITING
        assert site.send(site.link(effect, person), "approved").status_code == 303
    assert site.status(effect) is EffectStatus.READY


def withdraw(fleet: Fleet) -> None:
    with fleet.ledger.transaction() as connection:
        for effect in effects.find(connection, proposing.OPEN):
            effects.withdraw(connection, effect, fleet.clock(), "the job")


def test_what_all_have_agreed_to_by_a_matrix_that_asks_for_less_now_is_done(
    site: Site, tmp_path: Path, odoo: Switchable
) -> None:
    effect = site.ask()
    assert site.send(site.link(effect, PETRA), "approved").status_code == 303
    less = CONFIGURED.replace('levels = ["low", "high"]', 'levels = ["low"]')
    proposing.remind(changed(site, tmp_path, odoo, less))
    assert site.status(effect) is EffectStatus.READY


def test_what_is_within_ones_own_authority_by_the_matrix_of_now_passes(
    site: Site, tmp_path: Path, odoo: Switchable
) -> None:
    effect = site.ask(5000, requester=DANA)
    more = CONFIGURED.replace("amount_up_to = 1000", "amount_up_to = 9000")
    proposing.remind(changed(site, tmp_path, odoo, more))
    assert site.status(effect) is EffectStatus.READY
    assert site.said(effect) == [(DANA, "own_authority", "approved")]


def test_a_role_that_is_taken_off_a_level_has_not_spoken_for_it(
    site: Site, tmp_path: Path, odoo: Switchable
) -> None:
    effect = site.ask()
    assert site.send(site.link(effect, PETRA), "approved").status_code == 303
    other = CONFIGURED.replace('roles = ["manager"]', 'roles = ["lead"]')
    other = other.replace("director =", f'lead = ["{PAUL}"]\ndirector =')
    fleet = changed(site, tmp_path, odoo, other)
    with pytest.raises(DecisionRefused):
        decide(fleet, effect, DANA, Answer.APPROVED, "", "a")
    for number, person in enumerate((PAUL, DANA)):
        decide(fleet, effect, person, Answer.APPROVED, "", f"b{number}")
    assert site.status(effect) is EffectStatus.READY


def changed(site: Site, folder: Path, odoo: Switchable, file: str) -> Fleet:
    """The same ledger under another configuration."""
    return fleet_on(folder, site.clock, odoo, file=file)


@pytest.mark.parametrize("kind", ["follow_up", "note"])
def test_what_was_proposed_before_its_kind_was_switched_off_is_not_done(
    site: Site, tmp_path: Path, odoo: Switchable, kind: str
) -> None:
    effect = site.ask(900, requester=DANA) if kind == "follow_up" else proposed(site.fleet, note())
    waiting = site.ask(identity="2")
    off = CONFIGURED.replace('"approve"', '"off"').replace('"propose"', '"off"')
    fleet = changed(site, tmp_path, odoo, off)
    for person in (PETRA, "finance@nordwind.example"):
        for each in (waiting, effect or 0):
            with pytest.raises(DecisionRefused):
                decide(fleet, each, person, Answer.APPROVED, "", "a")
    proposing.remind(fleet)
    assert site.status(waiting) is EffectStatus.WITHDRAWN
    if kind == "note":
        assert site.status(effect or 0) is EffectStatus.PROPOSED
        return
    while executor.execute_next(fleet):
        pass
    found = effect_of(fleet, effect)
    assert (found.status, found.error) == (
        EffectStatus.PARKED,
        "follow_up is off in the configuration by now",
    )


def test_what_is_put_to_a_matrix_by_now_is_not_done_by_one_person(
    site: Site, tmp_path: Path, odoo: Switchable
) -> None:
    effect = proposed(site.fleet, note())
    stricter = CONFIGURED.replace('"propose"', '"approve"')
    stricter = stricter.replace('["follow_up"]', '["follow_up", "note"]')
    fleet = changed(site, tmp_path, odoo, stricter)
    with pytest.raises(DecisionRefused):
        decide(fleet, effect or 0, "finance@nordwind.example", Answer.APPROVED, "", "a")
    assert proposed(fleet, note()) == effect
    assert site.status(effect or 0) is EffectStatus.WAITING
    assert site.mails() == [(DANA, "ask-high")]


def test_a_level_that_is_silent_is_followed_by_the_next(site: Site) -> None:
    effect = site.ask()
    proposing.remind(site.fleet)
    assert site.mails() == [(PETRA, "ask-low"), (PAUL, "ask-low")]
    # Monday, nine in London, ten in Brussels; seventeen the next day is fifteen office hours on.
    site.clock.now += timedelta(hours=30)
    for _ in range(2):
        proposing.remind(site.fleet)
    assert site.mails()[2:] == [(DANA, "ask-high")]
    assert site.send(site.link(effect, DANA), "approved").status_code == 303
    assert site.status(effect) is EffectStatus.READY


def split_of(site: Site, effect: int) -> list[str]:
    """What those who are asked about an effect are told in their mails."""
    with site.fleet.ledger.reading() as connection:
        found = outbox.find(connection, 50, subject=f"effect-{effect}")
    asked = [each for each in found if each.step.startswith("ask-")]
    said = {getattr(each.payload, "perhaps_split", None) for each in asked}
    assert len(said) == 1
    return list(said.pop() or ())


def suspicions(site: Site) -> list[Mapping[str, Any]]:
    with site.fleet.ledger.reading() as connection:
        entries = audit.entries(connection, 50, event="effect.perhaps_split")
    return [entry.detail for entry in reversed(entries)]


def test_what_may_be_split_is_told_by_mail_and_page_and_kept_with_the_decision(site: Site) -> None:
    first = site.ask(600, identity="first")
    assert split_of(site, first) == []
    site.clock.forward(hours=48)
    second = site.ask(700, identity="second")
    told = (
        "perhaps split: from 2026-11-23 to 2026-11-25 rita@nordwind.example asked for 1300 EUR "
        "in all, which as one would need low, high; the others: an activity for "
        "dirk.maes@nordwind.example until 2026-11-30: Bill it"
    )
    assert split_of(site, second) == [told]
    with site.fleet.ledger.reading() as connection:
        mail = writing.rendered(site.fleet, [outbox.find(connection, 1)[0]])
    written = " ".join(mail.text.split())
    assert "from 23 Nov 2026 to 25 Nov 2026 rita@nordwind.example asked for" in written
    assert "asked for EUR 1,300.00 in all" in written
    assert "as one would need low, high" in mail.html
    # The first is one of them now, too; who asked for them is not told of it.
    for effect, person, shown in ((first, PAUL, 1), (second, PETRA, 1), (second, RITA, 0)):
        page = site.http.get(site.link(effect, person)).text
        assert page.count("would need low, high") == shown
    (suspected,) = suspicions(site)
    assert suspected["effect"] == second
    assert suspected["effects"] == [first, second]
    assert (suspected["amount"], suspected["currency"]) == ("1300", "EUR")
    assert suspected["levels"] == ["low", "high"]
    assert site.send(site.link(second, PETRA), "approved").status_code == 303
    with site.fleet.ledger.reading() as connection:
        (made,) = decisions.about(connection, second)
        (noted,) = audit.entries(connection, 5, event="decision.made")
    assert made.evidence["perhaps_split"] == [told]
    assert noted.detail["perhaps_split"] is True


def test_what_was_asked_for_in_vain_is_part_of_nothing(site: Site) -> None:
    first = site.ask(600, identity="first")
    assert site.send(site.link(first, PETRA), "refused", "too much").status_code == 303
    second = site.ask(700, identity="second")
    assert split_of(site, second) == []
    assert suspicions(site) == []
    assert "would need" not in site.http.get(site.link(second, PETRA)).text
    assert site.send(site.link(second, PETRA), "approved").status_code == 303
    with site.fleet.ledger.reading() as connection:
        assert "perhaps_split" not in decisions.about(connection, second)[0].evidence


def test_parts_of_several_people_about_one_contract_are_told_as_such(site: Site) -> None:
    site.ask(600, requester=RITA, identity="first")
    second = site.ask(700, requester="rob@nordwind.example", identity="second")
    (told,) = split_of(site, second)
    assert "in all were asked for about the same contract" in told


def test_of_many_parts_the_first_are_named_and_those_far_apart_are_none(site: Site) -> None:
    for number in range(5):
        last = site.ask(300, identity=f"number {number}")
    (told,) = split_of(site, last)
    assert told.count("an activity for") == 3
    assert told.endswith("and 1 more")
    site.clock.forward(days=30)
    assert split_of(site, site.ask(900, identity="much later")) == []


def test_what_passes_at_once_and_may_be_split_is_audited(site: Site) -> None:
    for number in range(2):
        effect = site.ask(800, requester=DANA, identity=f"own {number}")
        assert site.status(effect) is EffectStatus.READY
    assert len(suspicions(site)) == 1
    with site.fleet.ledger.reading() as connection:
        (made,) = decisions.about(connection, effect)
    assert len(made.evidence["perhaps_split"]) == 1


def test_a_matrix_is_not_asked_for_parts_where_the_higher_level_decides_each(site: Site) -> None:
    site.ask(600, identity="small")
    large = site.ask(5000, identity="large")
    assert split_of(site, large) == []
