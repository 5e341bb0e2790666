"""What a user may do by the access rights of every model."""

from typing import Any


def rights_of(env: Any, login: str) -> list[list[str]]:
    """Model and operation of all that the user may do at all, by name."""
    user = env["res.users"].search([("login", "=", login)])
    return [
        [model, operation]
        for model in sorted(env)
        for operation in ("read", "write", "create", "unlink")
        if not env[model]._abstract and env[model].with_user(user).has_access(operation)
    ]
