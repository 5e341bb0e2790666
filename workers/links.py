"""Signed links to our pages: each is one person's, about a case or the mails of jobs, and expires.

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
from tasks.domain.texts import Text
from workers.ledger.places import Place

CASE: Final = "c"
PREFERENCES: Final = "p"
MAILS: Final = "m"
EFFECT: Final = "e"


class LinkError(FleetError):
    """The link does not open; `why` is for who opened it."""

    def __init__(self, why: Text) -> None:
        super().__init__(why)
        self.why = why


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
    #: That of the mail it stands in, "" where nobody knows.
    language: str = ""

    @property
    def place(self) -> Place:
        """What it is about, as the ledger knows it."""
        return Place(self.job, self.tenant, self.company_id)


@dataclass(frozen=True)
class Links:
    """Makes links under `web_url`, and reads those that are no more than `days` old."""

    web_url: str
    #: Oldest first; the last one signs, all of them are accepted.
    secrets: Sequence[str] = field(repr=False)
    days: int
    clock: Callable[[], datetime]

    def case(
        self,
        person: str,
        place: Place,
        key: str,
        issued_on: date,
        language: str = "",
    ) -> str:
        """The page of a case; the same on the same day, so that a mail can be rebuilt."""
        return self._url(
            CASE, Link(person, **place.columns, key=key, issued_on=issued_on, language=language)
        )

    def preferences(
        self,
        person: str,
        place: Place,
        issued_on: date,
        language: str = "",
    ) -> str:
        """The page where a person chooses whether to get the mails of a job."""
        link = Link(person, **place.columns, key="", issued_on=issued_on, language=language)
        return self._url(PREFERENCES, link)

    def effect(
        self, person: str, place: Place, effect_id: int, issued_on: date, language: str = ""
    ) -> str:
        """The page where a person decides about an effect, or sees how it stands."""
        link = Link(
            person,
            **place.columns,
            key=str(effect_id),
            issued_on=issued_on,
            language=language,
        )
        return self._url(EFFECT, link)

    def mails(self, links: Sequence[Link]) -> str:
        """The page where a person chooses among mails of several jobs; links: to each of them."""
        token = self._signer(MAILS).dumps([_said(link) for link in links])
        return f"{self.web_url}/{MAILS}/{token}"

    def token(self, page: str, link: Link) -> str:
        """What stands for a link in the address of its page."""
        return str(self._signer(page).dumps(_said(link)))

    def read(self, page: str, token: str) -> Link:
        """What a token of `page` (CASE, PREFERENCES or EFFECT) says.

        Raises LinkForged or LinkExpired.
        """
        (link,) = self._fresh(page, token)
        return link

    def read_mails(self, token: str) -> Sequence[Link]:
        """The links to each of the mails. Raises LinkForged or LinkExpired."""
        return self._fresh(MAILS, token)

    def language(self, token: str) -> str:
        """The language of the mail that a link came with, even if it is too old; "" for others."""
        for page in (CASE, PREFERENCES, MAILS, EFFECT):
            with suppress(LinkForged):
                return self._signed(page, token)[0].language
        return ""

    def _fresh(self, page: str, token: str) -> Sequence[Link]:
        links = self._signed(page, token)
        issued_on = links[0].issued_on
        last = issued_on + timedelta(days=self.days)
        if self.clock().date() > last:
            raise LinkExpired(
                Text("this link is from {day}, and opened until {until}", day=issued_on, until=last)
            )
        return links

    def _signed(self, page: str, token: str) -> Sequence[Link]:
        try:
            said = self._signer(page).loads(token)
            return [_link(*each) for each in (said if page == MAILS else [said])]
        except (BadData, ValueError, TypeError) as error:
            why = Text("this link is incomplete or was changed on its way")
            raise LinkForged(why) from error

    def _url(self, page: str, link: Link) -> str:
        return f"{self.web_url}/{page}/{self.token(page, link)}"

    def _signer(self, page: str) -> URLSafeSerializer:
        return URLSafeSerializer(list(self.secrets), salt=f"fleet.{page}")


def _said(link: Link) -> Sequence[str | int]:
    *about, issued_on, language = astuple(link)
    return [*about, issued_on.isoformat(), language]


def _link(
    person: str, job: str, tenant: str, company_id: int, key: str, day: str, language: str = ""
) -> Link:
    """Links of mails that went out before links knew a language end with their day."""
    return Link(person, job, tenant, company_id, key, date.fromisoformat(day), language)
