"""Every error of the fleet that callers may meet below the workers.

    FleetError
      ConfigurationError      at start, all problems at once
      OdooError
        OdooUnavailable         retry with backoff; opens the tenant's circuit; costs no attempt
        OdooRejected            no retry: the job is wrong or not allowed
          OdooLoginRefused        credentials, database name or address are wrong; costs no attempt
          OdooOutdated            a write of before: nobody asks for it as things stand by now
        OdooSchemaDrift         no retry: the database lacks what a record needs

The class alone decides the retry. Delivery errors stand in `workers.errors`.
"""


def harmless(text: str) -> str:
    """The text without what a terminal would obey, or a ledger cannot keep: control signs."""
    return "".join(
        sign if sign.isprintable() or sign in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for sign in text
    )


def quoted(given: object, most: int = 80) -> str:
    """What somebody gave, as errors echo it: on one line, and cut where it is longer than that."""
    told = repr(given)
    return told if len(told) <= most else f"{told[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


class FleetError(Exception):
    """An error whose message names the thing and the remedy, fit to be shown to a person."""

    def __init__(self, message: str = "") -> None:
        # It may quote what an Odoo or a mail server said.
        super().__init__(harmless(message))


class ConfigurationError(FleetError):
    """The configuration cannot be used; `problems` lists every reason at once."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class OdooError(FleetError):
    """Odoo did not give what was asked."""


class OdooUnavailable(OdooError):
    """Odoo could not be reached or was too busy; the same call may succeed later."""


class OdooRejected(OdooError):
    """Odoo understood and refused; repeating the call cannot help."""

    #: Whether the user lacks a right to what was asked for.
    for_rights = False
    #: Whether there is more to say than one answer may hold, so that less may be asked at a time.
    for_size = False


class OdooLoginRefused(OdooRejected):
    """Odoo, or the proxy before it, lets us in with nothing: credentials, database or address."""


class OdooOutdated(OdooRejected):
    """The record is another one than when the write was asked for, so that nobody asks for it."""


class OdooSchemaDrift(OdooError):
    """A model or field that a record needs is absent or hidden on this database."""
