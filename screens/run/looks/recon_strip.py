"""The pane of reconstructions: fixed images at a place that keys move, beside the shared t.

It steps along the positions at which there are pictures; while it plays, five times a second,
and only while it can be seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from textual.binding import Binding, BindingType
from typing_extensions import override

from mcworkbench.reports.chart_canvas import one_cell_each
from mcworkbench.reports.pixel_canvas import PixelCanvas
from mcworkbench.screens.pictures.looks import ALONG
from mcworkbench.screens.run.choices import nearest
from mcworkbench.screens.run.looks.film_layout import Film, draw_film, position_text
from mcworkbench.screens.run.parts import PositionMoved
from mcworkbench.screens.widgets.pixels import MARK, QUIET, AbstractPixels, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.timer import Timer

    from mcworkbench.screens.pictures.looks import Reconstructions

PLAY_S = 0.2
_FAR = 10
# A walk from one end to the other takes at most that many frames.
_MOST_FRAMES = 40
_MIN_ROWS = 3
_TRACK, _HERE = "─", "●"
_NOTHING = "no reconstructions yet"


@final
class ReconStrip(AbstractPixels):
    """Inputs, reconstructions and errors of fixed images, or one image as a strip of film."""

    HELP = (
        "Fixed test images and what the networks make of them: the input, the reconstruction on "
        "each path at the same t, and the difference, four times as strong. Below every picture "
        "stand its mean squared error, of pixels in [0, 1], and its peak signal-to-noise ratio. "
        "Left and right move t in every pane at once; f shows one image along the whole path."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Left", id="pictures.left", tooltip="One picture left"),
        Binding("right", "step(1)", "Right", id="pictures.right", tooltip="One picture right"),
        Binding("space", "play", "Play", id="pictures.play",
                tooltip="Play there and back along the path, or stop"),
        Binding("f", "film", "Film", id="pictures.film",
                tooltip="One image at several places, or all images at one"),
        Binding("down,j", "image(1)", "Image", id="pictures.next-image", tooltip="Next image"),
        Binding("up,k", "image(-1)", "Image back", show=False, id="pictures.last-image",
                tooltip="Image before"),
        Binding("shift+left", f"step(-{_FAR})", "Left 10", show=False, id="pictures.far-left",
                tooltip="Ten pictures left"),
        Binding("shift+right", f"step({_FAR})", "Right 10", show=False, id="pictures.far-right",
                tooltip="Ten pictures right"),
        Binding("home", "edge(0)", "First", show=False, id="pictures.first",
                tooltip="To the first picture"),
        Binding("end", "edge(-1)", "Last", show=False, id="pictures.last",
                tooltip="To the last picture, and follow it"),
    ]  # fmt: skip

    def __init__(self, *, id: str, clock_s: Callable[[], float] | None = None) -> None:  # noqa: A002
        super().__init__(id=id, name="Pictures", clock_s=clock_s)
        self.paths: tuple[Reconstructions, ...] = ()
        self.class_names: tuple[str, ...] = ()
        self.image = 0
        self.is_film = False
        self.empty = _NOTHING
        self._at: float | None = None
        self._timer: Timer | None = None
        self._direction = 1

    def show(
        self, paths: tuple[Reconstructions, ...], classes: tuple[str, ...], empty: str = _NOTHING
    ) -> None:
        """Show other pictures; what was chosen stays as far as it can.

        Args:
            paths: of the same images, paths before lines.
            classes: names of their classes.
            empty: the sentence shown without any.
        """
        paths = tuple(one for one in paths if one.inputs_KHWC.shape == paths[0].inputs_KHWC.shape)
        is_same = len(paths) == len(self.paths) and all(map(_is, paths, self.paths))
        if is_same and (classes, empty) == (self.class_names, self.empty):
            return
        had_any = bool(self.paths)
        self.paths, self.class_names, self.empty = paths, classes, empty
        if paths:
            self.image = min(self.image, len(paths[0].inputs_KHWC) - 1)
        if had_any != bool(paths):
            self._stop()
            self.refresh_bindings()
        self.renew()

    @property
    def at(self) -> float | None:
        """Return where the pictures are from: a position of the first path, None without any."""
        if not self.paths:
            return None
        main = self.paths[0]
        wanted = self._at
        if wanted is None:
            wanted = 0.5 if main.axis == ALONG else main.positions[-1]
        return main.positions[nearest(main.positions, wanted)]

    @property
    def is_playing(self) -> bool:
        """Return whether it moves by itself."""
        return self._timer is not None

    def set_at(self, position: float | None) -> None:
        """Follow a position without telling anyone; None leaves the pictures where they are."""
        if position is None:
            return
        before, self._at = self.at, position
        if self.at != before:
            self.renew(at_once=True)

    # Keys.

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("step", "edge", "play", "film", "image"):
            return True if self.paths else None
        return super().check_action(action, parameters)

    def action_step(self, by: int) -> None:
        """Move by pictures, to the left where negative."""
        self._stop()
        self._step(by)

    def action_edge(self, place: int) -> None:
        """Go to the first picture, or with -1 to the last."""
        self._stop()
        if self.paths:
            main = self.paths[0]
            self._move(main.positions[place])
            if place and main.axis != ALONG:
                # A training goes on: what comes is followed.
                self._at = None

    def action_image(self, by: int) -> None:
        """Choose the next image, around the end."""
        if self.paths:
            self.image = (self.image + by) % len(self.paths[0].inputs_KHWC)
            self.renew(at_once=True)

    def action_film(self) -> None:
        """Show one image at several places, or all images at one."""
        self.is_film = not self.is_film
        self.renew(at_once=True)

    def action_play(self) -> None:
        """Play, or stop."""
        if self.is_playing:
            self._stop()
        elif self.paths:
            self._timer = self.set_interval(PLAY_S, self._tick)
        self.renew(at_once=True)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            self.renew(at_once=True)

    def _tick(self) -> None:
        # Hidden pictures stand still, and go on when they show again.
        if not self.paths or not self._can_be_seen():
            return
        positions = self.paths[0].positions
        place = nearest(positions, self.at or 0.0)
        if not 0 <= place + self._direction < len(positions):
            self._direction = -self._direction
        self._step(self._direction * max(1, len(positions) // _MOST_FRAMES))

    def _step(self, by: int) -> None:
        if self.paths:
            positions = self.paths[0].positions
            place = nearest(positions, self.at if self.at is not None else 0.0) + by
            self._move(positions[max(0, min(place, len(positions) - 1))])

    def _move(self, position: float) -> None:
        if position == self.at:
            self._at = position
            return
        self._at = position
        self.renew(at_once=True)
        if self.paths[0].axis == ALONG:
            self.post_message(PositionMoved(self, position))

    # Drawing.

    @override
    def draw(self, canvas: PixelCanvas) -> None:
        at = self.at
        if at is None:
            say(canvas, self.empty)
            return
        has_slider = canvas.height > _MIN_ROWS
        sheet = PixelCanvas(canvas.width, canvas.height - has_slider)
        film = Film(self.paths, at, self.image, self.is_film, self.is_plain, self.class_names)
        draw_film(sheet, film)
        canvas.paste(sheet)
        if has_slider:
            self._draw_slider(canvas, at)

    def _draw_slider(self, canvas: PixelCanvas, at: float) -> None:
        positions, row = self.paths[0].positions, canvas.height - 1
        sign = "▶" if self.is_playing else "‖"
        head = f"{sign} {position_text(self.paths[0], at):<10}"
        tail = " space stops" if self.is_playing else " space plays"
        room = canvas.width - len(head) - len(tail) - 1
        canvas.write(row, 0, head, MARK)
        if room > _FAR:
            low, high = positions[0], positions[-1]
            part = (at - low) / (high - low) if high > low else 0.0
            canvas.write(row, len(head), _TRACK * room, QUIET)
            canvas.write(row, len(head) + round(part * (room - 1)), _HERE, MARK)
            canvas.write(row, len(head) + room, tail, QUIET)

    @override
    def words(self) -> tuple[str, str]:
        if not self.paths:
            return "Reconstructions", ""
        main = self.paths[0]
        names = " and ".join(one_cell_each(path.name, limit=20) for path in self.paths[:3])
        count = len(main.inputs_KHWC)
        if self.is_film:
            return f"Reconstructions · {names} · image {self.image + 1} of {count}", "f all images"
        what = f"{count} test images" if count > 1 else "one test image"
        return f"Reconstructions · {names} · {what}", "f film of one image"


def _is(one: object, other: object) -> bool:
    return one is other
