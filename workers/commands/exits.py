"""What a command ends with: its exit code, by what failed and what is left out."""

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

from odoo_gateway.errors import ConfigurationError, OdooLoginRefused, OdooUnavailable

if TYPE_CHECKING:
    from workers.wiring import Fleet


class ExitCode(IntEnum):
    """What the shell is told."""

    DONE = 0
    NEEDS_A_PERSON = 1
    CONFIGURATION = 2
    UNAVAILABLE = 3
    SOME_FAILED = 4
    NOT_VERIFIABLE = 5


def worst(errors: Sequence[Exception]) -> ExitCode:
    """What a command ends with whose parts failed with these; done without any."""
    if not errors:
        return ExitCode.DONE
    if any(isinstance(error, OdooLoginRefused | ConfigurationError) for error in errors):
        return ExitCode.CONFIGURATION
    if all(isinstance(error, OdooUnavailable) for error in errors):
        return ExitCode.UNAVAILABLE
    return ExitCode.SOME_FAILED


def whole(fleet: "Fleet") -> ExitCode:
    """What a command about all tenants ends with that did all it could."""
    from tasks import catalogue

    left_out = fleet.settings.unusable or catalogue.outside().refused
    return ExitCode.SOME_FAILED if left_out else ExitCode.DONE
