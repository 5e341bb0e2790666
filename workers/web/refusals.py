"""Why the page refuses, as its reader is told.

FleetError
  Refused           status and heading are the class's
    NotYours        403
    NotAllowed      403
    FormForged      403
    FormExpired     410
    FormUsed        409
    UnknownCase     404
    TooLarge        413
"""

from typing import ClassVar

from odoo_gateway.errors import FleetError
from tasks.domain.texts import Text


class Refused(FleetError):
    """Nothing was done; `why` is for who asked for it."""

    status: ClassVar[int] = 403
    heading: ClassVar[Text] = Text("Nothing was done")

    def __init__(self, why: Text) -> None:
        super().__init__(why)
        self.why = why


class NotYours(Refused):
    """Neither written to about the case, nor in the role that hears of it."""

    heading = Text("This link is another person's")


class NotAllowed(Refused):
    """The policy, or the state of the case, does not allow it."""


class FormForged(Refused):
    """The form is not one that this link showed, or was sent from another site."""

    heading = Text("This form is not from your page")


class FormExpired(Refused):
    """The form lay open for too long."""

    status = 410
    heading = Text("This page was open for too long")


class FormUsed(Refused):
    """The form, or another one of the same page, was sent before."""

    status = 409
    heading = Text("This was sent before")


class UnknownCase(Refused):
    """The ledger has no such case."""

    status = 404
    heading = Text("There is no such case")


class TooLarge(Refused):
    """More than any of our forms holds."""

    status = 413
    heading = Text("This is too much")
