"""Asks who may decide about an effect, and tells who asked for it what was said."""

from typing import Final

from markupsafe import Markup

from tasks.declaration import Delivery
from tasks.domain.deciding import Answer, Seat, Standing
from tasks.domain.proposals import Mode
from tasks.domain.texts import NOTHING, Text
from workers.config.effect_kinds import kinds
from workers.effects import splitting
from workers.language.language import language
from workers.ledger import decisions, effects, outbox
from workers.ledger.database import Connection
from workers.ledger.effects import Effect, NewEffect
from workers.ledger.payloads import Asking
from workers.ledger.statuses import EffectStatus
from workers.messages.occasion import Occasion, message

# About one effect, to all who decide and hear of it.
MOST_TOLD: Final = 1000


def ask(connection: Connection, occasion: Occasion, effect: Effect, standing: Standing) -> None:
    """Mail everybody who may decide now the link to their page, each once for a level."""
    own = {**effect.place.columns, "subject": _subject(effect), "period": _period(effect)}
    known = outbox.find(connection, MOST_TOLD, None, **own)
    asked = {(each.recipient, each.step) for each in known}
    # Who agreed to what was withdrawn and is asked for anew on the same day is asked once more.
    before = [e for e in decisions.about(connection, effect.id) if e.at < effect.created_at]
    steps = {seat: _step(seat, len(before)) for seat in standing.deciders}
    seats = [seat for seat, step in steps.items() if (seat.person, step) not in asked]
    perhaps_split = splitting.told(connection, occasion.tenant, effect) if seats else ()
    for seat in seats:
        _mail(
            connection,
            occasion,
            effect,
            seat.person,
            steps[seat],
            why=standing.verdict.why,
            perhaps_split=perhaps_split,
        )


def tell(
    connection: Connection,
    occasion: Occasion,
    effect: Effect,
    seat: Seat,
    answer: Answer,
    reason: str,
) -> None:
    """Note a decision on the record, and tell who asked for it."""
    number = len(decisions.about(connection, effect.id))
    said = _said(seat, answer, effect)
    requester = effect.request.requester if effect.request else ""
    if requester:
        step = f"said-{number}"
        _mail(connection, occasion, effect, requester, step, outcome=said, said=reason)
    _note(connection, occasion, effect, f"decision {effect.id} {number}", said, reason)


def stuck(connection: Connection, occasion: Occasion, effect: Effect, why: Text) -> None:
    """Tell the role that the job tells, and who asked for it, that nobody decides it; once."""
    outcome = Text("not decided: {what}", what=effect.preview)
    requester = effect.request.requester if effect.request else ""
    told = {*occasion.readers(occasion.job.role), *filter(None, [requester])}
    for person in sorted(told):
        _mail(connection, occasion, effect, person, "stuck", why=why, outcome=outcome)


def parked(connection: Connection, occasion: Occasion, effect: Effect, error: str) -> None:
    """Tell who asked for it, else the role that the job tells, that it was not done, and why.

    Not of what the fleet itself writes about an effect.
    """
    if effect.request is None:
        return
    told = [effect.request.requester] if effect.request.requester else []
    outcome = Text("not done: {what}", what=effect.preview)
    for person in told or occasion.readers(occasion.job.role):
        step = f"parked-{occasion.now:%Y-%m-%dT%H:%M}"
        _mail(connection, occasion, effect, person, step, outcome=outcome, said=error)


def _subject(effect: Effect) -> str:
    return f"effect-{effect.id}"


def _period(effect: Effect) -> str:
    return str(effect.created_at.date())


def _step(seat: Seat, before: int) -> str:
    return f"ask-{seat.level}-{before + 1}" if before else f"ask-{seat.level}"


def _said(seat: Seat, answer: Answer, effect: Effect) -> Text:
    if answer is Answer.APPROVED:
        return Text("{person} agrees: {what}", person=seat.person, what=effect.preview)
    if answer is Answer.REFUSED:
        return Text("{person} refuses: {what}", person=seat.person, what=effect.preview)
    return Text("{person} asks back: {what}", person=seat.person, what=effect.preview)


def _mail(
    connection: Connection,
    occasion: Occasion,
    effect: Effect,
    person: str,
    step: str,
    *,
    why: Text = NOTHING,
    outcome: Text = NOTHING,
    said: str = "",
    perhaps_split: tuple[Text, ...] = (),
) -> None:
    request = effect.request
    payload = Asking(
        **occasion.heading(person),
        effect=effect.id,
        what=effect.preview,
        reason=effect.why,
        verdict=why,
        requester=request.requester if request else "",
        amount=None if request is None or request.amount is None else f"{request.amount:f}",
        currency=request.currency if request else None,
        outcome=outcome,
        said=said,
        perhaps_split=perhaps_split or None,
    )
    new = message(
        occasion,
        payload,
        subject=_subject(effect),
        period=_period(effect),
        step=step,
        findings=(),
        guarantee=Delivery.AT_LEAST_ONCE,
    )
    outbox.enqueue(connection, new, occasion.now)


def _note(
    connection: Connection,
    occasion: Occasion,
    effect: Effect,
    identity: str,
    said: Text,
    reason: str,
) -> None:
    """A note on the record, which is an effect of its own that nobody decides about."""
    reader = language(occasion.tenant.language("", effect.company_id))
    title, kind = reader.say(said), kinds()["note"]
    body = Markup("<p><b>{}</b></p><p>{}</p>").format(title, reason)
    values = kind.values.model_validate({"title": title, "body_html": str(body)})
    new = NewEffect(
        effect.place,
        kind.name,
        effect.model,
        effect.record_id,
        identity,
        values.model_dump(mode="json"),
        said,
        kind.preview(values),
        Mode.AUTOMATIC,
        EffectStatus.READY,
        None,
        "",
        "",
        effect.run_id,
        effect.trace_id,
    )
    effects.propose(connection, new, occasion.now)
