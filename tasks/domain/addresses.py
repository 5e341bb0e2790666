"""One e-mail address that every mail server on the way can answer to, or why a text is none."""

import re
from email.errors import HeaderParseError
from email.headerregistry import Address
from typing import Final

LONGEST: Final = 254
_ATOM: Final = r"[^\s@<>()\[\]\\,;:\"]+"
_QUOTED: Final = r'"[^"\\]*"'
# Address literals are left out: nobody has them.
_SPEC: Final = re.compile(rf"(?:{_ATOM}|{_QUOTED})@{_ATOM}")
_NAMED: Final = re.compile(r"([^<>]*)<([^<>]*)>")
_DOMAIN: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\.?")


def single(text: str) -> Address:
    """The one address in `a@b.example` or `Name <a@b.example>`; its domain is ASCII (IDNA).

    Raises ValueError with what is wrong. A name before the @ that is not ASCII needs SMTPUTF8,
    which few mail servers offer.
    """
    named = _NAMED.fullmatch(text.strip())
    name, spec = named.groups() if named else ("", text)
    name, spec = name.strip().strip('"'), spec.strip()
    if any(character < " " for character in text):
        raise ValueError(f"{text!r} is no address: it has a line break or the like in it")
    # Within quotes everything is a name.
    bare = re.sub(_QUOTED, "quoted", text)
    if len(_SPEC.findall(bare)) > 1 or (named and re.search("[,;@]", bare.partition("<")[0])):
        raise ValueError(f"{text!r} is more than one address")
    if not _SPEC.fullmatch(spec):
        raise ValueError(f"{text!r} is no address")
    local, _, domain = spec.rpartition("@")
    if not local.isascii():
        raise ValueError(f"{spec} has letters before its @ that few mail servers take")
    return _made(name, local, domain)


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
        raise ValueError(f"{local}@{domain} is no address") from error
    if not _DOMAIN.fullmatch(ascii_domain) or len(made.addr_spec) > LONGEST:
        raise ValueError(f"{local}@{domain} is no address")
    return made
