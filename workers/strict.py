"""The base of everything that a configuration may say, and types with rules of their own."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

SECRET_LENGTH: Final = 32


class Strict(BaseModel):
    """Frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    sound = parts.scheme in ("http", "https") and parts.hostname
    if url and (not sound or parts.query or parts.fragment or parts.username):
        raise ValueError("give an address like https://fleet.example.com")
    return url.rstrip("/")


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < SECRET_LENGTH:
        raise ValueError(
            f"shorter than {SECRET_LENGTH} characters; make one with `openssl rand -hex 32`"
        )
    return secret


# Empty, or http(s) without a slash at its end.
WebAddress = Annotated[str, AfterValidator(_web_address)]
LongSecret = Annotated[SecretStr, AfterValidator(_long_enough)]
