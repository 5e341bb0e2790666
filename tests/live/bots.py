"""The users that the fleet may log in with, from the administrator's equal down to nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from .fleet_command import Fleet
from .inside import bot_users
from .inside_odoo import run_inside
from .odoo_server import OdooServer

HISTORY = "hr.version"
# As docs/install.md has it: read rights and a rule for all rows, and the right to read the rules.
ROWS_OF_THE_JOBS = (
    *("account.analytic.line", "account.move", "account.move.line", "account.account"),
    "hr.expense",
    *("project.milestone", "project.project", "project.task", "project.update"),
    *("sale.order", "sale.order.line"),
    *("res.partner", "account.analytic.account", "project.tags", "crm.tag"),
)
READ_BY_THE_JOBS = (*ROWS_OF_THE_JOBS, "ir.model", "ir.rule")


@dataclass(frozen=True)
class Bot:
    """A user: its groups, and the models of which it reads every row."""

    login: str
    models: Sequence[str] = ()
    groups: Sequence[str] = ()

    @property
    def password(self) -> str:
        """A word that appears nowhere by chance."""
        return f"xyzzy-{self.login}-4e1c"

    def instead_of(self, fleet: Fleet) -> Fleet:
        """The same command, logged in as this user."""
        return replace(fleet, login=self.login, secret=self.password)


# The user that docs/install.md has an administrator make, on Odoo 19.
RECIPE = Bot("fleet_recipe", READ_BY_THE_JOBS, ("hr.group_hr_manager",))


def make(server: OdooServer, database: str, *bots: Bot) -> None:
    """Make the users in the database."""
    users = [{**asdict(bot), "password": bot.password} for bot in bots]
    run_inside(server, database, bot_users.make, users=users)
