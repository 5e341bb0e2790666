"""The pages where a reader opts out of the mails of jobs, and in again."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from tasks.domain.acts import ActKind
from tasks.domain.texts import Text
from workers.ledger import acts
from workers.ledger.database import Connection
from workers.links import PREFERENCES, Link
from workers.web import cases
from workers.web.acting import Sent, Site, done, record, unused_nonce
from workers.web.cases import Destination
from workers.web.forms import filled
from workers.web.pages import page, reader_of
from workers.web.refusals import NotAllowed, NotYours, Refused


@dataclass(frozen=True)
class Choice:
    """Whether a reader gets the mails of a job, and the form to change it."""

    where: Destination
    out: bool
    #: Of its page.
    token: str
    form: str

    @property
    def allowed(self) -> bool:
        """Whether the policy lets the reader choose."""
        return _allowed(self.where)


@dataclass(frozen=True)
class PreferencesPage:
    """Shows whether a reader gets the mails of a job, and changes it where the policy allows."""

    site: Site

    def show(self, request: Request) -> Response:
        """How it stands, with the form to change it."""
        link = self.site.links.read(PREFERENCES, request.path_params["token"])
        with self.site.fleet.ledger.reading() as connection:
            choice = choice_of(self.site, connection, link)
        return page(
            reader_of(request, self.site.links),
            "preferences",
            reader=link.person,
            choice=choice,
            done=done(request),
        )

    def act(self, request: Request, fields: dict[str, str]) -> Response:
        """Opt out or in."""
        token = request.path_params["token"]
        sent = Sent(token, self.site.links.read(PREFERENCES, token), fields)
        nonce = unused_nonce(self.site, sent)
        with self.site.fleet.ledger.reading() as connection:
            where = _destination(self.site, connection, sent.link)
        form = filled(fields, where.today)
        if form.kind not in (ActKind.OPTED_OUT, ActKind.OPTED_IN) or not _allowed(where):
            raise NotAllowed(
                Text("the policy of your firm does not allow to opt out of these mails")
            )
        return record(self.site, sent.link, form, nonce, None)


@dataclass(frozen=True)
class MailsPage:
    """Shows the same of all jobs whose mails came as one; each form leads to its own page."""

    site: Site

    def show(self, request: Request) -> Response:
        """How each stands. Raises NotYours where the reader gets none of them any more."""
        links = self.site.links.read_mails(request.path_params["token"])
        choices = list(self._choices(links))
        if not choices:
            raise NotYours(Text("you get no mails of this kind"))
        reader = reader_of(request, self.site.links)
        return page(reader, "mails", reader=links[0].person, choices=choices)

    def _choices(self, links: Sequence[Link]) -> Iterator[Choice]:
        with self.site.fleet.ledger.reading() as connection:
            for link in links:
                # Of one that is gone there is nothing to choose.
                with suppress(Refused):
                    yield choice_of(self.site, connection, link)


def choice_of(site: Site, connection: Connection, link: Link) -> Choice:
    """How a reader stands to the mails of a job. Raises NotYours or UnknownCase."""
    where, token = _destination(site, connection, link), site.links.token(PREFERENCES, link)
    standing = acts.standing(connection, link.place)
    out = {act.person for act in standing if act.kind is ActKind.OPTED_OUT}
    return Choice(where, link.person.lower() in out, token, site.forms.sign(token))


def _destination(site: Site, connection: Connection, link: Link) -> Destination:
    where = cases.destination(site.fleet, connection, link)
    if not cases.concerns(connection, where, link):
        raise NotYours(Text("you get no mails of this kind"))
    return where


def _allowed(where: Destination) -> bool:
    return where.tenant.may_opt_out(where.job.name)
