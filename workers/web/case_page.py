"""The page of a case."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from tasks.domain.texts import Text
from workers.links import CASE, Link
from workers.web import cases
from workers.web.acting import Sent, Site, done, record, unused_nonce
from workers.web.cases import Shown
from workers.web.forms import REASON_LENGTH, Filled, filled
from workers.web.pages import page, reader_of
from workers.web.refusals import NotAllowed


@dataclass(frozen=True)
class CasePage:
    """Shows a case, and takes what its reader does about it."""

    site: Site

    def show(self, request: Request) -> Response:
        """The case, with a form for each thing that its reader may do."""
        token = request.path_params["token"]
        link = self.site.links.read(CASE, token)
        return self._page(request, link, self._shown(link), done=done(request))

    def act(self, request: Request, fields: dict[str, str]) -> Response:
        """Do what a form asks for, or show it again with what is wrong."""
        token = request.path_params["token"]
        sent = Sent(token, self.site.links.read(CASE, token), fields)
        nonce = unused_nonce(self.site, sent)
        shown = self._shown(sent.link)
        form = filled(fields, shown.where.today, shown.reasoned)
        if form.kind not in shown.offered:
            raise NotAllowed(Text("the case does not allow this any more; open the link again"))
        if form.errors:
            return self._page(request, sent.link, shown, form)
        return record(self.site, sent.link, form, nonce, shown.finding)

    def _shown(self, link: Link) -> Shown:
        with self.site.fleet.ledger.reading() as connection:
            return cases.show(self.site.fleet, connection, link)

    def _page(
        self, request: Request, link: Link, shown: Shown, sent: Filled | None = None, done: str = ""
    ) -> Response:
        return page(
            reader_of(request, self.site.links),
            "case",
            422 if sent else 200,
            reader=link.person,
            reason_length=REASON_LENGTH,
            shown=shown,
            form=self.site.forms.sign(request.path_params["token"]),
            sent=sent,
            done=done,
        )
