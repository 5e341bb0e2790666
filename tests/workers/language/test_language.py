"""Every mail and page is written in its reader's language; what the jobs say, too."""

import ast
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from importlib import resources
from operator import attrgetter
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from odoo_gateway.sandbox import Sandbox
from tasks import catalogue
from tasks.domain.labels import OF_WORDS
from tasks.domain.texts import NAME, NOTHING, Money, Text, Value, joined, named, plural
from tasks.reads.drafts import REASONS
from tests.fakes.clock import Clock
from tests.fakes.fleets import TENANT, Switchable, fleet_on
from tests.fakes.sections import MAILS, PERSON, pages, rendered
from tests.workers.test_runner import messages, opened
from workers import runner
from workers.language import extraction
from workers.language.language import language
from workers.web.accept_language import accepted
from workers.web.cases import facts

LANGUAGE = resources.files("workers.language")
DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 15, tzinfo=UTC)
LANGUAGES = [
    file.name.removesuffix(".po") for file in LANGUAGE.iterdir() if file.name.endswith(".po")
]
FILE = f"""{TENANT}\
recipients.finance = ["finance@nordwind.example"]
recipients.delivery = ["delivery@nordwind.example"]
policies.timesheet_reminders.wait_for_morning = false
policies.utilization_variance.target_percent = 75
policies.invoice_readiness.purchase_order_required = true
policies.invoice_readiness.vat_number_required = true
policies.wip_aging.decide_after_days = 10
policies.wip_aging.overrun_percent = 10
policies.pending_approvals.wait_for_morning = false
policies.presales_review.wait_for_morning = false
policies.presales_review.reviews = [
    {{ stage = 2, items = [{{ item = "scope_notes", field = "description" }}] }},
]
"""


# Where templates are not constants: all of them came from somewhere that is extracted.
HANDED_ON, OF_DOCSTRINGS = "tasks/domain/texts.py", "tasks/declaration.py"


