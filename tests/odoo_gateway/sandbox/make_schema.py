"""`python -m tests.odoo_gateway.sandbox.make_schema RECORDING` renews the sandbox's schema.

RECORDING is a JSON file with `fields_get` of Odoo 19 under "models", by model and field: type,
relation, store, required and the keys of selections. Run it after a record gained a field.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from odoo_gateway.sandbox import schema
from tests.contracts import declared

TARGET = Path(schema.__file__).with_name("schema.json")


def text(trimmed: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """The schema as JSON with one field to a line."""
    models = (
        f"  {json.dumps(model)}: {{\n{_lines(fields)}\n  }}" for model, fields in trimmed.items()
    )
    return "{\n" + ",\n".join(models) + "\n}\n"


def _lines(fields: Mapping[str, Mapping[str, Any]]) -> str:
    return ",\n".join(
        f"    {json.dumps(name)}: {json.dumps(field, sort_keys=True)}"
        for name, field in fields.items()
    )


if __name__ == "__main__":
    recorded = json.loads(Path(sys.argv[1]).read_text())["models"]
    TARGET.write_text(text(schema.trim(recorded, declared.fields())))
