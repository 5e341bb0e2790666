"""When the fleet's API key in Odoo expires: an expired one stops every job of its tenant."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from odoo_gateway.errors import OdooRejected
from odoo_gateway.reader import Reader
from odoo_gateway.records import Record

# As long as the alert looks ahead; Odoo 19 lets a key live for 90 days.
NOTICE: Final = timedelta(days=14)


@dataclass(frozen=True)
class ApiKey(Record):
    """A key of a user."""

    MODEL: ClassVar[str] = "res.users.apikeys"
    MODULE: ClassVar[str] = "base"
    id: int
    name: str
    #: None when it never ends, as all before Odoo 18.
    expiration_date: datetime | None = None
    #: What it opens, None for everything.
    scope: str | None = None

    def may_be_ours(self, now: datetime) -> bool:
        """Whether one who is logged in over RPC now may have come with it."""
        return self.scope in (None, "rpc") and not (
            self.expiration_date and self.expiration_date < now
        )


@dataclass(frozen=True)
class Expiry:
    """Which key ends, and when."""

    name: str
    at: datetime


def first_to_expire(reader: Reader, login: str, now: datetime) -> Expiry | None:
    """The key of the user that ends first, None when none does.

    Odoo does not tell which of them we use; one that has expired, or opens something else than
    RPC, it is not. Raises OdooError where keys are not readable, or none is that may be ours.
    """
    keys = [
        key
        for key in reader.search(ApiKey, [("user_id.login", "=", login)])
        if key.may_be_ours(now)
    ]
    if not keys:
        raise OdooRejected(f"no API key of {login} is seen with which it may have logged in")
    ends = [Expiry(key.name, key.expiration_date) for key in keys if key.expiration_date]
    return min(ends, key=lambda expiry: expiry.at, default=None)
