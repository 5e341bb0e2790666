"""The base of all policies: the thresholds in force for a scope."""

from pydantic import BaseModel, ConfigDict


class Policy(BaseModel):
    """Typed, frozen, unknown keys refused. Units stand in the names or descriptions."""

    model_config = ConfigDict(frozen=True, extra="forbid")
