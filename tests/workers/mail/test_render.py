"""Stored sections become subject, text, HTML and CSV, the same bytes every time."""

import pytest

from tasks import catalogue
from tasks.declaration import Shape
from tests.fakes import sections
from tests.fakes.sections import BLOCKED, DIGEST, MAILS, PERSON, TEAM, news, order, pages, rendered
from workers.config import runbook
from workers.errors import DeliveryRefused
from workers.mail.picture import Parts


def plain(text: str) -> str:
    return " ".join(text.replace("\xa0", " ").split())


def test_a_digest_answers_first_per_currency() -> None:
    mail = rendered([DIGEST])
    answer = "3 ready (EUR 27,510 · USD 21,900), 3 blocked (EUR 53,400), 5 changed"
    told = "EUR 27,510 · USD 21,900 ready, EUR 53,400 blocked, 5 changed"
    assert mail.subject == f"Invoice readiness 23 Nov: {told}"
    assert plain(mail.text).startswith(f"INVOICE READINESS: {answer}")
    assert answer in plain(mail.html)


def test_the_header_says_when_where_and_how_it_ties_out() -> None:
    for content in (rendered([DIGEST]).text, rendered([DIGEST]).html):
        assert "As of 23 Nov 2026 06:00 Europe/Berlin" in plain(content)
        assert "Nordwind Consulting GmbH · 7 rows · 1 held · 1 excluded" in plain(content)
        assert "difference to Odoo EUR 0.00 · USD 0.00" in plain(content)


def test_what_changed_since_the_readers_last_digest_is_told_and_marked() -> None:
    mail = rendered([DIGEST])
    assert "NEW SINCE 20 Nov 2026 06:00 Europe/Berlin" in mail.text
    for said in ("+1 ready (EUR 18,200)", "+1 blocked", "-1 settled", "1 put aside", "1 now ready"):
        assert said in plain(mail.text), said
        assert said in plain(mail.html), said
    assert "S00120 Rhein Kliniken: ready [new]" in mail.text
    assert "S00070 Café Central" in mail.text


def test_a_reader_who_saw_nothing_yet_is_told_so() -> None:
    mail = rendered([{**DIGEST, "news": news(None, opened=BLOCKED)}])
    assert "First digest for you" in mail.text
    assert "changed" not in mail.subject
    assert "[new]" not in mail.text


def test_the_worst_group_comes_first_and_in_it_what_costs_most() -> None:
    for content in (rendered([DIGEST]).text, rendered([DIGEST]).html):
        titles = ["S00104", "S00088", "S00091", "S00120"]
        places = [content.index(f"{title} ") for title in titles]
        listed = content.index("31,000.00")
        assert content.index("S00104", listed - 400) < content.index("S00088", listed)
        assert len(places) == 4


def test_every_blocked_order_has_reason_owner_next_step_and_links() -> None:
    mail = rendered([DIGEST], pages)
    for finding in BLOCKED:
        for content in (mail.text, mail.html):
            assert finding["owner"] in content
            assert finding["url"] in content
            assert pages(DIGEST, finding["key"]) in content
            assert plain(finding["remedy"]) in plain(content.replace("&#39;", "'"))
            first, *_ = finding["reason"].split("; ")
            assert first in plain(content)
    assert "14 Nov 2026" in plain(mail.text)


def test_acknowledged_snoozed_and_set_aside_rows_say_by_whom_and_why() -> None:
    for content in (rendered([DIGEST]).text, rendered([DIGEST]).html):
        said = plain(content)
        assert "acknowledged by mia@nordwind.example" in said
        assert "snoozed until 1 Dec 2026 by mia@nordwind.example: customer on" in said
        assert "held until 15 Dec 2026: dispute about scope" in said
        assert "billed in advance, or nothing to bill" in said


def test_what_a_page_put_on_hold_or_snoozed_leads_back_to_it() -> None:
    mail = rendered([DIGEST], pages)
    for key in ("old-order-77", "blocked-order-95"):
        assert pages(DIGEST, key) in mail.text
        assert f'href="{pages(DIGEST, key)}"' in mail.html
    assert [mail.text.count(said) for said in ("lift the hold: ", "change: ")] == [1, 1]


