"""When the fleet's API key in Odoo expires: an expired one stops every job of its tenant."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from odoo_gateway.reader import Reader
from odoo_gateway.records import Record

# As long as the alert looks ahead; Odoo 19 lets a key live for 90 days.
NOTICE: Final = timedelta(days=14)


@dataclass(frozen=True)
class ApiKey(Record):
    """A key of a user. expiration_date: None when it never ends, as all before Odoo 18."""

    MODEL: ClassVar[str] = "res.users.apikeys"
    MODULE: ClassVar[str] = "base"
    id: int
    name: str
    expiration_date: datetime | None = None


@dataclass(frozen=True)
class Expiry:
    """Which key ends, and when."""

    name: str
    at: datetime


def first_to_expire(reader: Reader, login: str) -> Expiry | None:
    """The key of the user that ends first, None when none does.

    Odoo does not tell which of them we use. Raises OdooError where keys are not readable.
    """
    keys = reader.search(ApiKey, [("user_id.login", "=", login)])
    ends = [Expiry(key.name, key.expiration_date) for key in keys if key.expiration_date]
    return min(ends, key=lambda expiry: expiry.at, default=None)
