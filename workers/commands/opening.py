"""The fleet as a command opens it: configured, logging, and saying whom it goes on without."""

import logging

from monitoring import logs
from workers import wiring
from workers.commands.console import tell_left_out
from workers.wiring import Fleet


def fleet(level: int = logging.INFO) -> Fleet:
    """The fleet of this process; tells of the tenants that it goes on without."""
    opened = wiring.fleet()
    environment = opened.settings.environment
    wanted = logging.getLevelNamesMapping()[environment.log_level.upper()]
    logs.configure(environment.log_format, max(level, wanted))
    tell_left_out(opened.settings.unusable)
    return opened


def serving() -> Fleet:
    """The fleet of a process, which has nothing to do where no tenant can be used."""
    wiring.fleet().settings.require_a_tenant()
    return fleet()


def upgraded() -> Fleet:
    """The fleet of a process, with a ledger of this version."""
    opened = serving()
    opened.ledger.upgrade()
    return opened
