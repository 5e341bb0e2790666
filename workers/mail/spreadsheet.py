"""The rows of a digest as a CSV file that the reader's Excel opens as it is meant."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from workers.language.language import Language, is_number, language
from workers.ledger.payloads import Digest, Payload
from workers.mail import columns

# Excel takes a CSV without this mark for one in its old code page.
BYTE_ORDER_MARK: Final = "\ufeff"
# What a spreadsheet takes for the start of a formula.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def attachments(sections: Sequence[Payload]) -> tuple[tuple[str, str], ...]:
    """File name and content for each section with rows; every name once."""
    tables = [section for section in sections if isinstance(section, Digest) and section.rows]
    of_rule = Counter(section.rule for section in tables)
    taken: Counter[str] = Counter()
    found = []
    for section in tables:
        rule, company = section.rule, section.company_id
        stem = rule if of_rule[rule] == 1 else f"{rule}-{company}"
        taken[stem] += 1
        name = stem if taken[stem] == 1 else f"{stem}-{taken[stem]}"
        found.append((f"{name}.csv", table(section.rows, language(section.language))))
    return tuple(found)


def table(rows: Sequence[Mapping[str, Any]], reader: Language) -> str:
    """The scalar columns of the rows, texts in the reader's words.

    Where decimals have a comma, Excel splits at semicolons and takes 1.5 for a day. Cells that a
    spreadsheet would run are quoted.
    """
    fitting = columns.plain(rows)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if reader.decimal_comma else ",")
    writer.writerow(fitting)
    writer.writerows([_cell(row[column], reader) for column in fitting] for row in rows)
    return BYTE_ORDER_MARK + out.getvalue()


def _cell(value: Any, reader: Language) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if is_number(value):
        return str(value).replace(".", ",") if reader.decimal_comma else value
    if isinstance(value, str):
        said = reader.say(value)
        return f"'{said}" if said.startswith(FORMULA) else said
    return value
