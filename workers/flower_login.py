"""Flower's login and memory, set in this process: a command line would show the password."""

from pathlib import Path
from typing import Final

from flower.options import options
from pydantic import SecretStr

from odoo_gateway.errors import ConfigurationError

USER: Final = "ops"
SAVE_EVERY_MS: Final = 60_000


def require(password: SecretStr | None, state: Path | None) -> None:
    """Let nobody in without the password, and keep what was seen in a file.

    Raises ConfigurationError when there is no password: Flower can stop workers.
    """
    if password is None or not password.get_secret_value():
        raise ConfigurationError(
            "FLEET_FLOWER_PASSWORD: not set; Flower can stop workers, so it needs a login"
        )
    options.basic_auth = [f"{USER}:{password.get_secret_value()}"]
    options.tasks_columns = "name,args,state,received,runtime,worker,uuid"
    if state is not None:
        options.persistent = True
        options.db = str(state)
        options.state_save_interval = SAVE_EVERY_MS