@pytest.fixture(scope="module")
def payloads(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the jobs tell of both companies of the sandbox."""
    clock = Clock(NOON)
    odoo = Switchable(Sandbox(clock().date()))
    fleet = fleet_on(tmp_path_factory.mktemp("firm"), clock, odoo, file=FILE)
    for job in catalogue.jobs():
        for company_id in (1, 2):
            runner.execute(fleet, opened(fleet, job, company_id))
    return [dict(message.stored) for message in messages(fleet)]


def sentences(payload: dict[str, Any]) -> Iterator[str]:
    """All that a job said, but for names."""
    yield from (payload["title"], payload["why"])
    for finding in payload["findings"]:
        keys = ("title", "reason", "remedy", "advice", "note")
        yield from (finding[key] for key in keys if finding.get(key))
        yield words(finding["group"])
    for aside in payload.get("set_aside", ()):
        yield from (words(aside["group"]), aside["title"], aside["reason"])
    for gap in payload.get("not_verifiable", ()):
        yield from (words(gap["check"]), gap["reason"], gap["remedy"])
    for total in payload.get("totals", ()):
        yield from (words(name) for name in columns_of(total))
    for row in payload.get("rows", ()):
        yield from words_of(row)


def words(name: str) -> str:
    """How people read a word of programs; the word itself where nothing says it."""
    found = catalogue.label(name)
    return name if found.template == NAME else found


def words_of(row: dict[str, Any]) -> Iterator[str]:
    """What the page of a case tells of its row, but for names."""
    yield from map(words, facts(row))
    yield from (words(row[name]) for name in OF_WORDS if row.get(name))
    for check in row.get("checks", ()):
        yield from (words(check["check"]), words(check["result"]))
        yield from (check[name] for name in ("reason", "next_step") if check[name])


def columns_of(total: dict[str, Any]) -> Iterator[str]:
    for name, value in total.items():
        if name in ("currency", "bottleneck") or isinstance(value, list):
            continue
        yield name
        yield from value if isinstance(value, dict) else ()


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_that_the_jobs_say_stays_english(payloads: list[dict[str, Any]], code: str) -> None:
    said = {sentence for payload in payloads for sentence in sentences(payload)}
    assert {payload["rule"] for payload in payloads} == set(catalogue.jobs())
    assert len(said) > 100
    assert [sentence for sentence in said if not knows(code, sentence)] == []


def knows(code: str, said: str) -> bool:
    """Whether nothing of it stays English; texts of names alone are in no catalogue."""
    if not isinstance(said, Text):
        return False
    parts = [each for value in said.values.values() for each in texts_in(value)]
    own = not "".join(text for text, _, _, _ in Formatter().parse(said.template)).strip(" ;,·/")
    messages = catalogue_of(code)
    return (own or said.template in messages) and all(knows(code, each) for each in parts)


def texts_in(value: Value) -> Iterator[Text]:
    for each in value if isinstance(value, tuple) else (value,):
        if isinstance(each, Text):
            yield each


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("reason", REASONS)
def test_why_odoos_amount_is_another_one_is_translated(code: str, reason: str) -> None:
    assert knows(code, reason)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_message_is_translated_and_no_other(code: str) -> None:
    catalogue = catalogue_of(code)
    used = {(m.context, m.id) for m in extraction.template(*extraction.OURS) if m.id}
    assert {(m.context, m.id) for m in catalogue if m.id} == used
    assert [message.id for message in catalogue if message.id and not all(said(message))] == []
    assert [message.id for message in catalogue if message.fuzzy and message.id] == []
    assert list(catalogue.obsolete) == []


@cache
def catalogue_of(code: str) -> Catalog:
    with (LANGUAGE / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code)


def said(message: Message) -> tuple[str, ...]:
    """The translation, in each number."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


@pytest.mark.parametrize("package", extraction.OURS, ids=attrgetter("name"))
def test_what_is_extracted_is_written_out(package: Path) -> None:
    found = [
        (f"{file}:{template.lineno}", template)
        for file in package.rglob("*.py")
        if not file.match(HANDED_ON) and not file.match(OF_DOCSTRINGS)
        for template in templates_in(file)
    ]
    assert found
    assert [at for at, template in found if not isinstance(template, ast.Constant)] == []


def templates_in(file: Path) -> Iterator[ast.expr]:
    """What the texts that a module makes are made of."""
    for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            yield from call.args[:2] if name in ("Text", "plural") else ()


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_translation_has_the_names_of_its_sentence(code: str) -> None:
    for message in catalogue_of(code):
        ids = (message.id,) if isinstance(message.id, str) else message.id
        named = [name for each in ids for name in names(each)]
        for each in said(message) if message.id else ():
            assert set(names(each)) == set(named), message.id


def names(template: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(template) if name]


@pytest.mark.parametrize(
    ("said", "german"),
    [
        (Text("{hours} h are not approved", hours=18.5), "18,5 Std. sind nicht genehmigt"),
        (Text("{day:weekday} {hours} h", day=DAY, hours=2), "Mo. 23. Nov. 2 Std."),
        (Text("submitted on {day}", day=DAY), "eingereicht am 23. Nov. 2026"),
        (
            Text(
                "{hours} h of {name} wait for approval ({project}, week {week})",
                name="Julia Weber; blocked",
                week=47,
                project="ready",
                hours=12.5,
            ),
            "12,5 Std. von Julia Weber; blocked warten auf Genehmigung (ready, Woche 47)",
        ),
        (
            plural(
                "no price on {count} line with something to bill",
                "no price on {count} lines with something to bill",
                count=1,
            ),
            "kein Preis auf 1 Zeile mit Abrechenbarem",
        ),
        (
            plural(
                "no price on {count} line with something to bill",
                "no price on {count} lines with something to bill",
                count=2,
            ),
            "kein Preis auf 2 Zeilen mit Abrechenbarem",
        ),
        (
            Text("{points:+} points, {hours} h since {day}", points=2.5, hours=1234.5, day=DAY),
            "+2,5 points, 1234,5 h since 23. Nov. 2026",
        ),
        (
            Text("{sum} at {time}", sum=Money(Decimal("1234.5"), "EUR"), time=time(17)),
            "1.234,50 EUR at 17:00",
        ),
        (
            Text("not verifiable: {checks}", checks=(Text("leave"), Text("people"), "Ann")),
            "nicht prüfbar: Abwesenheiten, Personen, Ann",
        ),
        (
            joined([Text("every check passed"), "every check passed"], "; "),
            "alle Prüfungen bestanden; every check passed",
        ),
        (NOTHING, ""),
    ],
)
def test_a_text_is_said_with_its_values_as_the_reader_writes_them(said: Text, german: str) -> None:
    assert language("de").say(said) == german


@pytest.mark.parametrize("name", ["Delivery Americas", "ready", "S1 Held; Sons: due 2026-11-14"])
def test_a_name_and_what_older_versions_kept_stay_as_they_are(name: str) -> None:
    assert language("de").say(name) == name
    assert language("de").say(named(name)) == name


@pytest.mark.parametrize(
    ("word", "english", "german"),
    [
        ("odoo_to_invoice", "to invoice in Odoo", "laut Odoo abzurechnen"),
        ("missing-hours", "missing hours", "fehlende Stunden"),
        ("missing hours", "missing hours", "fehlende Stunden"),
        ("daily-2026-11-23", "daily, 23 Nov 2026", "täglich, 23. Nov. 2026"),
        ("nobody_says", "nobody says", "nobody says"),
    ],
)
def test_words_of_programs_are_read_by_their_labels(word: str, english: str, german: str) -> None:
    assert language("en").say(catalogue.label(word)) == english
    assert language("de").say(catalogue.label(word)) == german


@pytest.mark.parametrize(
    ("code", "money", "day"),
    [
        ("en", "EUR 1,234.50", "23 Nov 2026"),
        ("en_US", "EUR 1,234.50", "Nov 23, 2026"),
        ("de", "1.234,50 EUR", "23. Nov. 2026"),
        ("de_CH", "EUR 1'234.50", "23. Nov. 2026"),
        # No file: English, rather than half of each.
        ("fr", "EUR 1,234.50", "23 Nov 2026"),
    ],
)
def test_money_and_days_look_as_the_reader_is_used_to(code: str, money: str, day: str) -> None:
    reader = language(code)
    assert reader.money("1234.5", "EUR").replace("\xa0", " ") == money
    assert reader.day("2026-11-23") == day
    assert "1" in reader.money("1234", "JPY")
    assert "." not in reader.money("12", "JPY")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH, de;q=0.9, en;q=0.8", "de_CH"),
        ("en;q=0.1, de;q=0.5", "de"),
        ("fr-FR, fr;q=0.9, en-US;q=0.5", "en_US"),
        ("fr, ja;q=0.5", "en"),
        ("de;q=0, en-US", "en_US"),
        ("de;q=soon", "en"),
        ("de-XX", "de"),
        ("x" * 9000, "en"),
    ],
)
def test_a_browser_is_answered_in_the_language_that_it_wants_most(header: str, code: str) -> None:
    assert accepted(header).code == code


