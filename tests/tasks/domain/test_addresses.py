"""One address is told from none and from several, and its domain goes out in ASCII."""

import pytest

from tasks.domain.addresses import problem, single, stripped


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
        ("eva@acme.example/jan@acme.example", "is not an address"),
        ("eva@acme.example <jan@acme.example>", "is more than one address"),
        ("Kern, Eva <eva@acme.example>", "is more than one address"),
        ("no address", "is not an address"),
        ("", "is not an address"),
        ("@acme.example", "is not an address"),
        ("eva@", "is not an address"),
        ("eva@acme..example", "is not an address"),
        ("eva@acme.example>", "is not an address"),
        ("eva..maria@acme.example", "is not an address"),
        ("eva@-acme.example", "is not an address"),
        ("eva@acme!example", "is not an address"),
        (f"{'e' * 300}@acme.example", "is not an address"),
        ("eva@acme.example\r\nBcc: x", "has a line break"),
        ("müller@acme.example", "has letters before its @"),
    ],
)
def test_what_is_not_one_address_says_why(text: str, words: str) -> None:
    assert words in problem(text)
    with pytest.raises(ValueError, match=r"@|address"):
        single(text)


AROUND = ["\n", "\t", "\r\n", " ", "\u00a0", "\u202f", "\u200b", "\ufeff", "\u00a0\u200b\n"]


@pytest.mark.parametrize("blank", AROUND, ids=ascii)
@pytest.mark.parametrize("text", ["eva@acme.example", "Eva Kern <eva@acme.example>"])
def test_what_a_paste_leaves_around_an_address_does_not_count(text: str, blank: str) -> None:
    for around in (f"{blank}{text}", f"{text}{blank}", f"{blank}{text}{blank}"):
        assert stripped(around) == text
        assert single(around) == single(text)
    inside = text.replace("@", f"@{blank}")
    assert problem(inside) or blank == "\u200b" or blank == "\ufeff"


@pytest.mark.parametrize(
    ("local", "domain", "fits"),
    [
        ("e" * 64, "acme.example", True),
        ("e" * 65, "acme.example", False),
        (f'"{"e" * 62}"', "acme.example", True),
        (f'"{"e" * 63}"', "acme.example", False),
        ("e" * 64, ".".join(["d" * 62] * 3), True),
        ("e" * 64, ".".join(["d" * 62] * 3 + ["x"]), False),
        # In ASCII, as it goes out.
        ("e" * 20, ".".join(["ü" * 40] * 3), True),
        ("e" * 64, ".".join(["ü" * 50] * 4), False),
    ],
)
def test_an_address_is_as_long_as_mail_servers_must_take(
    local: str, domain: str, fits: bool
) -> None:
    said = problem(f"{local}@{domain}")
    assert (said == "") is fits
