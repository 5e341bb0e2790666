"""What of a name, a VAT number and an e-mail address counts when two of them are compared."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

# Of a longer text no more is compared: no firm and no project is called so.
MOST_LETTERS: Final = 256
# What Unicode does not take apart into a letter and its accent.
LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "\u0131": "i"}
)
# As they read without accents and points; those of several words last.
LEGAL_FORMS: Final = frozenset(
    (
        *("ab", "ag", "aps", "as", "asa", "asbl", "bv", "bvba", "co", "company", "corp"),
        *("corporation", "cv", "doo", "eg", "eood", "ev", "gbr", "gesmbh", "gmbh", "inc"),
        *("incorporated", "kft", "kg", "kgaa", "lda", "limited", "llc", "llp", "lp", "ltd", "mbh"),
        *("nv", "ohg", "ood", "oy", "oyj", "plc", "pty", "sa", "sagl", "sarl", "sas", "sasu"),
        *("sca", "scs", "se", "sicav", "sl", "slu", "snc", "spa", "spol", "sprl", "spzoo", "srl"),
        *("srls", "sro", "ug", "vof", "vzw", "zrt", "a s", "sa rl", "sp z oo", "sp zoo", "d oo"),
    )
)
MOST_WORDS: Final = max(form.count(" ") + 1 for form in LEGAL_FORMS)
POINTS: Final = ".'\u2019"
AND: Final = frozenset({"and", "et", "und"})

# What stands behind a Swiss number says what it is for.
_VAT_ENDING: Final = re.compile(r"(MWST|TVA|IVA)$")
# A number of fewer signs, or of one and the same, is what people type where they know none.
FEWEST_SIGNS: Final = 5
_DOMAIN: Final = re.compile(r"@([^\s@<>(),;:\"\[\]]+)")


@dataclass(frozen=True)
class VatNumber:
    """A VAT number without what people write between its signs; country "" where none is named."""

    country: str
    number: str


def name_key(name: str) -> str:
    """The words of a name without case, accents, points and legal forms; "" of blanks alone.

    A name of nothing but signs, such as an emoji, stays those signs.
    """
    plain = _plain(name)
    spelt = "".join(letter if letter.isalnum() else " " for letter in plain)
    words = spelt.split()
    words = _without_forms([word for word in words if word not in AND] or words)
    return " ".join(words or plain.split())[:MOST_LETTERS].strip()


def vat_number(vat: str | None) -> VatNumber | None:
    """The number, or None where there is none that tells one customer from another."""
    signs = "".join(sign for sign in (vat or "")[:MOST_LETTERS].upper() if sign.isalnum())
    signs = _VAT_ENDING.sub("", signs)
    country = signs[:2] if signs[:2].isalpha() else ""
    number = signs.removeprefix(country)
    if len(number) < FEWEST_SIGNS or len(set(number)) == 1:
        return None
    return VatNumber(country, number)


def mail_domains(email: str | None) -> frozenset[str]:
    """The domains of the addresses in a text, in small letters and ASCII (IDNA)."""
    found = (domain.strip(".").lower() for domain in _DOMAIN.findall(email or ""))
    return frozenset(known for domain in found if "." in domain and (known := _in_ascii(domain)))


def _plain(name: str) -> str:
    """Without case, accents and points, so that S.A. is SA."""
    folded = unicodedata.normalize("NFKD", name[: 4 * MOST_LETTERS]).casefold()
    kept = (sign for sign in folded if not unicodedata.combining(sign) and sign not in POINTS)
    return unicodedata.normalize("NFKC", "".join(kept).translate(LETTERS))


def _without_forms(words: list[str]) -> list[str]:
    """Without the legal forms at both ends, where something is left."""
    found = words
    while (shorter := _shorter(found)) != found:
        found = shorter
    return found


def _shorter(words: list[str]) -> list[str]:
    for count in range(min(MOST_WORDS, len(words) - 1), 0, -1):
        if " ".join(words[-count:]) in LEGAL_FORMS:
            return words[:-count]
        if " ".join(words[:count]) in LEGAL_FORMS:
            return words[count:]
    return words


def _in_ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