def test_the_totals_tie_out_and_the_bottleneck_is_named() -> None:
    for content in (rendered([DIGEST]).text, rendered([DIGEST]).html):
        assert "89,010.00" in content
        assert "Anna Kern alone holds up EUR 31,000.00 in 1 order." in plain(content)


def test_who_holds_up_most_is_listed_first() -> None:
    for content in (rendered([DIGEST]).text, rendered([DIGEST]).html):
        said = plain(content)
        assert "Anna Kern: EUR 57,500.00 · 2 orders · 3 checks failed" in said
        assert "Owner 8: EUR 26,500.00 · 1 order · 1 check failed" in said
        assert "Owner 9" not in said
        assert "and 2 more" in said
    silent = rendered([{**DIGEST, "totals": [{**DIGEST["totals"][1]}]}]).text
    assert "HOLDS UP" not in silent


def test_many_rows_are_cut_and_counted() -> None:
    many = [
        order(number, "Delta", "blocked", "10.00", reason=f"{number - 199} lines without a price")
        for number in range(200, 240)
    ]
    mail = rendered([{**DIGEST, "findings": many}])
    for content in (mail.text, mail.html):
        assert "and 10 more, all in the CSV" in content


def test_what_many_share_is_said_once_and_of_what_is_alike_the_worst_are_shown() -> None:
    alike = [order(number, "Delta", "blocked", f"{number}.00") for number in range(200, 240)]
    mail = rendered([{**DIGEST, "findings": alike}])
    for content in (mail.text, mail.html):
        assert "and 35 more, all in the CSV" in content
        said = " ".join(content.split())
        assert said.count(str(alike[0]["reason"])) == said.count(str(alike[0]["remedy"])) == 1
        assert ("S00239" in said, "S00200" in said) == (True, False)


def test_parts_of_a_total_are_listed_below_it() -> None:
    total = {"currency": "EUR", "wip": "12.00", "buckets": {"0-30": "10.00", "91+": "2.00"}}
    mail = rendered([{**DIGEST, "totals": [total]}])
    for content in (mail.text, mail.html):
        assert "0-30 days 10.00 · 91 days and more 2.00" in content


def test_a_total_with_parts_in_one_currency_alone_keeps_its_columns_straight() -> None:
    totals = [{**total, "lines": [1]} for total in sections.TOTALS]
    mail = rendered([{**DIGEST, "totals": totals}])
    assert "None" not in mail.html + mail.text
    assert "[1]" not in mail.html + mail.text


def test_a_digest_without_money_shows_none() -> None:
    found = [{**order(1, "Ann", "below band", None), "cost_per_day": None}]
    totals = [{"basis": "net capacity", "employees": 3}]
    shown = {"findings": found, "set_aside": [], "totals": totals, "news": news(None)}
    mail = rendered([{**DIGEST, **shown}])
    assert "net capacity" in mail.text
    assert "Amount" not in mail.html


def test_a_person_reads_what_is_missing_and_where_to_go() -> None:
    mail = rendered([PERSON])
    assert mail.subject == "3 h missing for 16 Nov to 22 Nov 2026"
    for content in (mail.text, mail.html):
        assert "Expected 32 h, logged 29 h" in content
        assert content.count(PERSON["findings"][0]["page"]) == 1
        assert "Why am I getting this?" in content
    assert mail.attachments == ()


def test_a_manager_reads_who_misses_what_in_one_mail() -> None:
    mail = rendered([TEAM])
    assert mail.subject == "Timesheet reminders: 2 to follow up"
    for content in (mail.text, mail.html):
        assert content.index("Julia Weber") < content.index("Oskar Lund")
        assert "because Oskar Lund has no e-mail address" in plain(content)
        assert content.count(TEAM["findings"][0]["page"]) == 1
        assert content.count("Ask for the hours") == 1


def test_a_mail_about_one_other_person_names_them_in_its_subject() -> None:
    mail = rendered([{**TEAM, "findings": TEAM["findings"][:1]}])
    assert mail.subject == "Julia Weber: 3 h missing for 16 Nov to 22 Nov 2026"


