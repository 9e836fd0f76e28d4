"""The training panel: loss, error and learning rate of one stage, above one another.

Where there is no room for all, up and down walk through them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, final

from textual.binding import Binding, BindingType
from textual.containers import Container

from mcworkbench.reports.plot import Plot
from mcworkbench.screens.chart.widget import Chart
from mcworkbench.screens.run.choices import with_others

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.events import Resize

    from mcworkbench.screens.pictures.run_picture import TrainingPicture

_NUM_CHARTS = 3
_MIN_ROWS = 8
_MIN_COLUMNS = 36
NOTHING = Plot("train-loss", "training", "epoch", "train_nll", empty="nothing has been trained yet")


@final
class TrainingPane(Container):
    """Charts of what one stage measured while it trained."""

    HELP = (
        "Loss, error and learning rate of one trained stage, by epoch. It follows the stage that "
        "trains now; < and > choose another. Up and down go from one chart to the next."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "walk(1)", "Next chart", show=False, id="training.next-chart"),
        Binding("up", "walk(-1)", "Previous chart", show=False, id="training.last-chart"),
    ]

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, name="Training", classes="pane")
        self.charts = [
            Chart(name="Training", classes="framed", id=f"{id}-{place}")
            for place in range(_NUM_CHARTS)
        ]
        self.node = ""
        self._plots: tuple[Plot, ...] = ()
        self._first = 0
        self._source: tuple[object, ...] = ()
        self._is_row = False

    def compose(self) -> ComposeResult:
        """Lay out all charts; what there is room for shows."""
        yield from self.charts

    def show(
        self,
        training: TrainingPicture | None,
        others: Sequence[TrainingPicture] = (),
        *,
        is_held: bool = False,
        empty: str = "",
    ) -> None:
        """Show a stage.

        Args:
            training: what it measured, None where nothing was trained.
            others: networks to show faint beside it.
            is_held: the user chose it.
            empty: the sentence shown without any numbers.
        """
        source = (training, tuple(others), is_held, empty)
        if len(source) == len(self._source) and all(map(_is_same, source, self._source)):
            return
        self._source = source
        if training is None or not training.plots:
            self.node = training.node if training is not None else ""
            self._plots = (replace(NOTHING, empty=empty or NOTHING.empty),)
        else:
            self.node = training.node
            head = f"{training.node} (held)" if is_held else training.node
            self._plots = tuple(
                with_others(replace(plot, title=f"{head} · {plot.title}"), others)
                for plot in training.plots
            )
        self._deal()

    def set_row(self, is_row: bool) -> None:  # noqa: FBT001 - the layout, as the screen tells it
        """Lay the charts beside one another instead."""
        if is_row != self._is_row:
            self._is_row = is_row
            self.set_class(is_row, "-row")
            self._deal()

    def on_resize(self, _event: Resize) -> None:
        """Show as many as there is room for."""
        self._deal()

    @property
    def num_shown(self) -> int:
        """Return for how many charts there is room."""
        room = self.size.width // _MIN_COLUMNS if self._is_row else self.size.height // _MIN_ROWS
        return max(1, min(_NUM_CHARTS, len(self._plots), room))

    def _deal(self) -> None:
        count = self.num_shown
        self._first = max(0, min(self._first, len(self._plots) - count))
        for place, chart in enumerate(self.charts):
            chart.display = place < count
            if place < count and self._first + place < len(self._plots):
                chart.show(self._plots[self._first + place])

    def action_walk(self, step: int) -> None:
        """Go to the next chart, or bring it in where there is no room for all."""
        focused = next((place for place, c in enumerate(self.charts) if c.has_focus), 0)
        wanted = self._first + focused + step
        if not 0 <= wanted < len(self._plots):
            return
        if wanted < self._first or wanted >= self._first + self.num_shown:
            self._first += step
            self._deal()
        self.screen.set_focus(self.charts[wanted - self._first])


def _is_same(one: object, other: object) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return one is other or one == other
