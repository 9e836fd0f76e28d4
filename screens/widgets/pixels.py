"""The base of panes made of pixels, shaded cells and text: pictures, heat maps, scatters.

A subclass draws on a `PixelCanvas`; paints are places in `LOOKS`. Only rows that changed are
repainted.
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, final

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.strip import Strip
from typing_extensions import override

from mcworkbench.reports.chart_canvas import one_cell_each
from mcworkbench.reports.pixel_canvas import OWN, PixelCanvas
from mcworkbench.screens.widgets.drawn import AbstractDrawn
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcworkbench.reports.pixel_canvas import Piece

# Classes that have a colour of their own; more share them.
NUM_CLASS_COLOURS = 10
# The paints of a canvas, by place; the first is the pane's own style.
LOOKS = (
    "",
    *("pixels--quiet", "pixels--strong", "pixels--mark", "pixels--head"),
    *(f"pixels--class-{place}" for place in range(NUM_CLASS_COLOURS)),
)
PLAIN, QUIET, STRONG, MARK, HEAD, FIRST_CLASS = range(6)
# Systems whose few colours would make false contours.
_POOR = (None, "standard", "windows")


def class_paint(label: int) -> int:
    """Return the paint of a class."""
    return FIRST_CLASS + label % NUM_CLASS_COLOURS


class AbstractPixels(AbstractDrawn, can_focus=True):
    """A pane drawn on a canvas of pixels, with title and hints in its border."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LOOKS[1:])

    def __init__(
        self,
        *,
        id: str,  # noqa: A002
        name: str,
        classes: str = "pane",
        clock_s: Callable[[], float] | None = None,
    ) -> None:
        """Prepare an empty pane; `clock_s` gives monotonic seconds."""
        super().__init__(
            id=id, name=name, classes=classes, **({} if clock_s is None else {"clock_s": clock_s})
        )
        self._painter = _Painter(self._style_of)
        self._border = ("", "")

    @abstractmethod
    def draw(self, canvas: PixelCanvas) -> None:
        """Draw what is shown now on a blank canvas as large as the pane."""

    @abstractmethod
    def words(self) -> tuple[str, str]:
        """Return title and state for the border; asked after `draw`."""

    @property
    def is_plain(self) -> bool:
        """Return whether pictures are better shown in ink than in colours here."""
        app = self.app
        is_poor = not app.is_headless and app.console.color_system in _POOR
        return app.no_color or is_poor

    def renew(self, *, at_once: bool = False) -> None:
        """Draw anew: at once where a key asks for it, else as often as is good for the eye."""
        if at_once:
            self._draw_now()
        else:
            self._draw_soon()

    @override
    def _paint(self) -> list[int]:
        canvas = PixelCanvas(*self.size)
        try:
            self.draw(canvas)
        except Exception as error:  # noqa: BLE001 - odd data must not end the app
            canvas = PixelCanvas(*self.size)
            say(canvas, f"cannot draw: {error}")
            self.log.error(error)  # noqa: TRY400
        self._write_border(self.words())
        return self._painter.paint(canvas)

    def _write_border(self, words: tuple[str, str]) -> None:
        title, state = map(clean_line, words)
        if title != self._border[0]:
            self.border_title = Content(title) if title else None
        if state != self._border[1]:
            self.border_subtitle = Content(state) if state else None
        self._border = (title, state)

    @override
    def _strip(self, row: int) -> Strip | None:
        return self._painter.strip(row)

    @override
    def _forget_styles(self) -> None:
        self._painter.forget()

    def _style_of(self, name: str) -> Style:
        return self.get_component_rich_style(name) if name else self.rich_style


def say(canvas: PixelCanvas, text: str) -> None:
    """Put one sentence into the middle of a canvas."""
    text = one_cell_each(text, limit=canvas.width)
    canvas.write((canvas.height - 1) // 2, (canvas.width - len(text)) // 2, text, QUIET)


@functools.lru_cache(maxsize=1 << 14)
def _coloured(ink: int, ground: int) -> Style:
    return Style(color=_colour(ink), bgcolor=_colour(ground))


def _colour(packed: int) -> Color | None:
    if packed == OWN:
        return None
    return Color.from_rgb(packed >> 16, (packed >> 8) & 0xFF, packed & 0xFF)


@final
class _Painter:
    """The rows as they were painted last."""

    def __init__(self, style_of: Callable[[str], Style]) -> None:
        self._style_of = style_of
        self._styles: tuple[Style, ...] = ()
        self._keys: list[bytes] = []
        self._strips: list[Strip] = []

    def forget(self) -> None:
        """Ask for styles and paint every row anew."""
        self._styles, self._keys = (), []

    def strip(self, row: int) -> Strip | None:
        """Return a row as it was painted last, None below the last one."""
        return self._strips[row] if row < len(self._strips) else None

    def paint(self, canvas: PixelCanvas) -> list[int]:
        """Take over a canvas and return the rows that look different from before."""
        self._styles = self._styles or tuple(map(self._style_of, LOOKS))
        keys = [canvas.key(row) for row in range(canvas.height)]
        is_alike = len(keys) == len(self._keys)
        changed = [row for row, key in enumerate(keys) if not is_alike or key != self._keys[row]]
        strips = self._strips if is_alike else [Strip([])] * len(keys)
        for row in changed:
            segments = [Segment(piece.text, self._style(piece)) for piece in canvas.pieces(row)]
            strips[row] = Strip(segments, canvas.width)
        self._keys, self._strips = keys, strips
        return changed

    def _style(self, piece: Piece) -> Style:
        style = self._styles[piece.paint]
        if piece.ink == OWN and piece.ground == OWN:
            return style
        return style + _coloured(piece.ink, piece.ground)
