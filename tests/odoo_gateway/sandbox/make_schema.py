"""`python -m tests.odoo_gateway.sandbox.make_schema` renews the sandbox's schema.

It asks the real Odoo 19 of the live tests; run it after a record gained a field. With the name of
a JSON file that holds `fields_get` by model and field under "models", recorded on the Odoo whose
version stands under "odoo", it renews that version's schema from there.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import odoorpc
import odoorpc.error

from odoo_gateway.sandbox import schema
from tests.contracts import declared
from tests.live.odoo_server import DEMO, LOGIN, PASSWORD, start

FOLDER: Final = Path(schema.__file__).parent
TARGET: Final = FOLDER / schema.file_name(schema.NEWEST)
ATTRIBUTES: Final = ["type", "relation", "store", "required", "selection"]
# Longer selections, like that of time zones, depend on the machine.
LONGEST_SELECTION: Final = 50

Recorded = Mapping[str, Mapping[str, Mapping[str, Any]]]


def text(trimmed: Recorded) -> str:
    """The schema as JSON with one field to a line."""
    models = (
        f"  {json.dumps(model)}: {{\n{_lines(fields)}\n  }}" for model, fields in trimmed.items()
    )
    return "{\n" + ",\n".join(models) + "\n}\n"


def recorded(models: Iterable[str]) -> Recorded:
    """What the real Odoo says of each model that it has."""
    server = start()
    client = odoorpc.ODOO(server.host, port=server.port)
    client.login(DEMO, LOGIN, PASSWORD)
    found: dict[str, Mapping[str, Mapping[str, Any]]] = {}
    for model in models:
        try:
            fields = client.execute_kw(model, "fields_get", [[], ATTRIBUTES], {})
        except odoorpc.error.RPCError:
            print(f"{model} does not exist there", file=sys.stderr)
            continue
        found[model] = {name: _entry(field) for name, field in fields.items()}
    return found


def _entry(field: dict[str, Any]) -> dict[str, Any]:
    keys = [key for key, _ in field.pop("selection", ())]
    entry = {name: value for name, value in field.items() if name != "required" or value}
    return entry | ({"selection": keys} if 0 < len(keys) <= LONGEST_SELECTION else {})


def _lines(fields: Mapping[str, Mapping[str, Any]]) -> str:
    return ",\n".join(
        f"    {json.dumps(name)}: {json.dumps(field, sort_keys=True)}"
        for name, field in fields.items()
    )


def renew(recording: Path) -> None:
    """Writes the schema of the Odoo that was recorded.

    Models that the recording lacks stay as they stand there, read in that version's source.
    """
    source = json.loads(recording.read_text())
    target = FOLDER / schema.file_name(int(source["odoo"].split(".")[0]))
    models = {**json.loads(target.read_text()), **source["models"]}
    target.write_text(text(schema.trim(models, declared.fields())))


if __name__ == "__main__":
    if sys.argv[1:]:
        renew(Path(sys.argv[1]))
    else:
        wanted = declared.fields()
        found = recorded(sorted({*wanted, *schema.EXTRA}))
        TARGET.write_text(text(schema.trim(found, wanted)))
