"""Runs a function of `tests.live.inside` in Odoo's own process, where nothing is private."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

from .odoo_server import OdooServer


def run_inside(
    server: OdooServer, database: str, function: Callable[..., Any], **arguments: Any
) -> Any:
    """Call `function(env, **arguments)` in the database; arguments and result travel as JSON."""
    module = inspect.getmodule(function)
    assert module is not None
    call = f"{function.__name__}(env, **json.loads({json.dumps(arguments)!r}))"
    source = f"{inspect.getsource(module)}\nimport json\nprint(json.dumps({call}))"
    result: Any = json.loads(server.shell(database, source).splitlines()[-1])
    return result