def test_an_approver_reads_the_oldest_first_with_the_hours_and_money_it_holds() -> None:
    mail = rendered([sections.APPROVER])
    assert mail.subject == "Approvals that wait: 3 to follow up"
    for content in (mail.text, mail.html):
        assert content.index("week 45") < content.index("week 46") < content.index("Monitor stand")
        assert "EUR 3,600.00" in plain(content)
        assert "Held up in all: 42 h · EUR 5,040.00 · USD 89.00" in plain(content)
        assert content.count("Aarav Sharma") == 1
        for finding in sections.APPROVER["findings"]:
            assert finding["page"] in content
    assert "30 h" in plain(mail.html)
    assert "Mia Rossi:" not in mail.text


def test_an_approver_reads_one_thing_with_its_amount_and_a_button() -> None:
    (one,) = (f for f in sections.APPROVER["findings"] if f["key"] == "expense-13")
    mail = rendered([{**sections.APPROVER, "findings": [one]}])
    assert mail.subject == "Monitor stand of Kabir Singh waits for approval"
    for content in (mail.text, mail.html):
        assert "USD 89.00" in plain(content)
        assert "Open in Odoo" in content
        assert "Held up in all" not in content


def test_who_follows_up_an_approver_reads_who_that_is() -> None:
    mail = rendered([{**sections.APPROVER, "name": "Anna Kern", "others": True}])
    for content in (mail.text, mail.html):
        assert content.count("Mia Rossi") == 3


def test_a_weekly_mail_shows_the_top_five() -> None:
    mail = rendered([sections.WEEKLY])
    assert mail.text.count("unbilled for") == 5
    assert "and 2 more, all in the CSV" in mail.text
    assert "1 worse" in mail.text


def test_a_weekly_mail_hides_nothing_that_is_not_in_its_csv() -> None:
    found = [{**each, "model": "project.project"} for each in sections.WEEKLY["findings"]]
    mail = rendered([{**sections.WEEKLY, "findings": found}])
    assert mail.text.count("unbilled for") == 7
    assert "in the CSV" not in mail.text
    of_earlier_versions = {key: sections.WEEKLY[key] for key in sections.WEEKLY if key != "about"}
    assert rendered([of_earlier_versions]).text == rendered([sections.WEEKLY]).text
    without_csv = rendered([{**sections.WEEKLY, "rows": []}])
    assert without_csv.text.count("unbilled for") == 7
    assert "CSV" not in without_csv.text


def test_the_totals_of_a_weekly_mail_are_of_all_and_stand_beside_its_csv() -> None:
    mail = rendered([sections.WEEKLY])
    whole = sum(float(finding["amount"]) for finding in sections.WEEKLY["findings"])
    assert f"EUR {whole:,.2f}" in plain(mail.text)
    assert "65,800.00" in plain(mail.text)
    assert [name for name, _ in mail.attachments] == ["wip_aging.csv"]


def test_the_jobs_are_told_in_the_shape_that_their_readers_look_for() -> None:
    shapes = {name: job.shape for name, job in catalogue.jobs().items()}
    assert shapes["wip_aging"] is Shape.WEEKLY
    assert shapes["timesheet_reminders"] is Shape.REMINDER
    assert shapes["invoice_readiness"] is shapes["utilization_variance"] is Shape.DIGEST


def test_ops_read_what_failed_and_how_to_try_again() -> None:
    mail = rendered([sections.OPS])
    assert mail.subject == "1 failure: run-12 invoice_readiness, OdooUnavailable"
    for content in (mail.text, mail.html):
        for said in ("fleet dead retry run-12", "9f3a77c0d1e24b6a", "docs/runbook.md#"):
            assert said in content


AWAY = {
    "what": "odoo",
    "tenant_name": "firm",
    "target": "",
    "since": "2026-11-28T08:00:00+00:00",
    "until": None,
    "error_class": "OdooUnavailable",
    "error": "no answer within 60 s",
}


