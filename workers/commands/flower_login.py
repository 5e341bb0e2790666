"""Flower's login and memory, set in this process: a command line would show the password."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from flower.options import options
from flower.views import BaseHandler
from pydantic import SecretStr
from tornado.web import HTTPError

from odoo_gateway.errors import ConfigurationError

USER: Final = "ops"
SAVE_EVERY_MS: Final = 60_000


def require(password: SecretStr | None, state: Path | None) -> None:
    """Let nobody in without the password, and keep what was seen in a file.

    Raises ConfigurationError when there is no password: Flower shows all that runs.
    """
    if password is None or not password.get_secret_value():
        raise ConfigurationError(
            "FLEET_FLOWER_PASSWORD: not set; Flower shows every run and worker, so it needs a login"
        )
    BaseHandler.get_current_user = _refused_if_incomparable(BaseHandler.get_current_user)
    options.basic_auth = [f"{USER}:{password.get_secret_value()}"]
    # Workers send their events by themselves, and take no commands.
    options.enable_events = False
    options.tasks_columns = "name,args,state,received,runtime,worker,uuid"
    if state is not None:
        options.persistent = True
        options.db = str(state)
        options.state_save_interval = SAVE_EVERY_MS


def _refused_if_incomparable(asked: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Flower compares letters that are not ASCII with an exception, which would be a 500."""

    def current_user(handler: Any) -> Any:
        try:
            return asked(handler)
        except TypeError:
            raise HTTPError(401) from None

    return current_user