@pytest.mark.parametrize(
    ("code", "known"), [("de_XX", "de"), ("de@latin", "de"), ("sr@latin", "en")]
)
def test_a_territory_or_script_that_nobody_knows_counts_for_nothing(code: str, known: str) -> None:
    assert language(code).code == known
    assert language(code).day("2026-11-23")


def test_instants_are_told_in_the_readers_zone() -> None:
    at = "2026-11-23T05:00:00+00:00"
    assert language("de").instant(at, "Europe/Berlin") == "23. Nov. 2026 06:00 Europe/Berlin"
    assert language("en").instant(at, "America/New_York") == "23 Nov 2026 00:00 America/New_York"


def test_the_csv_of_a_german_reader_opens_in_a_german_excel() -> None:
    german = {**MAILS["readiness"], "language": "de"}
    ((_, text),) = rendered([german]).attachments
    assert text.splitlines()[0] == "\ufeffsale_order;currency;amount;status"
    assert text.splitlines()[1] == "S00120;EUR;18200,00;ready"


def test_a_csv_has_texts_in_the_readers_words_and_words_of_programs_as_they_are() -> None:
    why = Text("reminders start with the week of {day}", day=DAY)
    rows = [{"employee": "ready", "status": "exempt", "reason": why}]
    ((_, german),) = rendered([{**MAILS["readiness"], "language": "de", "rows": rows}]).attachments
    said = "Erinnerungen beginnen mit der Woche vom 23. Nov. 2026"
    assert german.splitlines()[1] == f"ready;exempt;{said}"


