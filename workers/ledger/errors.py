"""What can go wrong with the ledger, apart from its configuration.

    LedgerError
      LedgerUnavailable    the database is away, busy or full; the same transaction may work later
      LeaseLost            another worker holds the row now: throw away what was done for it
      StaleCases           the cases changed since they were read: read them and reconcile again
    ConfigurationError
      LedgerUnusable       it cannot be worked with as it is; says what to do
        LedgerNotSetUp       there is no ledger yet: `fleet upgrade` makes one

The class alone decides what to do.
"""

from odoo_gateway.errors import ConfigurationError, FleetError


class LedgerError(FleetError):
    """The ledger did not take what it was given; nothing of the transaction was written."""


class LedgerUnavailable(LedgerError):
    """The database could not be reached, was too busy, or gave up half way."""


class LeaseLost(LedgerError):
    """The token no longer holds its row, so its holder may not change it."""


class StaleCases(LedgerError):
    """A reconciliation rests on cases that are no longer as they were read."""


class LedgerUnusable(ConfigurationError):
    """The ledger cannot be worked with: what is wrong, and the remedy."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}: {remedy}")
        self.problem, self.remedy = problem, remedy


class LedgerNotSetUp(LedgerUnusable):
    """There is no ledger yet: its file is not there, or its database is empty."""
