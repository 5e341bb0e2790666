"""The verbs of `fleet`, all of them loaded."""

from collections.abc import Mapping
from typing import Any


def verbs_of(group: Any) -> Mapping[str, Any]:
    """The commands and groups that a group has, by name."""
    return {name: group.get_command(None, name) for name in group.list_commands(None)}
