"""Why not all rows of a model are seen, and which one could not be read, as people read it."""

from odoo_gateway.reader import HIDDEN, Drift, Reader
from odoo_gateway.sight import Doubt, Why
from tasks.domain.texts import NOTHING, Text, named


def unseen(odoo: Reader, *models: str, every: bool = False) -> Text:
    """Why it cannot be shown that the user sees all rows of these models; "" where it can.

    every: what is no hour and no invoice of a customer, too.
    """
    doubts = filter(None, (odoo.doubt(model, every=every) for model in models))
    return next(map(told, doubts), NOTHING)


def lost(odoo: Reader, model: str) -> Text:
    """Which row of a model could not be read; "" where all could, of those looked up."""
    drift = odoo.lost(model)
    return unread(drift) if drift else NOTHING


def told(doubt: Doubt) -> Text:
    """Why rows of a model may be hidden."""
    model = doubt.model
    match doubt.why:
        case Why.UNREADABLE:
            return Text("{model} is not readable for the fleet's user", model=model)
        case Why.FIELD_HIDDEN:
            return Text(
                "{field} of {model} is hidden from the fleet's user", field=doubt.what, model=model
            )
        case Why.RULE:
            return Text(
                "the record rule {rule} hides rows of {model}", rule=doubt.what, model=model
            )
        case Why.UNPROVEN:
            return Text("nothing shows that the fleet's user sees all rows of {model}", model=model)
    # Why.CONTRADICTED
    return Text(
        "totals of Odoo are not reached by the rows of {model} that the user sees", model=model
    )


def unread(drift: Drift) -> Text:
    """A row that could not be read; what is wrong with a value stays in the words of programs."""
    record = f"{drift.model} {drift.record_id}"
    if drift.problem == HIDDEN:
        return Text(
            "{record} is referred to, but hidden from the fleet's user or deleted", record=record
        )
    if isinstance(drift.problem, Text):
        return Text("{record} {field}: {why}", record=record, field=drift.field, why=drift.problem)
    return named(drift.told)
