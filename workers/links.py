"""Signed links to our pages: each is one person's, about one case or one job's mails, and expires.

FleetError
  LinkError
    LinkForged     we never signed it
    LinkExpired    we did, too long ago
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
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
    """What a link says: who holds it, and what about; key "" stands for all mails of a job.

    language: that of the mail it stands in, "" where nobody knows.
    """

    person: str
    job: str
    tenant: str
    company_id: int
    key: str
    issued_on: date
    language: str = ""


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
        self,
        person: str,
        job: str,
        tenant: str,
        company_id: int,
        key: str,
        issued_on: date,
        language: str = "",
    ) -> str:
        """The page of a case; the same on the same day, so that a mail can be rebuilt."""
        return self._url(CASE, Link(person, job, tenant, company_id, key, issued_on, language))

    def preferences(
        self,
        person: str,
        job: str,
        tenant: str,
        company_id: int,
        issued_on: date,
        language: str = "",
    ) -> str:
        """The page where a person chooses whether to get the mails of a job."""
        link = Link(person, job, tenant, company_id, "", issued_on, language)
        return self._url(PREFERENCES, link)

    def read(self, page: str, token: str) -> Link:
        """What a token of `page` (CASE or PREFERENCES) says. Raises LinkForged or LinkExpired."""
        link = self._signed(page, token)
        if self.clock().date() > link.issued_on + timedelta(days=self.days):
            raise LinkExpired(f"this link is from {link.issued_on}, and opens for {self.days} days")
        return link

    def language(self, token: str) -> str:
        """The language of the mail that a link came with, even if it is too old; "" for others."""
        for page in (CASE, PREFERENCES):
            with suppress(LinkForged):
                return self._signed(page, token).language
        return ""

    def _signed(self, page: str, token: str) -> Link:
        try:
            # Links of mails that went out before links knew a language end with their day.
            person, job, tenant, company_id, key, day, *language = self._signer(page).loads(token)
            return Link(person, job, tenant, company_id, key, date.fromisoformat(day), *language)
        except (BadData, ValueError, TypeError) as error:
            raise LinkForged("this link is incomplete or was changed on its way") from error

    def _url(self, page: str, link: Link) -> str:
        *said, issued_on, language = astuple(link)
        token = self._signer(page).dumps([*said, issued_on.isoformat(), language])
        return f"{self.web_url}/{page}/{token}"

    def _signer(self, page: str) -> URLSafeSerializer:
        return URLSafeSerializer(list(self.secrets), salt=f"fleet.{page}")
