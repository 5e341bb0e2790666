"""What an event must say for anybody to know what it is about."""

import re
from typing import Any, Final

# As Odoo names models, and kinds of events are those with a word more.
NAME: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
LONGEST: Final = 200
# Odoo's ids are integers of PostgreSQL.
HIGHEST_ID: Final = 2**31 - 1


def wrong_name(kind: Any, model: Any, record_id: Any) -> str:
    """Why nobody can know which record is meant; "" where one can."""
    for what, name in (("kind", kind), ("model", model)):
        if not isinstance(name, str) or len(name) > LONGEST or not NAME.fullmatch(name):
            return f"its {what} is no name like hr.expense"
    is_whole = isinstance(record_id, int) and not isinstance(record_id, bool)
    if not is_whole or not 0 < record_id <= HIGHEST_ID:
        return "its record has no id"
    return ""
