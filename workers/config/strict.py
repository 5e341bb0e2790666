"""The base of everything that a configuration may say, and types with rules of their own."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from tasks.domain import addresses
from tasks.domain.matrix import FIELDS
from tasks.domain.written import Written

SECRET_LENGTH: Final = 32


class Strict(Written):
    """Frozen, unknown keys refused, and every value what its writer meant."""


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    sound = parts.scheme in ("http", "https") and parts.hostname
    if url and (not sound or parts.query or parts.fragment or parts.username):
        raise ValueError("give an address like https://fleet.example.com")
    return url.rstrip("/")


def _one_address(text: str) -> str:
    addresses.single(text)
    return addresses.stripped(text)


def bare_address(text: str) -> str:
    """An address by itself, without blanks around it. Raises ValueError for anything else."""
    if addresses.single(text).display_name or "<" in text:
        raise ValueError(f"{text!r}: give the address alone, like finance@acme.example")
    return addresses.stripped(text)


def _holder(text: str) -> str:
    return text if text in FIELDS else bare_address(text)


def _holders(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < SECRET_LENGTH:
        raise ValueError(
            f"shorter than {SECRET_LENGTH} characters; make one with `openssl rand -hex 32`"
        )
    return secret


# Empty, or http(s) without a slash at its end.
WebAddress = Annotated[str, AfterValidator(_web_address)]
LongSecret = Annotated[SecretStr, AfterValidator(_long_enough)]
# A day at most: what waits longer was meant otherwise, and 1e300 is not a time span.
Seconds = Annotated[float, Field(gt=0, le=86_400)]
# An address, perhaps with a name before it; and one by itself.
Sender = Annotated[str, AfterValidator(_one_address)]
Email = Annotated[str, AfterValidator(bare_address)]
# Who holds a role: addresses, or a field of the record that names a user.
Holders = Annotated[tuple[Annotated[str, AfterValidator(_holder)], ...], BeforeValidator(_holders)]
