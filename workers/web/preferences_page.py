"""The page where a reader opts out of the mails of a job, and in again."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from tasks.domain.acts import ActKind
from workers.ledger import acts
from workers.ledger.database import Connection
from workers.links import PREFERENCES, Link
from workers.web import cases
from workers.web.acting import Sent, Site, done, record, unused_nonce
from workers.web.cases import Place
from workers.web.forms import filled
from workers.web.pages import page, reader_of
from workers.web.refusals import NotAllowed, NotYours


@dataclass(frozen=True)
class PreferencesPage:
    """Shows whether a reader gets the mails of a job, and changes it where the policy allows."""

    site: Site

    def show(self, request: Request) -> Response:
        """How it stands, with the form to change it."""
        token = request.path_params["token"]
        link = self.site.links.read(PREFERENCES, token)
        with self.site.fleet.ledger.reading() as connection:
            where = self._place(connection, link)
            standing = acts.standing(connection, link.job, link.tenant, link.company_id)
        out = {act.person for act in standing if act.kind is ActKind.OPTED_OUT}
        return page(
            reader_of(request, self.site.links),
            "preferences",
            reader=link.person,
            place=where,
            allowed=_allowed(where),
            out=link.person.lower() in out,
            form=self.site.forms.sign(token),
            done=done(request),
        )

    def act(self, request: Request, fields: dict[str, str]) -> Response:
        """Opt out or in."""
        token = request.path_params["token"]
        sent = Sent(token, self.site.links.read(PREFERENCES, token), fields)
        nonce = unused_nonce(self.site, sent)
        with self.site.fleet.ledger.reading() as connection:
            where = self._place(connection, sent.link)
        form = filled(fields, where.today)
        if form.kind not in (ActKind.OPTED_OUT, ActKind.OPTED_IN) or not _allowed(where):
            raise NotAllowed("the policy of your firm does not allow to opt out of these mails")
        return record(self.site, sent.link, form, nonce, None)

    def _place(self, connection: Connection, link: Link) -> Place:
        where = cases.place(self.site.fleet, connection, link)
        if not cases.concerns(connection, where, link):
            raise NotYours("you get no mails of this kind")
        return where


def _allowed(where: Place) -> bool:
    return where.job.name in where.tenant.settings.opt_out_jobs
