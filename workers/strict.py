"""The base of everything that a configuration may say."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
