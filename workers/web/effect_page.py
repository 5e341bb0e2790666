"""The page of an effect, where who may decides about it: GET shows, POST decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from odoo_gateway.session import Session
from tasks.domain.deciding import Answer
from tasks.domain.texts import Text
from workers.effects.deciding import Asked, DecisionRefused, answer_for, decide, question
from workers.ledger import decisions, effects
from workers.ledger.decisions import Decided
from workers.links import EFFECT, Link
from workers.messages.occasion import UnknownPlace
from workers.web.acting import Site
from workers.web.forms import REASON_LENGTH
from workers.web.pages import page, reader_of
from workers.web.refusals import FormForged, FormUsed, NotAllowed, NotYours, UnknownCase

log = structlog.get_logger()
# Those that say nothing without a reason.
REASONED: Final = (Answer.REFUSED, Answer.ASKED_BACK)


@dataclass(frozen=True)
class EffectPage:
    """Shows an effect to who is asked about it, and takes their decision."""

    site: Site

    def show(self, request: Request) -> Response:
        """The effect, its decisions so far, and the form where its reader may decide."""
        link = self.site.links.read(EFFECT, request.path_params["token"])
        done = request.query_params.get("done", "")
        asked, made = self._question(link)
        return self._page(request, link, asked, made, done=done if done in set(Answer) else "")

    def act(self, request: Request, fields: dict[str, str]) -> Response:
        """Decide as a form says."""
        token = request.path_params["token"]
        link = self.site.links.read(EFFECT, token)
        nonce = self.site.forms.nonce(fields.get("form", ""), token)
        with self.site.fleet.ledger.reading() as connection:
            if decisions.used(connection, nonce):
                raise FormUsed(Text("open the link again to see how things stand now"))
        answer, reason = _answer(fields), fields.get("reason", "").strip()
        if len(reason) > REASON_LENGTH or (answer in REASONED and not reason):
            asked, made = self._question(link)
            return self._page(request, link, asked, made, wrong=answer.value, reason=reason)
        try:
            decide(self.site.fleet, int(link.key), link.person, answer, reason, nonce)
        except DecisionRefused as error:
            raise NotAllowed(error.why) from error
        log.info("page.decided", answer=answer, effect=link.key, tenant=link.tenant)
        return RedirectResponse(f"?done={answer}", 303)

    def _question(self, link: Link) -> tuple[Asked, list[Decided]]:
        with self.site.fleet.ledger.reading() as connection:
            effect = effects.get(connection, int(link.key)) if link.key.isdecimal() else None
            if effect is None or effect.place != link.place:
                raise UnknownCase(Text("there is no such effect"))
            try:
                asked = question(self.site.fleet, connection, effect, link.person)
            except UnknownPlace as error:
                raise UnknownCase(Text("its job or company is not watched any more")) from error
            made = list(decisions.about(connection, effect.id))
        told = answer_for(self.site.fleet.settings.tenant(effect.tenant), effect)
        if not _concerns(asked, made, link.person.lower()) and link.person.lower() not in told:
            raise NotYours(Text("you are not asked about this, so you cannot see or decide it"))
        return asked, made

    def _page(
        self,
        request: Request,
        link: Link,
        asked: Asked,
        made: list[Decided],
        *,
        done: str = "",
        wrong: str = "",
        reason: str = "",
    ) -> Response:
        effect = asked.effect
        odoo = self.site.fleet.settings.tenant(effect.tenant).address.url
        return page(
            reader_of(request, self.site.links),
            "effect",
            422 if wrong else 200,
            reader=link.person,
            reason_length=REASON_LENGTH,
            effect=effect,
            url=Session.view(odoo, effect.model, effect.record_id),
            standing=asked.standing,
            seat=asked.seat,
            zone=asked.zone,
            perhaps_split=asked.perhaps_split,
            made=made,
            form=self.site.forms.sign(request.path_params["token"]),
            done=done,
            wrong=wrong,
            reason=reason,
        )


def _answer(fields: Mapping[str, str]) -> Answer:
    try:
        return Answer(fields.get("act", ""))
    except ValueError as error:
        raise FormForged(Text("open the link in your mail again and use its form")) from error


def _concerns(asked: Asked, made: list[Decided], person: str) -> bool:
    """Whether a person may see it: who decides, has decided, or asked for it."""
    said = {each for one in made for each in (one.person, one.instead_of)}
    parties = asked.effect.request.parties if asked.effect.request else frozenset()
    return asked.seat is not None or person in said | parties or _may_later(asked, person)


def _may_later(asked: Asked, person: str) -> bool:
    """Whether it comes to them at a level, or came to others at theirs."""
    if asked.standing is None:
        return False
    roles = {role for level in asked.standing.verdict.levels for role in level.roles}
    people = asked.standing.circle.people
    return any(person in people.get(role, ()) for role in roles)
