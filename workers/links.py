"""Signed links to our pages: each is one person's, about one case or one job's mails, and expires.

FleetError
  LinkError
    LinkForged     we never signed it
    LinkExpired    we did, too long ago
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from itsdangerous import BadData, URLSafeSerializer

from odoo_gateway.errors import FleetError

CASE: Final = "c"
PREFERENCES: Final = "p"


class LinkError(FleetError):
    """The link does not open."""


class LinkForged(LinkError):
    """The link is incomplete or was changed on its way."""


class LinkExpired(LinkError):
    """The link was good once."""


@dataclass(frozen=True)
class Link:
    """What a link says: who holds it, and what about; key "" stands for all mails of a job."""

    person: str
    job: str
    tenant: str
    company_id: int
    key: str
    issued_on: date


@dataclass(frozen=True)
class Links:
    """Makes links under `web_url`, and reads those that are no more than `days` old.

    secrets: oldest first; the last one signs, all of them are accepted.
    """

    web_url: str
    secrets: Sequence[str] = field(repr=False)
    days: int
    clock: Callable[[], datetime]

    def case(
        self, person: str, job: str, tenant: str, company_id: int, key: str, issued_on: date
    ) -> str:
        """The page of a case; the same on the same day, so that a mail can be rebuilt."""
        return self._url(CASE, Link(person, job, tenant, company_id, key, issued_on))

    def preferences(
        self, person: str, job: str, tenant: str, company_id: int, issued_on: date
    ) -> str:
        """The page where a person chooses whether to get the mails of a job."""
        return self._url(PREFERENCES, Link(person, job, tenant, company_id, "", issued_on))

    def read(self, page: str, token: str) -> Link:
        """What a token of `page` (CASE or PREFERENCES) says. Raises LinkForged or LinkExpired."""
        try:
            person, job, tenant, company_id, key, issued_on = self._signer(page).loads(token)
            link = Link(person, job, tenant, company_id, key, date.fromisoformat(issued_on))
        except (BadData, ValueError, TypeError) as error:
            raise LinkForged("this link is incomplete or was changed on its way") from error
        if self.clock().date() > link.issued_on + timedelta(days=self.days):
            raise LinkExpired(f"this link is from {link.issued_on}, and opens for {self.days} days")
        return link

    def _url(self, page: str, link: Link) -> str:
        *said, issued_on = astuple(link)
        token = self._signer(page).dumps([*said, issued_on.isoformat()])
        return f"{self.web_url}/{page}/{token}"

    def _signer(self, page: str) -> URLSafeSerializer:
        return URLSafeSerializer(list(self.secrets), salt=f"fleet.{page}")
