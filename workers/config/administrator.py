"""An administrator of an Odoo, as whom something is set up there once: never kept, never logged."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from odoo_gateway.errors import ConfigurationError
from workers.config.settings import ADMIN_KEY, ADMIN_LOGIN, variables_of
from workers.config.tenants import Tenant

CALLED: Final = "the administrator's key"


def given(environ: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Login and key as the environment gives them, each "" where it does not.

    Raises ConfigurationError for a file that cannot be read.
    """
    variables, problems = variables_of(environ), list[str]()
    found = variables.read(ADMIN_LOGIN, problems), variables.read(ADMIN_KEY, problems)
    if problems:
        raise ConfigurationError(*problems)
    return found


def instead(tenant: Tenant, login: str, key: str) -> Tenant:
    """The tenant as that administrator logs in to it."""
    return replace(
        tenant, address=replace(tenant.address, login=login, secret=key, secret_name=CALLED)
    )
