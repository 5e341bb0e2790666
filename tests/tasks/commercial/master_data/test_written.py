"""What counts of names, VAT numbers and addresses, and what people write around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.commercial.master_data.written import (
    LEGAL_FORMS,
    MOST_LETTERS,
    VatNumber,
    mail_domains,
    name_key,
    vat_number,
)

WORDS = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=6, max_size=12)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Hafenwerk GmbH", "hafenwerk"),
        ("HAFENWERK  Gmbh & Co. KG", "hafenwerk"),
        ("Société Générale S.A.", "societe generale"),
        ("SARL Dupont", "dupont"),
        ("Müller & Söhne OHG", "muller sohne"),
        ("Muller und Sohne", "muller sohne"),
        ("Łódź Sp. z o.o.", "lodz"),
        ("A.P. Møller - Mærsk A/S", "ap moller maersk"),
        ("Straße AG", "strasse"),
        ("O'Neill, Inc.", "oneill"),
        ("O\u2019Neill Inc", "oneill"),
        ("ＦＵＬＬＷＩＤＴＨ Ltd", "fullwidth"),  # noqa: RUF001
        ("İstanbul A.Ş.", "istanbul"),
        # A legal form alone, and what stands between other words, is a name.
        ("Co GmbH", "co"),
        ("AG", "ag"),
        ("Kunst AG Verlag", "kunst ag verlag"),
        ("And", "and"),
        ("شركة النور", "شركة النور"),
        ("🍺", "🍺"),
        ("🍺 Bräu", "brau"),
        ("", ""),
        ("  \t ", ""),
    ],
)
def test_a_name_is_its_words_without_what_people_write_around_them(written: str, key: str) -> None:
    assert name_key(written) == key


def test_of_a_name_that_has_no_end_the_beginning_counts() -> None:
    assert len(name_key("a" * 10_000)) == MOST_LETTERS
    assert name_key("a" * 10_000) == name_key("a" * 10_001)


@given(st.text(max_size=60))
def test_a_key_has_neither_blanks_around_it_nor_two_in_a_row(name: str) -> None:
    key = name_key(name)
    assert key == " ".join(key.split())
    assert bool(key) or not any(sign.isalnum() for sign in name)


@given(WORDS, st.sampled_from(sorted(LEGAL_FORMS)))
def test_legal_forms_and_case_make_no_other_name(word: str, form: str) -> None:
    assert (
        name_key(f"{word} {form}") == name_key(f"{form.upper()} {word.upper()}") == name_key(word)
    )


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("BE 0400.000.021", VatNumber("BE", "0400000021")),
        ("be0400000021", VatNumber("BE", "0400000021")),
        ("0400 000 021", VatNumber("", "0400000021")),
        ("CHE-123.456.789 MWST", VatNumber("CH", "E123456789")),
        ("ESB12345678", VatNumber("ES", "B12345678")),
        # What people type who know none.
        ("BE0000000000", None),
        ("99999", None),
        ("/", None),
        ("n/a", None),
        ("BE 1", None),
        ("", None),
        (None, None),
    ],
)
def test_a_vat_number_is_its_signs(written: str | None, number: VatNumber | None) -> None:
    assert vat_number(written) == number


@pytest.mark.parametrize(
    ("written", "domains"),
    [
        ("Ann <Ann@Firm.Example>", {"firm.example"}),
        ("a@firm.example; b@other.example, c@firm.example", {"firm.example", "other.example"}),
        ("a@münchen.example", {"xn--mnchen-3ya.example"}),
        ("a@localhost", set()),
        ("a@", set()),
        (f"a@{'x' * 300}.example", set()),
        ("\u202ea@firm.example", {"firm.example"}),
        ("no address", set()),
        (None, set()),
    ],
)
def test_the_domains_of_addresses_are_in_ascii(written: str | None, domains: set[str]) -> None:
    assert mail_domains(written) == domains


@given(st.text(max_size=80))
def test_no_text_breaks_what_is_read_out_of_it(text: str) -> None:
    assert all("." in domain and domain.isascii() for domain in mail_domains(text))
    number = vat_number(text)
    assert number is None or len(number.number) >= 5
