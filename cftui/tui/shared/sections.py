"""A page of sections: as many as there is room for, or one at a time."""

from collections.abc import Mapping
from typing import ClassVar

from textual.containers import Container

OVERVIEW = "overview"


class SectionedPage(Container):
    """Shows an overview of its sections, or one alone; in little room one takes the place of all.

    Its classes: `-one` where a section stands alone.
    """

    SECTIONS: ClassVar[Mapping[str, str]] = {}
    """Their ids, and what heads each; the first stands alone where there is little room."""
    SMALL: ClassVar[tuple[int, int]] = (0, 0)
    """Of the page, in cells: below either there is room for one section alone."""

    view = OVERVIEW
    """What was asked for: the overview, or the id of a section."""

    def on_mount(self) -> None:
        """Name the sections."""
        for name, title in self.SECTIONS.items():
            self.query_one(f"#{name}").border_title = title
        self.show_sections()

    def turn(self, steps: int) -> None:
        """Show another section alone, or all there is room for."""
        views = [*([] if self._small else [OVERVIEW]), *self.SECTIONS]
        self.view = views[(views.index(self.shown_view) + steps) % len(views)]
        self.show_sections()

    @property
    def shown(self) -> tuple[str, ...]:
        """Return the sections on show."""
        return tuple(name for name in self.SECTIONS if self.query_one(f"#{name}").display)

    @property
    def shown_view(self) -> str:
        """Return the view as it is: in little room one section takes the place of all."""
        first = next(iter(self.SECTIONS))
        return first if self.view == OVERVIEW and self._small else self.view

    @property
    def _small(self) -> bool:
        return self.size.width < self.SMALL[0] or self.size.height < self.SMALL[1]

    def in_overview(self, section: str) -> bool:
        """Return whether there is room for a section in the overview."""
        return True

    def show_sections(self) -> None:
        """Show what there is room for."""
        view = self.shown_view
        self.set_class(view != OVERVIEW, "-one")
        for name in self.SECTIONS:
            overview = view == OVERVIEW and self.in_overview(name)
            self.query_one(f"#{name}").display = overview or view == name
