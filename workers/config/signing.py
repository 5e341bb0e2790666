"""Signatures of the Standard Webhooks specification: version v1, symmetric keys."""

import base64
import binascii
import hashlib
import hmac
from typing import Final

PREFIX: Final = "whsec_"
# The specification's bounds of a key.
KEY_BYTES: Final = range(24, 65)


def sign(secret: str, identity: str, stamp: str, body: bytes) -> str:
    """`v1,` and the base64 of the HMAC-SHA256 of id, seconds and body. ValueError: see key_of."""
    signed = b".".join([identity.encode(), stamp.encode(), body])
    digest = hmac.new(key_of(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def key_of(secret: str) -> bytes:
    """The key in `whsec_...`. Raises ValueError, saying how to make one."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(PREFIX) or len(key) not in KEY_BYTES:
        raise ValueError(
            f"is not a webhook secret; make one: echo {PREFIX}$(openssl rand -base64 32)"
        )
    return key
