"""What cannot be answered is refused with the class and the words of Odoo 19."""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.contracts.asking import Asker

ACCESS = "odoo.exceptions.AccessError"
ATTRIBUTE = "builtins.AttributeError"
TYPE = "builtins.TypeError"
USER = "odoo.exceptions.UserError"
VALUE = "builtins.ValueError"
SYNTAX = "psycopg2.errors.InvalidTextRepresentation"
UNDEFINED = "psycopg2.errors.UndefinedFunction"
LINE, ORDER = "account.analytic.line", "sale.order"


@dataclass(frozen=True)
class Case:
    """One call, and how it is refused: the class, and a pattern of the message."""

    model: str
    method: str
    args: list[Any]
    name: str
    message: str
    kwargs: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.model}.{self.method}{self.args}{self.kwargs or ''}"


def search(model: str, domain: Any, name: str, message: str, **kwargs: Any) -> Case:
    """A search that is refused."""
    return Case(model, "search_read", [domain, ["id"]], name, message, kwargs)


def group(keys: list[str], aggregates: list[str], name: str, message: str, **kwargs: Any) -> Case:
    """A grouping of timesheet lines that is refused."""
    return Case(LINE, "formatted_read_group", [[], keys, aggregates], name, message, kwargs)


NO_SUCH = r"Invalid field sale\.order\.nope in condition \('nope', '=', 1\)"
CASES = [
    Case("no.such.model", "search_read", [[]], USER, r"Object no\.such\.model doesn't exist"),
    Case("hr.contract", "search_count", [[]], USER, r"Object hr\.contract doesn't exist"),
    Case("planning.slot", "fields_get", [], USER, r"Object planning\.slot doesn't exist"),
    Case(
        ORDER, "frobnicate", [], ATTRIBUTE, r"The method 'sale\.order\.frobnicate' does not exist"
    ),
    Case(
        ORDER,
        "_search",
        [[]],
        ACCESS,
        r"Private methods \(such as 'sale\.order\._search'\) cannot be called remotely\.",
    ),
    Case(ORDER, "context_get", [], ATTRIBUTE, r"The method 'sale\.order\.context_get' does not"),
    search(ORDER, [("nope", "=", 1)], VALUE, NO_SUCH),
    search(ORDER, ["!", ("nope", "!=", 1)], VALUE, NO_SUCH),
    search(ORDER, ["|", ("id", "=", 1), ("nope", "=", 1)], VALUE, NO_SUCH),
    search(
        ORDER,
        [("partner_id.nope", "in", [1])],
        VALUE,
        r"Invalid field res\.partner\.nope in condition \('nope', 'in', \[1\]\)",
    ),
    search(
        ORDER,
        [("nope.name", "like", "x")],
        VALUE,
        r"Invalid field sale\.order\.nope in condition \('nope\.name', 'like', 'x'\)",
    ),
    search(
        ORDER, [("name.nope", "=", 1)], VALUE, r"Invalid field property 'nope' on sale\.order\.name"
    ),
    search(ORDER, [("id", "~~", 1)], VALUE, r"Invalid operator in condition \('id', '~~', 1\)"),
    search(
        ORDER, [("id", "is", False)], VALUE, r"Invalid operator in condition \('id', 'is', False\)"
    ),
    search(ORDER, [("id", 1, 1)], ATTRIBUTE, r"'int' object has no attribute 'lower'"),
    search(ORDER, [("", "=", 1)], TYPE, r"Empty field name in condition \('', '=', 1\)"),
    search(ORDER, [(2, "=", 1)], TYPE, r"Domain\(\) invalid arguments: \(2, '=', 1\)"),
    search(
        ORDER,
        ["&", ("id", "=", 1)],
        VALUE,
        r"Domain\(\) malformed domain \['&', \['id', '=', 1\]\]",
    ),
    search(ORDER, ["|"], VALUE, r"Domain\(\) malformed domain \['\|'\]"),
    search(ORDER, ["!"], VALUE, r"Domain\(\) malformed domain \['!'\]"),
    search(ORDER, ["or"], VALUE, r"Domain\(\) invalid item in domain: 'or'"),
    search(ORDER, [("id", "=")], VALUE, r"Domain\(\) invalid item in domain: \['id', '='\]"),
    search(ORDER, [[("id", "=", 1)]], VALUE, r"Domain\(\) invalid item in domain: "),
    search(ORDER, "id = 1", TYPE, r"Domain\(\) invalid argument type for domain: 'id = 1'"),
    search(ORDER, 5, TYPE, r"Domain\(\) invalid argument type for domain: 5"),
    search(
        ORDER,
        [("project_ids", "in", [1])],
        VALUE,
        r"Cannot convert sale\.order\.project_ids to SQL because it is not stored",
    ),
    search(
        ORDER,
        [("project_ids.name", "=", "x")],
        VALUE,
        r"Cannot convert sale\.order\.project_ids to SQL because it is not stored",
    ),
    search(
        ORDER,
        [("name", "any", [])],
        VALUE,
        r"Cannot use 'any' with non-relational fields in condition \('name', 'any', \[",
    ),
    search(
        ORDER,
        [("partner_id", ">", "a")],
        TYPE,
        r"Inequality not supported for relational field using a string in condition ",
    ),
    search(
        "hr.employee", [("active", ">", 0)], VALUE, r"Cannot compare 'active' to <class 'int'> "
    ),
    search(ORDER, [("name", "=like", 5)], TYPE, r"The pattern to match must be a string in "),
    search(LINE, [("date", "=", "soon")], VALUE, r"Invalid term 'soon' in expression date: 'soon'"),
    search(LINE, [("date", ">=", 5)], VALUE, r"Failed to cast 5 into a date"),
    search(LINE, [("date", "=", "2026-13-45")], VALUE, r"month must be in 1\.\.12"),
    search(ORDER, [("date_order", "<", 5)], VALUE, r"Failed to cast 5 into a datetime"),
    search(LINE, [("unit_amount", "=", "a")], VALUE, r"could not convert string to float: 'a'"),
    search(LINE, [("unit_amount", ">", "a")], VALUE, r"could not convert string to float: 'a'"),
    search(LINE, [("id", ">", "a")], SYNTAX, r"invalid input syntax for type integer: \"a\""),
    Case(ORDER, "search_read", [[], ["nope"]], VALUE, r"Invalid field 'nope' on 'sale\.order'"),
    Case(
        ORDER,
        "search_read",
        [[("id", "<", 0)], ["id", "nope"]],
        VALUE,
        r"Invalid field 'nope' on 'sale\.order'",
    ),
    search(ORDER, [], VALUE, r"Invalid field 'nope' on model 'sale\.order'", order="nope desc"),
    search(
        ORDER,
        [],
        VALUE,
        r"Cannot convert sale\.order\.project_ids to SQL because it is not stored",
        order="project_ids",
    ),
    search(
        "res.partner",
        [],
        VALUE,
        r"Cannot convert res\.partner\.display_name to SQL because it is not stored",
        order="display_name",
    ),
    search(
        ORDER, [], USER, r'Invalid "order" specified \(id up\)\. A valid "order"', order="id up"
    ),
    search(ORDER, [], USER, r'Invalid "order" specified \(id,\)\.', order="id,"),
    search(
        ORDER,
        [],
        TYPE,
        r"BaseModel\._read_format\(\) got an unexpected keyword argument 'fast'",
        fast=True,
    ),
    Case(
        ORDER,
        "search_count",
        [[]],
        TYPE,
        r"BaseModel\.search_count\(\) got an unexpected keyword argument 'fast'",
        {"fast": True},
    ),
    Case(
        ORDER,
        "search_count",
        [],
        TYPE,
        r"BaseModel\.search_count\(\) missing 1 required positional argument: 'domain'",
    ),
    Case(
        LINE,
        "read_group",
        [[]],
        TYPE,
        r"BaseModel\.read_group\(\) missing 2 required positional arguments: 'fields' and 'gro",
    ),
    Case(
        LINE,
        "read_group",
        [[], [], []],
        TYPE,
        r"BaseModel\.read_group\(\) got an unexpected keyword argument 'fast'",
        {"fast": True},
    ),
    group(
        ["employee_id"],
        ["__count"],
        TYPE,
        r"Base\.formatted_read_group\(\) got an unexpected keyword argument 'fast'",
        fast=True,
    ),
    group(["nope"], ["__count"], VALUE, r"Invalid field 'nope' on model 'account\.analytic\.line'"),
    group(
        ["employee_id"],
        ["nope:sum"],
        VALUE,
        r"Invalid field 'nope' on model 'account\.analytic\.line' for 'nope:sum'\.",
    ),
    group(["employee_id"], ["unit_amount"], VALUE, r"Aggregate method is mandatory for 'unit_amo"),
    group(["employee_id"], ["id:mean"], VALUE, r"Invalid aggregate method 'mean' for 'id:mean'\."),
    group(["employee_id"], ["unit amount"], VALUE, r"Invalid aggregate/groupby specification 'uni"),
    group(["date"], ["__count"], VALUE, r"Granularity not set on a date\(time\) field: 'date'"),
    group(
        ["date:fortnight"],
        ["__count"],
        VALUE,
        r"Granularity specification isn't correct: 'fortnight'",
    ),
    group(
        ["employee_id:day"],
        ["__count"],
        VALUE,
        r"Granularity set on a no-datetime field or property: 'employee_id:day'",
    ),
    group([], ["timesheet_invoice_type:sum"], UNDEFINED, r"function sum\(character varying\) does"),
    group([], ["date:sum"], UNDEFINED, r"function sum\(date\) does not exist"),
    group(
        ["employee_id"],
        ["__count"],
        VALUE,
        r"Order term 'nope desc' is not a valid aggregate nor valid groupby",
        order="nope desc",
    ),
    Case(
        ORDER,
        "formatted_read_group",
        [[], ["project_ids"], ["__count"]],
        VALUE,
        r"Group by non-stored many2many field: 'project_ids'",
    ),
    Case(
        "res.partner",
        "formatted_read_group",
        [[], ["display_name"], ["__count"]],
        VALUE,
        r"Cannot convert res\.partner\.display_name to SQL because it is not stored",
    ),
    Case(
        LINE,
        "read_group",
        [[], ["nope"], ["employee_id"]],
        VALUE,
        r"Invalid field 'nope' on model 'account\.analytic\.line'",
    ),
    Case(
        LINE,
        "read_group",
        [[], ["hours:sum(nope)"], ["employee_id"]],
        VALUE,
        r"Invalid field 'nope' on model 'account\.analytic\.line' for 'nope:sum'\.",
    ),
    Case(
        LINE,
        "read_group",
        [[], [], ["nope"]],
        VALUE,
        r"Invalid field 'nope' on model 'account\.analytic\.line'",
    ),
    Case(ORDER, "check_access_rights", ["fly"], "builtins.AssertionError", r"Invalid access mode"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_refusal_has_the_class_and_the_words_of_odoo(odoo: Asker, case: Case) -> None:
    refusal = odoo.refusal(case.model, case.method, *case.args, **case.kwargs)
    assert (refusal.code, refusal.name) == (0, case.name)
    assert re.match(case.message, refusal.message), refusal.message