@pytest.mark.parametrize("kind", sorted(runbook.ALERTS))
def test_ops_are_led_to_where_the_runbook_is_published(kind: str) -> None:
    failures = [{**sections.OPS["failures"][0], "what": kind}]
    is_failure = kind in ("run", "message")
    told = {"failures": failures} if is_failure else {"outage": {**AWAY, "what": kind}}
    anchor = f"#{runbook.ALERTS[kind].lower()}"
    published = rendered([{**sections.OPS, **told}], runbook_url="https://wiki.example/runbook")
    assert f"https://wiki.example/runbook{anchor}" in published.text
    assert f'href="https://wiki.example/runbook{anchor}"' in published.html
    assert "docs/runbook.md" not in published.text + published.html
    unpublished = rendered([{**sections.OPS, **told}])
    for content in (unpublished.text, unpublished.html):
        assert f"docs/runbook.md{anchor}" in content


def test_ops_read_all_times_of_a_mail_in_one_zone() -> None:
    slot = {**sections.OPS["failures"][0], "slot": AWAY["since"]}
    told = [
        {**sections.OPS, "zone": "America/New_York", "failures": [slot]},
        {**sections.OPS, "zone": "Europe/Brussels", "outage": AWAY},
    ]
    for content in (plain(rendered(told).text), rendered(told).html):
        assert content.count(" UTC") == 2
        assert not [zone for zone in ("New_York", "Brussels") if zone in content]


def test_a_digest_that_could_not_be_made_is_told_in_its_place() -> None:
    mail = rendered([sections.NOTICE])
    assert mail.subject == "No Invoice readiness today"
    assert "did not answer" in plain(mail.text)


def test_several_sections_are_one_mail_that_names_them_all() -> None:
    mail = rendered([DIGEST, sections.WEEKLY], pages)
    assert mail.subject == (
        "Invoice readiness 23 Nov: EUR 27,510 · USD 21,900 ready, EUR 53,400 blocked, "
        "5 changed; WIP aging 23 Nov: EUR 65,800 unbilled, EUR 64,000 of it for more than 90 days, "
        "7 undecided, 1 changed"
    )
    assert [name for name, _ in mail.attachments] == ["invoice_readiness.csv", "wip_aging.csv"]
    for content in (mail.text, mail.html):
        assert content.count("Why am I getting this?") == 2
    assert mail.html.count("<body") == 1


def test_the_csvs_of_two_companies_have_names_of_their_own() -> None:
    mail = rendered([DIGEST, {**DIGEST, "company_id": 2}])
    names = [name for name, _ in mail.attachments]
    assert names == ["invoice_readiness-1.csv", "invoice_readiness-2.csv"]


def test_names_from_odoo_are_escaped_in_html() -> None:
    mail = rendered([{**DIGEST, "company": "<script>alert(1)</script>"}])
    assert "<script>" not in mail.html
    assert "&lt;script&gt;" in mail.html


def test_sections_of_one_job_are_counted_together_in_the_subject() -> None:
    other = {**DIGEST, "company_id": 2, "company": "Nordwind US"}
    assert rendered([DIGEST, other], pages).subject == (
        "Invoice readiness 23 Nov: EUR 55,020 · USD 43,800 ready, EUR 106,800 blocked, 10 changed"
    )
    assert rendered([PERSON, PERSON], pages).subject == "Timesheet reminders: 2 to follow up"


def test_unbilled_work_leads_with_its_money_in_subject_and_first_line() -> None:
    (total,) = sections.WEEKLY["totals"]
    abroad = {**total, "currency": "USD", "wip": "5000.00", "buckets": {"91+": "0.00"}}
    other = {**sections.WEEKLY, "company_id": 2, "totals": [abroad]}
    led = "EUR 65,800 unbilled, EUR 64,000 of it for more than 90 days, 7 undecided, 1 changed"
    mail = rendered([sections.WEEKLY], pages)
    assert mail.subject == f"WIP aging 23 Nov: {led}"
    assert f"WIP AGING: {led}" in plain(mail.text)
    assert led in mail.html
    assert rendered([sections.WEEKLY, other], pages).subject == (
        "WIP aging 23 Nov: EUR 65,800 · USD 5,000 unbilled, EUR 64,000 of it for more than 90 "
        "days, 14 undecided, 2 changed"
    )
    german = {**sections.WEEKLY, "language": "de"}
    assert "65.800 EUR nicht berechnet, davon 64.000 EUR seit über 90 Tagen" in (
        rendered([german], pages).subject.replace("\xa0", " ")
    )


