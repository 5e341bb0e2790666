"""Who must agree: the rules of an approval matrix, and its one verdict on each request.

The first rule that fits decides. Where none does, or a rule asks for what is not known of a
request, the highest level must agree. And whoever must agree to an amount must agree to a larger
one: a verdict is never lower than that on a smaller amount, so a gap or a slip in the rules costs
a signature more, never one less. The formulas are ours.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from tasks.domain.policy import Amount, Currency, Policy
from tasks.domain.texts import Money, Text

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Named = Annotated[str, Field(min_length=1, max_length=100)]
Percent = Annotated[Decimal, Field(ge=0, le=100_000)]
Fits = bool | None
# The fields of records by which a role may go: who leads the project, who sold, and who leads them.
FIELDS: Final = ("project.project.user_id", "sale.order.user_id", "crm.team.user_id")


class Level(Policy):
    """Who agrees at one height of a matrix."""

    name: Word
    roles: tuple[Word, ...] = Field(min_length=1, description="whose people decide")
    needs: Literal["any", "all"] = Field(
        "any", description="one person of any of the roles, or one of each"
    )
    hours: float = Field(
        16,
        gt=0,
        le=2000,
        description="working hours of who may decide, until the next level may decide too",
    )


class Rule(Policy):
    """What a request must be for these levels to decide it; what is left out does not matter.

    Bounds leave out what they are above, and include what they go up to; one above 0 leaves out
    nothing.
    """

    name: Named
    levels: tuple[Word, ...] = Field(min_length=1, description="that must agree, in this order")
    own_authority: tuple[Word, ...] = Field(
        (), description="roles whose people need nobody's agreement to what they ask for themselves"
    )
    kinds: tuple[Word, ...] = Field((), description="of request, among those of the matrix")
    currency: Currency | None = Field(None, description="of the amounts below")
    amount_above: Amount | None = None
    amount_up_to: Amount | None = None
    percent_above: Percent | None = Field(None, description="of the contract's value")
    percent_up_to: Percent | None = None
    window_days: int | None = Field(
        None,
        gt=0,
        le=3660,
        description="amount and percent count all that was asked for the contract in so many days",
    )
    project_value_above: Amount | None = None
    project_value_up_to: Amount | None = None
    tiers: tuple[Named, ...] = Field((), description="of the customer")
    service_lines: tuple[Named, ...] = ()
    risks: tuple[Named, ...] = ()

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        for what in ("amount", "percent", "project_value"):
            above, up_to = getattr(self, f"{what}_above"), getattr(self, f"{what}_up_to")
            if above is not None and up_to is not None and up_to <= above:
                raise ValueError(f"{what}_up_to is {up_to}, not above {what}_above, {above}")
        if self.currency is None and any(
            getattr(self, f"{what}_{end}") is not None
            for what in ("amount", "project_value")
            for end in ("above", "up_to")
        ):
            raise ValueError("give the currency of its amounts")
        if len(set(self.levels)) < len(self.levels):
            raise ValueError("names a level twice")
        return self


class Matrix(Policy):
    """The levels of a firm, lowest first, and the rules that choose among them, in order."""

    about: tuple[Word, ...] = Field(
        min_length=1, description="kinds of requests and effects that it decides about"
    )
    levels: tuple[Level, ...] = Field(min_length=1, description="lowest first")
    rules: tuple[Rule, ...] = Field((), description="the first that fits decides")

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        for what, names in (
            ("level", [level.name for level in self.levels]),
            ("rule", [rule.name for rule in self.rules]),
        ):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"has more than one {what} named {', '.join(twice)}")
        known = [level.name for level in self.levels]
        for rule in self.rules:
            if strange := [name for name in rule.levels if name not in known]:
                raise ValueError(
                    f"rule {rule.name!r}: no such level {strange[0]!r}; there are "
                    f"{', '.join(known)}"
                )
            if [*rule.levels] != [name for name in known if name in rule.levels]:
                raise ValueError(f"rule {rule.name!r}: name its levels from the lowest up")
            if outside := [kind for kind in rule.kinds if kind not in self.about]:
                raise ValueError(
                    f"rule {rule.name!r}: the matrix is not about {outside[0]!r}; it is about "
                    f"{', '.join(self.about)}"
                )
        return self

    def height(self, level: str) -> int:
        """0 for the lowest level."""
        return [each.name for each in self.levels].index(level)

    def needed(self, of: "Verdict") -> int:
        """The height of the highest level that a verdict needs; -1 where it needs none."""
        return max((self.height(level.name) for level in of.levels), default=-1)

    def roles(self) -> frozenset[str]:
        """All that it names."""
        of_levels = {role for level in self.levels for role in level.roles}
        return frozenset(of_levels | {role for rule in self.rules for role in rule.own_authority})


@dataclass(frozen=True)
class Earlier:
    """What was asked for the same contract before, and not refused."""

    on: date
    amount: Decimal


@dataclass(frozen=True)
class Request:
    """What somebody must agree to, by what rules may ask; None and "" are not known."""

    kind: str
    on: date
    #: Never below zero: a reduction is as large as an addition.
    amount: Decimal | None = None
    currency: str | None = None
    #: The contract's and the project's value, in the same currency.
    contract: Decimal | None = None
    project_value: Decimal | None = None
    tier: str = ""
    service_line: str = ""
    risk: str = ""
    #: Of the same contract, in the same currency.
    earlier: tuple[Earlier, ...] = ()
    #: Addresses in lower case of who asks for it; of who prepared it or has a benefit.
    requester: str = ""
    involved: frozenset[str] = field(default_factory=frozenset)
    #: What stands for the contract among requests about it, as model and id.
    contract_id: str = ""
    #: Whom fields of its records name, by the fields' names in FIELDS; addresses in lower case.
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def parties(self) -> frozenset[str]:
        """Who may not decide it."""
        return (self.involved | {self.requester}) - {""}


@dataclass(frozen=True)
class Verdict:
    """Who must agree to a request, by which rule and why."""

    #: "" where no rule gave it.
    rule: str
    #: In the order in which they agree; none where it passes at once.
    levels: tuple[Level, ...]
    why: Text


UNFIT: Final = Text("no rule fits, so the highest level decides")


def verdict(matrix: Matrix, request: Request, people: Mapping[str, tuple[str, ...]]) -> Verdict:
    """The one verdict on a request; people: who holds each role."""
    found = _judged(matrix, request, people)
    for smaller in _smaller(matrix, request):
        below = _judged(matrix, smaller, people)
        if matrix.needed(below) > matrix.needed(found):
            found = Verdict(
                below.rule,
                below.levels,
                Text(
                    "as for {amount}, since no larger amount needs less: {why}",
                    amount=Money(smaller.amount or Decimal(0), smaller.currency or ""),
                    why=below.why,
                ),
            )
    return found


def _smaller(matrix: Matrix, request: Request) -> Iterator[Request]:
    """The request at each smaller amount from which on another rule may fit, and between them."""
    if request.amount is None:
        return
    ends = {end for rule in matrix.rules for end in _ends(rule, request)}
    steps = sorted({Decimal(0), *(end for end in ends if 0 <= end < request.amount)})
    for step, following in zip(steps, [*steps[1:], request.amount], strict=True):
        yield replace(request, amount=step)
        yield replace(request, amount=(step + following) / 2)


def _ends(rule: Rule, request: Request) -> Iterator[Decimal]:
    """The amounts at which a rule begins or ceases to fit."""
    before = _before(rule, request)
    for end in (rule.amount_above, rule.amount_up_to):
        if end is not None:
            yield end - before
    for share in (rule.percent_above, rule.percent_up_to):
        if share is not None and request.contract:
            yield share * request.contract / 100 - before


def _judged(matrix: Matrix, request: Request, people: Mapping[str, tuple[str, ...]]) -> Verdict:
    highest = (matrix.levels[-1],)
    if request.kind not in matrix.about:
        why = Text(
            "the matrix says nothing of {kind}, so the highest level decides", kind=request.kind
        )
        return Verdict("", highest, why)
    for rule in matrix.rules:
        fit = fits(rule, request)
        if fit is None:
            why = Text(
                "whether rule {rule} fits is not known, so the highest level decides",
                rule=rule.name,
            )
            return Verdict(rule.name, highest, why)
        if fit:
            return _given(matrix, rule, request, people)
    return Verdict("", highest, UNFIT)


def _given(
    matrix: Matrix, rule: Rule, request: Request, people: Mapping[str, tuple[str, ...]]
) -> Verdict:
    for role in rule.own_authority:
        if request.requester and request.requester in people.get(role, ()):
            why = Text("rule {rule}: within the own authority of {role}", rule=rule.name, role=role)
            return Verdict(rule.name, (), why)
    levels = tuple(level for level in matrix.levels if level.name in rule.levels)
    return Verdict(rule.name, levels, Text("rule {rule}", rule=rule.name))


def fits(rule: Rule, request: Request) -> Fits:
    """Whether a rule fits; None where it asks for what is not known, and all else fits."""
    answers = list(_answers(rule, request))
    if False in answers:
        return False
    return None if None in answers else True


def _answers(rule: Rule, request: Request) -> Iterator[Fits]:
    yield not rule.kinds or request.kind in rule.kinds
    if rule.currency is not None:
        yield _among(request.currency or "", (rule.currency,))
    yield _among(request.tier, rule.tiers)
    yield _among(request.service_line, rule.service_lines)
    yield _among(request.risk, rule.risks)
    amount = None if request.amount is None else request.amount + _before(rule, request)
    yield _within(amount, rule.amount_above, rule.amount_up_to)
    yield _within(_percent(amount, request.contract), rule.percent_above, rule.percent_up_to)
    yield _within(request.project_value, rule.project_value_above, rule.project_value_up_to)


def _before(rule: Rule, request: Request) -> Decimal:
    """What was asked before, within the rule's window."""
    if rule.window_days is None:
        return Decimal(0)
    since = request.on - timedelta(days=rule.window_days)
    return sum((e.amount for e in request.earlier if since <= e.on <= request.on), Decimal(0))


def _percent(amount: Decimal | None, contract: Decimal | None) -> Decimal | None:
    return None if amount is None or not contract else amount * 100 / contract


def _among(value: str, wanted: tuple[str, ...]) -> Fits:
    if not wanted:
        return True
    return value in wanted if value else None


def _within(value: Decimal | None, above: Decimal | None, up_to: Decimal | None) -> Fits:
    if not above and up_to is None:
        return True
    if value is None:
        return None
    return (not above or value > above) and (up_to is None or value <= up_to)
