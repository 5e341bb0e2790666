"""Failures of the sandbox, by the names and messages that Odoo 19 answers."""

from typing import Any


class Failure(Exception):
    """What the server would answer: the dotted name of its exception, and the message."""

    def __init__(self, name: str, message: str, headline: str | None = None) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.headline = message if headline is None else headline

    def as_error(self) -> dict[str, Any]:
        """The `error` of a JSON-RPC answer."""
        return {
            "code": 0,
            "message": self.headline,
            "data": {
                "name": self.name,
                "debug": f"Traceback (most recent call last):\n{self.name}: {self.message}\n",
                "message": self.message,
                "arguments": [self.message],
                "context": {},
            },
        }


def access_error(message: str) -> Failure:
    """The caller may not do this."""
    return Failure("odoo.exceptions.AccessError", message)


def attribute_error(message: str) -> Failure:
    """There is no such method."""
    return Failure("builtins.AttributeError", message)


def type_error(message: str) -> Failure:
    """An argument has the wrong shape, or there are too many or too few."""
    return Failure("builtins.TypeError", message)


def user_error(message: str) -> Failure:
    """A message that Odoo means for people."""
    return Failure("odoo.exceptions.UserError", message)


def value_error(message: str) -> Failure:
    """A domain, a field or a grouping makes no sense."""
    return Failure("builtins.ValueError", message)


def unsupported(what: str) -> Failure:
    """Odoo can do this and the sandbox cannot: no answer is better than a wrong one."""
    return Failure("builtins.NotImplementedError", f"the sandbox does not know {what}")
