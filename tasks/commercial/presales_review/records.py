"""What is planned, done and to be done about opportunities, as this job looks at it."""

from dataclasses import dataclass, make_dataclass
from datetime import date
from functools import cache
from typing import Any, ClassVar

from odoo_gateway.records import Record


@dataclass(frozen=True)
class PlannedStep(Record):
    """An activity of an opportunity that is still to be done."""

    MODEL: ClassVar[str] = "mail.activity"
    MODULE: ClassVar[str] = "mail"
    id: int
    res_id: int | None
    activity_type_id: int | None
    date_deadline: date | None


@dataclass(frozen=True)
class DoneStep(Record):
    """What Odoo writes on an opportunity as an activity of it is done."""

    MODEL: ClassVar[str] = "mail.message"
    MODULE: ClassVar[str] = "mail"
    id: int
    res_id: int | None
    mail_activity_type_id: int | None


@dataclass(frozen=True)
class ReviewTask(Record):
    """A task; Odoo 16 has no `state` and says whether it is closed instead."""

    MODEL: ClassVar[str] = "project.task"
    MODULE: ClassVar[str] = "project"
    id: int
    name: str
    state: str | None = None
    is_closed: bool = False

    @property
    def is_done(self) -> bool:
        """Whether it was done, not cancelled, as far as this Odoo tells."""
        return self.is_closed if self.state is None else self.state == "1_done"


@cache
def tied(link: str) -> type[ReviewTask]:
    """The record of tasks, with the firm's own field that names the opportunity."""
    fields: list[tuple[str, Any, Any]] = [(link, int | None, None)]
    return make_dataclass("TiedTask", fields, bases=(ReviewTask,), frozen=True)
