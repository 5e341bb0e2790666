"""What a kickoff and an accepted handoff are in a firm's Odoo, and how soon work begins."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from tasks.domain.ladder import Rung, Who, named_apart
from tasks.domain.policy import Policy
from tasks.domain.written import Id

START: Final = "date_start"
#: That it was accepted in the fleet, and that nobody asks for it.
ACCEPTED: Final = "accepted"
NOT_ASKED: Final = "not_asked"
#: A field of our own in Odoo begins so (a manual field, or one of Studio).
OWN_FIELD: Final = "x_"
LADDER: Final = (
    Rung(name="first", working_days=1),
    Rung(name="again", working_days=4),
    Rung(name="owner", working_days=7, who=Who.OWNER),
)
WorkingDays = Annotated[int, Field(ge=1, le=200)]


class Sign(Policy):
    """What shows that something happened: a date of the project, a task or a milestone."""

    kind: Literal["field", "task", "milestone"]
    name: str = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _is_a_field_of_projects(self) -> Self:
        if self.kind == "field" and self.name != START and not self.name.startswith(OWN_FIELD):
            raise ValueError(
                f"{self.name} is not a date that this job reads; name date_start, or a date field "
                "of your own that begins with x_"
            )
        return self


class LatePolicy(Policy):
    """What shows a kickoff and a handoff, how soon they are due, and who is told when."""

    kickoff: Sign = Field(
        Sign(kind="field", name=START),
        description="kind and name of what shows a kickoff: field, a date of the project that has "
        "come; task, one of that name is done; milestone, one of that name is reached",
    )
    handoff: Sign | Literal["accepted", "not_asked"] = Field(
        ACCEPTED,
        description="what shows that delivery accepted the handoff: accepted, on the page of its "
        "order's handoff; kind and name, as for the kickoff; not_asked, nobody asks",
    )
    kickoff_within: WorkingDays = Field(
        10, description="working days from the confirmation of the order to the kickoff"
    )
    first_hours_within: WorkingDays = Field(
        5, description="working days from the planned start to the first hour"
    )
    as_template: bool = Field(
        True, description="whether tasks and milestones of the product's template must be there"
    )
    look_back_days: int = Field(
        90, ge=1, le=730, description="how long ago what is looked at was confirmed or due, at most"
    )
    ladder: tuple[Rung, ...] = Field(
        LADDER,
        description="rungs: name, working_days of the manager since it is late, at, who: person is "
        "the project's manager, manager hers, owner the job's owner",
    )
    wait_for_morning: bool = Field(
        True, description="false sends as soon as a run sees the rung, for trials"
    )
    exempt_projects: tuple[Id, ...] = Field(
        (), description="ids of project.project that are not looked at"
    )

    opted_out: tuple[Id, ...] = Field(
        (), description="ids of hr.employee who are not written to, but their managers are"
    )

    @field_validator("ladder")
    @classmethod
    def _names_are_unique(cls, ladder: tuple[Rung, ...]) -> tuple[Rung, ...]:
        return named_apart(ladder)