@pytest.mark.parametrize("name", MAILS)
def test_a_german_mail_says_nothing_of_ours_in_english(name: str) -> None:
    mail = rendered([{**MAILS[name], "language": "de"}], pages)
    assert 'lang="de"' in mail.html
    words = set(mail.text.replace("/", " ").replace(":", " ").split())
    assert words & {"the", "and", "of", "missing", "blocked", "hours"} <= allowed(name)


def allowed(name: str) -> set[str]:
    """Ops read errors as they were raised."""
    return {"of", "the", "and"} if name in ("ops", "notice") else set()


@pytest.mark.parametrize("name", ["readiness", "reminder", "manager", "approver", "urgent"])
def test_what_an_older_version_queued_is_shown_as_it_was_kept(name: str) -> None:
    kept = json.loads(json.dumps(MAILS[name]))
    mail = rendered([{**kept, "language": "de"}], pages)
    shown = " ".join(mail.text.split())
    for finding in kept["findings"]:
        assert finding["title"] in shown
        assert finding["reason"].rstrip(".") in shown


def test_a_swiss_reader_reads_german() -> None:
    assert "fehlen" in rendered([{**PERSON, "language": "de_CH"}]).subject


JOB_OF_A_FIRM = '''"""Tells of credit.

Why: credit ends.
"""

TITLE = Text("Credit of customers")
LINES = plural("{count} customer", "{count} customers", count=2)
'''


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with a job of its own, whose German catalogue is brought up to date."""
    package = tmp_path / "firm_jobs"
    (package / "languages").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "credit_watch.py").write_text(JOB_OF_A_FIRM)
    (package / "languages" / "de.po").touch()
    extraction.main([str(package)])
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(catalogue, "packages", lambda: ("firm_jobs",))
    return package


def test_the_sentences_of_another_package_are_gathered_into_its_own_catalogues(firm: Path) -> None:
    with (firm / "languages" / "de.po").open("rb") as file:
        gathered = {message.id for message in read_po(file, locale="de") if message.id}
    assert gathered == {
        "credit ends.",
        "Credit of customers",
        ("{count} customer", "{count} customers"),
    }


def test_a_package_is_read_by_its_own_catalogue_beside_ours(firm: Path) -> None:
    file = firm / "languages" / "de.po"
    untranslated = 'msgid "Credit of customers"\nmsgstr ""'
    assert untranslated in file.read_text()
    german = untranslated.replace('msgstr ""', 'msgstr "Kredit der Kunden"')
    file.write_text(file.read_text().replace(untranslated, german))
    (firm / "languages" / "fr.po").write_text(german)
    reader = language.__wrapped__("de_CH")
    assert reader.say(Text("Credit of customers")) == "Kredit der Kunden"
    assert reader.say(Text("every check passed")) == "alle Prüfungen bestanden"
    assert language.__wrapped__("fr").say(Text("Credit of customers")) == "Credit of customers"
