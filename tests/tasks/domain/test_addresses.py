"""One address is told from none and from several, and its domain goes out in ASCII."""

import pytest

from tasks.domain.addresses import problem, single


@pytest.mark.parametrize(
    ("text", "spec", "name"),
    [
        ("finance@acme.example", "finance@acme.example", ""),
        (" finance@acme.example ", "finance@acme.example", ""),
        ("fleet@localhost", "fleet@localhost", ""),
        ("Acme Consulting <fleet@acme.example>", "fleet@acme.example", "Acme Consulting"),
        ('"Acme, Inc." <fleet@acme.example>', "fleet@acme.example", "Acme, Inc."),
        ("a/b+c@acme.example", "a/b+c@acme.example", ""),
        ('"eva, maria@home"@acme.example', '"eva, maria@home"@acme.example', ""),
        ("eva@bücher.example", "eva@xn--bcher-kva.example", ""),
    ],
)
def test_one_address_is_read(text: str, spec: str, name: str) -> None:
    found = single(text)
    assert (found.addr_spec, found.display_name) == (spec, name)
    assert problem(text) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("eva@acme.example; jan@acme.example", "is more than one address"),
        ("eva@acme.example, jan@acme.example", "is more than one address"),
        ("eva@acme.example jan@acme.example", "is more than one address"),
        ("eva@acme.example/jan@acme.example", "is no address"),
        ("eva@acme.example <jan@acme.example>", "is more than one address"),
        ("Kern, Eva <eva@acme.example>", "is more than one address"),
        ("no address", "is no address"),
        ("", "is no address"),
        ("@acme.example", "is no address"),
        ("eva@", "is no address"),
        ("eva@acme..example", "is no address"),
        ("eva@acme.example>", "is no address"),
        ("eva..maria@acme.example", "is no address"),
        ("eva@-acme.example", "is no address"),
        ("eva@acme!example", "is no address"),
        (f"{'e' * 300}@acme.example", "is no address"),
        ("eva@acme.example\r\nBcc: x", "has a line break"),
        ("müller@acme.example", "has letters before its @"),
    ],
)
def test_what_is_not_one_address_says_why(text: str, words: str) -> None:
    assert words in problem(text)
    with pytest.raises(ValueError, match=r"@|address"):
        single(text)
