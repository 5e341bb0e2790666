"""A transport with some answers of its own, for what the sandbox does not have."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from odoo_gateway import homes
from odoo_gateway.transport import Transport

Answer = Callable[[Sequence[Any], Mapping[str, Any]], Any]


class Overlay:
    """Answers the given (model, method) pairs itself and passes everything else on.

    Modules that bring the models that it answers for are installed.
    """

    def __init__(self, inner: Transport, answers: Mapping[tuple[str, str], Answer]) -> None:
        self.inner = inner
        self.answers = answers
        self.seen: list[tuple[str, str, Sequence[Any], Mapping[str, Any]]] = []

    def call(self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """As Transport.call."""
        self.seen.append((model, method, args, kwargs))
        answer = self.answers.get((model, method))
        if answer:
            return answer(args, kwargs)
        found = self.inner.call(model, method, args, kwargs)
        if (model, method) == ("ir.module.module", "search_read"):
            return [*found, *self._modules()]
        return found

    def _modules(self) -> Sequence[Mapping[str, Any]]:
        known = (homes.HOMES.get(model) for model, _ in self.answers)
        names = {home.modules[0] for home in known if home}
        return [
            {"id": 10_000 + number, "name": name, "latest_version": "0"}
            for number, name in enumerate(sorted(names))
        ]


def fields(*names: str) -> Answer:
    """A `fields_get` that knows these fields, of those asked for."""
    return lambda args, kwargs: {name: {"type": "char"} for name in args[0] if name in names}