@pytest.mark.parametrize(
    ("reasons", "explained"),
    [
        ({}, False),
        ({"prepaid": "9.00", "fixed_price": "3.00"}, True),
        ({"prepaid": "9.00", "unexplained": "3.00"}, False),
    ],
)
def test_a_difference_to_odoo_whose_every_part_has_a_reason_says_so_at_the_head(
    reasons: dict[str, str], explained: bool
) -> None:
    (total,) = sections.WEEKLY["totals"]
    told = {**total, "residual": "12.00", "residual_by_reason": reasons}
    mail = rendered([{**sections.WEEKLY, "totals": [total, {**told, "currency": "USD"}]}])
    for content in (mail.text, mail.html):
        assert ("USD 12.00 (all of it explained)" in plain(content)) == explained


def test_shares_are_told_in_percent() -> None:
    (total,) = sections.WEEKLY["totals"]
    realized = {**total, "lock_up": {"collection_realization_percent": 93.15}}
    text = plain(rendered([{**sections.WEEKLY, "totals": [realized]}]).text)
    assert "EUR lock-up: collection realization 93.15 %" in text


def test_a_subject_that_grows_too_long_names_the_rest() -> None:
    long = [{**DIGEST, "title": f"Readiness of unit {number}"} for number in range(4)]
    subject = rendered(long, pages).subject
    assert len(subject) < 300
    assert subject.endswith("; and 2 more: Readiness of unit 2, Readiness of unit 3")


def test_a_line_break_in_a_name_stays_out_of_the_subject() -> None:
    found = [{**PERSON["findings"][0], "title": "3 h\r\nBcc: all@firm.example"}]
    assert rendered([{**PERSON, "findings": found}]).subject == "3 h Bcc: all@firm.example"


def test_the_csv_holds_every_row_and_runs_no_formula() -> None:
    rows = [{"sale_order": "=S1", "amount": "-5.00", "checks": [{"check": "price"}]}]
    ((_, text),) = rendered([{**DIGEST, "rows": rows}]).attachments
    assert text.removeprefix("\ufeff").splitlines() == ["sale_order,amount", "'=S1,-5.00"]


def test_a_section_that_a_template_cannot_show_is_refused_by_name() -> None:
    with pytest.raises(DeliveryRefused, match="'person' cannot show this message"):
        rendered([{**PERSON, "findings": []}])


@pytest.mark.parametrize("name", MAILS)
def test_the_same_section_gives_the_same_bytes(name: str) -> None:
    assert rendered([MAILS[name]], pages) == rendered([MAILS[name]], pages)


@pytest.mark.parametrize("name", MAILS)
def test_plain_text_stays_within_78_columns_but_for_addresses(name: str) -> None:
    for line in rendered([MAILS[name]], pages).text.splitlines():
        assert len(line) <= 78 or "http" in line, line


@pytest.mark.parametrize("name", MAILS)
def test_styles_are_inlined_and_those_for_phone_and_dark_kept(name: str) -> None:
    html = rendered([MAILS[name]]).html
    styles = html.partition("<style>")[2].partition("</style>")[0]
    assert styles.count("@media") == 3
    assert html.count('style="') > 10


def bars(**values: str) -> list[tuple[str, int]]:
    return list(Parts("EUR", "buckets", values).shares.items())


def test_amounts_that_add_up_are_shown_with_bars_that_compare_them() -> None:
    assert bars(young="50.00", older="0.00", old="200.00") == [
        ("young", 25),
        ("older", 0),
        ("old", 100),
    ]
    mail = rendered([sections.WEEKLY])
    assert "    91 days and more                       64,000.00  ██████████\n" in mail.text
    assert mail.html.count('bgcolor="#4f83b0"') == 3


def test_what_takes_from_each_other_or_is_one_or_two_has_no_bars() -> None:
    assert bars(young="50.00", older="-1.00", old="200.00") == []
    assert bars(young="50.00", old="200.00") == []
    assert bars(young="0.00", older="0.00", old="0.00") == []
    assert bars(young="50.00", older="none", old="200.00") == []
