"""Which project of an order is that of some of its lines, or stands beside them by its name.

The procedure `create_project` in Odoo goes by the same.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class OfOrder:
    """A project that is linked to an order, and the line that it names, of whichever order."""

    id: int
    name: str
    line_id: int | None


@dataclass(frozen=True)
class Sought:
    """What a project is for."""

    #: Lines of the order; where empty, all of them.
    lines: Collection[int] = ()
    #: What its name holds, where it stands beside those of the lines; case does not count.
    named: str = ""
    #: What the name of one beside it holds, which is not taken for it.
    beside: str = ""

    def among(
        self, projects: Iterable[OfOrder], of_lines: Mapping[int, int | None]
    ) -> OfOrder | None:
        """The first that is it; of_lines: the project that each line of the order names, if any."""
        taken = {number for number in of_lines.values() if number}
        own = {of_lines.get(line) for line in self.lines} - {None}
        known = [*projects]
        return next((each for each in known if each.id in own), None) or next(
            (each for each in known if self._fits(each, of_lines, taken)), None
        )

    def _fits(
        self, project: OfOrder, of_lines: Mapping[int, int | None], taken: Collection[int]
    ) -> bool:
        name = project.name.casefold()
        if self.beside and self.beside.casefold() in name:
            return False
        if self.named:
            return self.named.casefold() in name
        if not self.lines or project.line_id in self.lines:
            return True
        # What is linked to none of the lines was made for the whole order.
        return project.line_id not in of_lines and project.id not in taken
