"""Pictures on the straight line between the codes of two images, as both ends decode them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from textual.binding import Binding, BindingType
from typing_extensions import override

from mcworkbench.reports.chart_canvas import one_cell_each
from mcworkbench.reports.halfblocks import fitted, resized
from mcworkbench.screens.widgets.pixels import HEAD, AbstractPixels, say

if TYPE_CHECKING:
    from mcworkbench.reports.pixel_canvas import PixelCanvas
    from mcworkbench.screens.pictures.looks import Between

_NOTHING = "no pictures between codes yet"
_MAX_LABEL = 14


@final
class BetweenPane(AbstractPixels):
    """One pair of images at a time; the network stays, the code moves."""

    HELP = (
        "Between two images: codes on the straight line from the first one's to the second one's, "
        "decoded by each end of the path. Here the network stays and the code moves; in the view "
        "of pictures the image stays and the network moves. Up and down choose the pair."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "pair(1)", "Images", id="between.next", tooltip="Next pair of images"),
        Binding("up,k", "pair(-1)", "Images back", show=False, id="between.last",
                tooltip="Pair of images before"),
    ]  # fmt: skip

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, name="Between")
        self.between: Between | None = None
        self.pair = 0
        self.empty = _NOTHING

    def show(self, between: Between | None, empty: str = _NOTHING) -> None:
        """Show pictures; the chosen pair stays as far as it can."""
        if (between, empty) != (self.between, self.empty):
            self.between, self.empty = between, empty
            self.pair %= self._num_pairs or 1
            self.renew()

    @property
    def _num_pairs(self) -> int:
        return len(self.between.by_end[0][1]) if self.between is not None else 0

    def action_pair(self, by: int) -> None:
        """Choose another pair of images, around the end."""
        if self._num_pairs:
            self.pair = (self.pair + by) % self._num_pairs
            self.renew(at_once=True)

    @override
    def draw(self, canvas: PixelCanvas) -> None:
        between = self.between
        if between is None:
            say(canvas, self.empty)
            return
        label = min(max(len(name) for name, _ in between.by_end), _MAX_LABEL) + 2
        column = (canvas.width - label) // len(between.parts)
        num_rows = (canvas.height - 1) // len(between.by_end)
        height, width = between.by_end[0][1].shape[2:4]
        size = fitted(height, width, num_rows, column - 1)
        if not min(size):
            say(canvas, "too small for pictures: z shows them alone")
            return
        column = min(column, max(size[1] + 2, 5))
        for place, part in enumerate(between.parts):
            canvas.write(0, label + place * column, f"{part:.2f}".removeprefix("0"), HEAD)
        for place, (name, images) in enumerate(between.by_end):
            top = 1 + place * (min(num_rows, (size[0] + 1) // 2 + 1))
            canvas.write(top, 0, one_cell_each(name, limit=label - 1), HEAD)
            for step, image in enumerate(resized(images[self.pair], *size)):
                canvas.picture(top, label + step * column, image, is_plain=self.is_plain)

    @override
    def words(self) -> tuple[str, str]:
        count = self._num_pairs
        title = "Between the codes of two images"
        return (
            (f"{title} · pair {self.pair + 1} of {count}", "↑ ↓ other images")
            if count
            else (title, "")
        )
