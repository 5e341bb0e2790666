"""The base of all policies: the thresholds in force for a scope, and for units inside it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import Field, PrivateAttr

from tasks.domain.written import Written

# What Odoo names a currency by.
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Amount = Annotated[Decimal, Field(ge=0, le=10**15)]
# Of what there can be no more than all.
Share = Annotated[float, Field(gt=0, le=100)]


class Policy(Written):
    """Typed, frozen, unknown keys refused. Units stand in the names or descriptions."""

    _edition: str = PrivateAttr("")
    _approved_by: str = PrivateAttr("")
    _by_department: Mapping[int, Self] = PrivateAttr({})
    _by_sales_team: Mapping[int, Self] = PrivateAttr({})

    @cached_property
    def version(self) -> str:
        """Since when and for which unit these values hold, and a digest of the values."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        return f"{self._edition} {digest}".strip()

    def for_department(self, department_id: int | None) -> Self:
        """The policy for people of a department: its business unit's, else this one."""
        return self._by_department.get(department_id or 0, self)

    def for_sales_team(self, team_id: int | None) -> Self:
        """The policy for orders of a sales team: its business unit's, else this one."""
        return self._by_sales_team.get(team_id or 0, self)

    def as_edition(self, edition: str, approved_by: str = "") -> Self:
        """The same values, named by the amendment that gave them; and who approved that."""
        return self._with(_edition=edition, _approved_by=approved_by)

    def approvals(self) -> Mapping[str, str]:
        """Who approved the amendments of each version in force in the scope; "" where none is."""
        return {found.version: found._approved_by for found in self.everywhere()}

    def with_units(
        self, by_department: Mapping[int, Self], by_sales_team: Mapping[int, Self]
    ) -> Self:
        """The same values, with those of business units inside the scope."""
        return self._with(_by_department=by_department, _by_sales_team=by_sales_team)

    def versions(self) -> Mapping[str, Mapping[str, Any]]:
        """All values in force in the scope, this policy's and its units', by version."""
        return {found.version: found.model_dump(mode="json") for found in self.everywhere()}

    def everywhere(self) -> Iterator[Self]:
        """This policy, and those of the business units inside the scope."""
        yield self
        yield from self._by_department.values()
        yield from self._by_sales_team.values()

    def _with(self, **private: Any) -> Self:
        copied = self.model_copy()
        copied.__dict__.pop("version", None)
        for name, value in private.items():
            setattr(copied, name, value)
        return copied
