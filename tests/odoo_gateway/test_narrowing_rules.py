"""A rule that hides a row of the user's companies is never taken for one that hides none.

The judge evaluates domains as Odoo does, row by row, over rows of each company and of none.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import product
from types import SimpleNamespace
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo_gateway.reader import Reader
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import Session
from odoo_gateway.sight import SEEN_BY, Rule, Shown, _narrowed

Row = Mapping[str, Any]
MINE: Final = (1, 2, 3)
# Odoo's own rules by company, of 16 to 19.
STOCK: Final = (
    "[('company_id', 'in', company_ids + [False])]",
    "[('company_id','in',[False]+company_ids)]",
    "['|',('company_id','=',False),('company_id','in',company_ids)]",
    "['|', ('company_id', '=', False), ('company_id', 'parent_of', company_ids)]",
    "['|', ('company_id', '=', False), ('company_id', 'child_of', company_ids)]",
    "['|', ('company_id', 'in', user.company_ids.ids), ('company_id', '=', False)]",
    "['|', '|', '|', ('company_id', 'in', company_ids + [False]), "
    "('parent_id.user_id', '=', user.id), ('id', '=', user.employee_id.parent_id.id), "
    "('user_id', '=', user.id)]",
)
HOSTILE: Final = (
    "[('company_id', 'in', company_ids[:1])]",
    "[('company_id', 'in', [c for c in company_ids if c != 3])]",
    "[('company_id', 'in', user.company_ids.ids[:1])]",
    "[('partner_id.company_id', 'in', company_ids)]",
    "[('project_id.company_id', 'in', company_ids)]",
    "[('company_id', 'not in', company_ids)]",
    "[('company_id', '=', company_id)]",
    "[('company_id', '=', user.company_id.id)]",
    "[('company_id', 'child_of', [user.company_id.id])]",
    "[('company_id', 'in', company_ids and [1])]",
    "[('company_id', 'in', set(company_ids) - {3})]",
    "[('company_id', 'in', company_ids), ('user_id', '=', user.id)]",
    "['&', ('company_id', 'in', company_ids), ('user_id', '=', user.id)]",
    "['&', '|', ('company_id', 'in', company_ids), ('company_id', '=', False), (0, '=', 1)]",
    "['|', '&', ('company_id', 'in', company_ids), ('user_id', '=', 7), ('company_id', '=', 0)]",
    "['!', ('company_id', 'in', company_ids)]",
    "['!', '!', ('user_id', '=', user.id)]",
    # The condition that is in force stands after the comment.
    "# [(1, '=', 1)]\n[('user_id', '=', user.id)]",
    "[('user_id', '=', user.id)]  # [('company_id', 'in', company_ids)]",
    # Full-width and Cyrillic letters, which look the same.
    "[('\uff43ompany_id', 'in', company_ids)]",
    "[('\u0441ompany_id', 'in', company_ids)]",
    "[(b'company_id', 'in', company_ids)]",
    # A condition that changes what the next one uses.
    "['|', ('user_id', 'in', [company_ids.pop()]), ('company_id', 'in', company_ids)]",
    "['|', ('user_id', 'in', (company_ids := [1])), ('company_id', 'in', company_ids)]",
    # No list, or no domain.
    "(('company_id', 'in', company_ids),)",
    "[('company_id', 'in', company_ids)] and [('user_id', '=', user.id)]",
    "[('company_id', 'in', company_ids)] + [('user_id', '=', user.id)]",
    "[*[('user_id', '=', user.id)]]",
    "[x for x in [('company_id', 'in', company_ids)]]",
    "['|', ('company_id', 'in', company_ids)]",
    "['!']",
    "[[]]",
    "[('company_id', 'in', company_ids, 1)]",
    "[('company_id',)]",
    "[True]",
    "[(True, '=', 1)]",
    "\0",
    "[('company_id', 'in', company_ids)",
    "[" * 3000,
    "-" * 100_000 + "1",
)


def hides(model: str, domain: str, needed: Shown = Shown.ALL) -> bool:
    return bool(_narrowed(model, [Rule(1, "rule", 1, (), domain)], frozenset(), needed))


OF_A_COMPANY: Final = sorted(SEEN_BY.keys() - {"project.milestone"})


@pytest.mark.parametrize("model", OF_A_COMPANY)
@pytest.mark.parametrize("domain", STOCK)
def test_odoos_own_rules_hide_nothing(domain: str, model: str) -> None:
    assert not hides(model, domain)


@pytest.mark.parametrize("needed", [Shown.OURS, Shown.ALL], ids=str)
@pytest.mark.parametrize("domain", HOSTILE, ids=lambda domain: domain[:60])
def test_what_narrows_or_is_not_understood_may_hide(domain: str, needed: Shown) -> None:
    assert hides("sale.order", domain, needed)


@pytest.mark.parametrize(
    ("model", "version", "nobodys"),
    [
        ("sale.order", 19, False),
        ("project.project", 16, False),
        ("project.project", 17, True),
        ("project.task", 19, True),
        ("resource.calendar.leaves", 16, True),
    ],
)
def test_what_may_be_of_no_company_must_be_let_through(
    model: str, version: int, nobodys: bool
) -> None:
    sandbox = Sandbox(date(2026, 11, 23), version=version)
    tables = sandbox._database.tables
    (number,) = (n for n, row in tables["ir.model"].items() if row["model"] == model)
    rule = {"id": 1, "name": "some", "model_id": number, "groups": [], "perm_read": True}
    tables["ir.rule"][1] = {
        **rule,
        "domain_force": "[('company_id', 'in', company_ids)]",
        "active": True,
    }
    assert Reader(Session(sandbox), 1).sees_all(model) is not nobodys


def test_milestones_are_of_their_projects_company() -> None:
    path = "('project_id.company_id', 'in', company_ids)"
    stock = f"['|', {path}, ('project_id.company_id', '=', False)]"
    assert not hides("project.milestone", stock)
    assert hides("project.milestone", f"[{path}]")
    assert hides("project.task", stock)


def test_rules_of_groups_widen_each_other_to_all() -> None:
    ours = Rule(1, "ours", 1, (2,), "[('company_id', 'in', company_ids)]")
    nobodys = Rule(2, "nobody's", 1, (2,), "[('company_id', '=', False)]")
    groups = frozenset({2})
    assert not _narrowed("project.task", [ours, nobodys], groups, Shown.ALL)
    assert _narrowed("project.task", [ours], groups, Shown.ALL)


ROWS: Final = [
    {"company_id": company, "user_id": user, "project_id.company_id": other}
    for company, user, other in product((*MINE, False), (7, 8), (1, False))
]


def listed(value: Any) -> Sequence[Any]:
    """One value alone stands for a list of it."""
    return value if isinstance(value, list) else [value]


OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": lambda cell, value: bool(cell == value),
    "!=": lambda cell, value: bool(cell != value),
    # A company here has neither parents nor branches.
    **dict.fromkeys(("in", "child_of", "parent_of"), lambda cell, value: cell in listed(value)),
    "not in": lambda cell, value: cell not in listed(value),
}
FIELDS: Final = ("company_id", "user_id", "project_id.company_id", "\uff43ompany_id")
VALUES: Final = (
    *("company_ids", "user.company_ids.ids", "company_ids + [False]", "[False] + company_ids"),
    *("company_ids[:1]", "[c for c in company_ids if c != 3]", "company_ids[:] + [False]"),
    *("False", "0", "1", "user.company_id.id", "[user.company_id.id]", "user.id", "[7, False]"),
    *("company_ids and [1]", "[company_ids.pop()]", "(company_ids := [1])", "(company_ids)"),
)
leaves = st.one_of(
    st.builds(
        "({!r}, {!r}, {})".format,
        st.sampled_from(FIELDS),
        st.sampled_from(list(OPERATORS)),
        st.sampled_from(VALUES),
    ),
    st.sampled_from(["(1, '=', 1)", "(0, '=', 1)", *(leaf[1:-1] for leaf in STOCK[:2])]),
)
terms = st.recursive(
    leaves,
    lambda term: st.one_of(
        st.builds("{}, {}, {}".format, st.sampled_from(["'|'", "'&'"]), term, term),
        st.builds("'!', {}".format, term),
    ),
    max_leaves=5,
)
domains = st.builds(
    "{}[{}]{}".format,
    st.sampled_from(["", " ", "# [(1, '=', 1)]\n"]),
    st.lists(terms, max_size=3).map(", ".join),
    st.sampled_from(["", "\n", " # [(1, '=', 1)]", "[:1]", " or []"]),
)


def lets(domain: Sequence[Any], row: Row) -> bool:
    """Whether Odoo shows the row, by a domain that joins its conditions by "and" by default."""
    stack: list[bool] = []
    for item in reversed(domain):
        if item == "!":
            stack.append(not stack.pop())
        elif isinstance(item, str):
            first, second = stack.pop(), stack.pop()
            stack.append(first or second if item == "|" else first and second)
        else:
            field, operator, value = item
            cell = field if isinstance(field, int) else row.get(field)
            stack.append(OPERATORS[operator](cell, value))
    return all(stack)


def evaluated(domain: str) -> Sequence[Any]:
    """The domain as Odoo's rules evaluate it, for a user of all three companies."""
    user = SimpleNamespace(
        id=7, company_id=SimpleNamespace(id=1), company_ids=SimpleNamespace(ids=[*MINE])
    )
    names = {"user": user, "company_ids": [*MINE], "company_id": 1}
    found: Sequence[Any] = eval(domain.strip(), names)
    return found


@settings(max_examples=200, deadline=None)
@given(domains, st.sampled_from([Shown.OURS, Shown.ALL]))
def test_a_generated_rule_that_narrows_is_never_accepted(domain: str, needed: Shown) -> None:
    if not hides("sale.order", domain, needed):
        known = evaluated(domain)
        for row in ROWS:
            if row["company_id"] or needed is Shown.ALL:
                assert lets(known, row), (domain, row)


def test_the_judge_of_that_tells_what_narrows() -> None:
    ours = [row for row in ROWS if row["company_id"]]
    for number in (0, 1, 2, 5, 6, 7, 11, 12, 13, 15, 22):
        known = evaluated(HOSTILE[number])
        assert not all(lets(known, row) for row in ours), HOSTILE[number]
    for domain in STOCK[:6]:
        assert all(lets(evaluated(domain), row) for row in ROWS)
