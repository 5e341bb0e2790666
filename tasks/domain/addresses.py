"""One e-mail address that every mail server on the way can answer to, or why a text is none."""

import re
from email.errors import HeaderParseError
from email.headerregistry import Address
from functools import lru_cache
from typing import Final

# Octets (RFC 5321); all that is taken here is ASCII in the end.
LONGEST: Final = 254
LONGEST_LOCAL: Final = 64
# What nobody sees and a paste leaves around a text, beside what Python takes for blank.
_UNSEEN: Final = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
_ATOM: Final = r"[^\s@<>()\[\]\\,;:\"]+"
_QUOTED: Final = r'"[^"\\]*"'
# Address literals are left out: nobody has them.
_SPEC: Final = re.compile(rf"(?:{_ATOM}|{_QUOTED})@{_ATOM}")
_NAMED: Final = re.compile(r"([^<>]*)<([^<>]*)>")
_DOMAIN: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\.?")


def single(text: str) -> Address:
    """The one address in `a@b.example` or `Name <a@b.example>`; its domain is ASCII (IDNA).

    What is blank around it does not count. Raises ValueError with what is wrong. A name before the
    @ that is not ASCII needs SMTPUTF8, which few mail servers offer.
    """
    text = stripped(text)
    named = _NAMED.fullmatch(text)
    name, spec = named.groups() if named else ("", text)
    name, spec = stripped(name).strip('"'), stripped(spec)
    if any(character < " " for character in text):
        raise ValueError(f"{text!r} is not an address: it has a line break or the like in it")
    # Within quotes everything is a name.
    bare = re.sub(_QUOTED, "quoted", text)
    if len(_SPEC.findall(bare)) > 1 or (named and re.search("[,;@]", bare.partition("<")[0])):
        raise ValueError(f"{text!r} is more than one address")
    if not _SPEC.fullmatch(spec):
        raise ValueError(f"{text!r} is not an address")
    local, _, domain = spec.rpartition("@")
    if not local.isascii():
        raise ValueError(f"{spec} has letters before its @ that few mail servers take")
    return _made(name, local, domain)


def stripped(text: str) -> str:
    """Without the blanks, line ends and unseen characters around it."""
    before = ""
    while before != text:
        before, text = text, text.strip().strip(_UNSEEN)
    return text


@lru_cache(maxsize=10_000)
def problem(text: str) -> str:
    """Why a text is not one address; empty when it is."""
    try:
        single(text)
    except ValueError as error:
        return str(error)
    return ""


def _made(name: str, local: str, domain: str) -> Address:
    """Raises ValueError."""
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
        made = Address(name, addr_spec=f"{local}@{ascii_domain}")
    except (UnicodeError, HeaderParseError, ValueError) as error:
        raise ValueError(f"{local}@{domain} is not an address") from error
    if not _DOMAIN.fullmatch(ascii_domain):
        raise ValueError(f"{local}@{domain} is not an address")
    if len(local) > LONGEST_LOCAL or len(made.addr_spec) > LONGEST:
        raise ValueError(
            f"{local}@{domain} is not an address: it has more than {LONGEST_LOCAL} characters "
            f"before its @, or than {LONGEST} in all"
        )
    return made
