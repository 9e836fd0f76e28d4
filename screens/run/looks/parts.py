"""Ways to look at a run: pictures, strips while it trains, codes, classes, functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from typing_extensions import override

from mcworkbench.screens.pictures.looks import PairLooks
from mcworkbench.screens.run.choices import num_numbers, pair_shown, training_shown
from mcworkbench.screens.run.looks.between_pane import BetweenPane
from mcworkbench.screens.run.looks.codes_pane import CodesPane
from mcworkbench.screens.run.looks.confusion_list import ConfusionList
from mcworkbench.screens.run.looks.crossed_pane import CrossedPane
from mcworkbench.screens.run.looks.density_list import DensityList
from mcworkbench.screens.run.looks.functions_pane import FunctionsPane
from mcworkbench.screens.run.looks.recon_strip import ReconStrip
from mcworkbench.screens.run.parts import PAIR, AbstractPart, choose_along, names_along
from mcworkbench.screens.run.words import why_empty

if TYPE_CHECKING:
    from textual.widget import Widget

    from mcworkbench.screens.pictures.looks import Classified, Fitted, Reconstructions
    from mcworkbench.screens.pictures.run_picture import RunPicture
    from mcworkbench.screens.run.choices import Choices

_NOTHING = PairLooks("")


def looks_shown(picture: RunPicture, choices: Choices) -> PairLooks:
    """Return the looks of the pair that shows, empty ones where it has none."""
    pair = pair_shown(picture, choices)
    label = pair.label if pair is not None else ""
    return next((looks for looks in picture.looks if looks.label == label), _NOTHING)


class AbstractPathPart(AbstractPart):
    """A way to look at one pair of ends; keys walk through pairs, and quantities of its chart."""

    @override
    def names(self, what: str, picture: RunPicture, choices: Choices) -> tuple[list[str], str]:
        # Without the chart no quantity shows.
        is_shown = what == PAIR or "curve" in self.keeps
        return names_along(what, picture, choices) if is_shown else ([], "")

    @override
    def choose(self, what: str, name: str, choices: Choices) -> None:
        choose_along(what, name, choices)

    @override
    def leads(self, picture: RunPicture) -> bool:
        return False


@final
class PicturesPart(AbstractPathPart):
    """Reconstructions at t below the loss along the path and the codes of the ends."""

    view: ClassVar[str] = "pictures"
    keeps: ClassVar[frozenset[str]] = frozenset({"curve"})
    has_t: ClassVar[bool] = True

    def __init__(self) -> None:
        self.codes = CodesPane(id="pictures-codes")
        self.strip = ReconStrip(id="pictures-strip")
        self.top = (self.codes,)
        self.bottom = (self.strip,)
        self.leading = self.strip

    @override
    def has(self, picture: RunPicture) -> bool:
        return any(looks.will_reconstruct for looks in picture.looks)

    @override
    def leads(self, picture: RunPicture) -> bool:
        # Before there is a path to look along, training is what happens.
        return any(looks.reconstructions for looks in picture.looks)

    @override
    def show(self, picture: RunPicture, choices: Choices) -> None:
        looks = looks_shown(picture, choices)
        empty = why_empty(picture, "no reconstructions along this path yet")
        self.strip.show(looks.reconstructions, looks.classes, empty)
        self.codes.show(looks.codes, looks.classes, why_empty(picture, "no codes yet"))

    @override
    def set_t(self, t: float | None) -> None:
        self.strip.set_at(t)


@final
class StripsPart(AbstractPart):
    """What a network that trains makes of fixed images, epoch by epoch, below its charts."""

    view: ClassVar[str] = "strips"
    keeps: ClassVar[frozenset[str]] = frozenset({"training"})
    training_is_row: ClassVar[bool] = True

    def __init__(self) -> None:
        self.strip = ReconStrip(id="strips-strip")
        self.bottom = (self.strip,)
        self.leading = self.strip

    @override
    def has(self, picture: RunPicture) -> bool:
        return bool(picture.strips)

    @override
    def leads(self, picture: RunPicture) -> bool:
        # Once something joins the networks, that is what happens.
        return self.has(picture) and not any(map(num_numbers, picture.pairs))

    @override
    def stage(self, picture: RunPicture, choices: Choices) -> str:
        strip = self._strip(picture, choices)
        return strip.name if strip is not None else ""

    @override
    def show(self, picture: RunPicture, choices: Choices) -> None:
        strip = self._strip(picture, choices)
        classes = next((looks.classes for looks in picture.looks if looks.classes), ())
        shown = (strip,) if strip is not None else ()
        what = f"{choices.stage} keeps no pictures" if choices.stage else "no reconstructions yet"
        self.strip.show(shown, classes, why_empty(picture, what))

    @staticmethod
    def _strip(picture: RunPicture, choices: Choices) -> Reconstructions | None:
        """Return the strip of the chosen stage, else of what trains, else the newest."""
        by_node = {strip.name: strip for strip in picture.strips}
        if choices.stage:
            return by_node.get(choices.stage)
        followed = training_shown(picture, choices)
        newest = picture.strips[-1] if picture.strips else None
        return by_node.get(followed.node, newest) if followed is not None else newest


@final
class CodesPart(AbstractPathPart):
    """Codes of both ends, encoders and decoders crossed, and pictures between codes."""

    view: ClassVar[str] = "codes"
    has_t: ClassVar[bool] = True

    def __init__(self) -> None:
        self.first = CodesPane(id="codes-first")
        self.last = CodesPane(id="codes-last", name="Codes 2", end=1)
        self.crossed = CrossedPane(id="codes-crossed")
        self.between = BetweenPane(id="codes-between")
        self.top = (self.first, self.last, self.crossed)
        self.bottom = (self.between,)

    @override
    def has(self, picture: RunPicture) -> bool:
        return any(looks.codes is not None for looks in picture.looks)

    @override
    def show(self, picture: RunPicture, choices: Choices) -> None:
        looks = looks_shown(picture, choices)
        for pane in (self.first, self.last):
            pane.show(looks.codes, looks.classes, why_empty(picture, "no codes yet"))
        crossed = why_empty(picture, "no crossed encoders and decoders yet")
        self.crossed.show(looks.crossed, crossed)
        self.between.show(looks.between, why_empty(picture, "no pictures between codes yet"))

    @override
    def set_t(self, t: float | None) -> None:
        self.crossed.set_t(t)


@final
class ConfusionPart(AbstractPathPart):
    """Which class is taken for which at t, and how surely, on the curve and on the line."""

    view: ClassVar[str] = "confusion"
    keeps: ClassVar[frozenset[str]] = frozenset({"curve"})
    has_t: ClassVar[bool] = True

    def __init__(self) -> None:
        self.density = DensityList(id="confusion-density")
        self.first = ConfusionList(id="confusion-first", name="Confusion")
        self.second = ConfusionList(id="confusion-second", name="Confusion 2")
        self.top = (self.density,)
        self.bottom = (self.first, self.second)

    @override
    def has(self, picture: RunPicture) -> bool:
        return any(looks.classified for looks in picture.looks)

    @override
    def show(self, picture: RunPicture, choices: Choices) -> None:
        looks = looks_shown(picture, choices)
        paths = self._paths(looks)
        empty = why_empty(picture, "no predictions of this path are stored yet")
        self.density.show(paths, looks.classes, empty)
        self.first.show(paths[0] if paths else None, looks.classes, empty)
        self.second.show(paths[1] if len(paths) > 1 else None, looks.classes, empty)

    @override
    def absent(self, picture: RunPicture, choices: Choices) -> frozenset[Widget]:
        paths = self._paths(looks_shown(picture, choices))
        return frozenset([self.second]) if len(paths) == 1 else frozenset()

    @staticmethod
    def _paths(looks: PairLooks) -> tuple[Classified, ...]:
        """Return the first path and the last other one: the curve and the line."""
        return (*looks.classified[:1], *looks.classified[1:][-1:])

    @override
    def set_t(self, t: float | None) -> None:
        for pane in (self.density, self.first, self.second):
            pane.set_t(t)


@final
class FunctionsPart(AbstractPathPart):
    """The functions along the path, after training and before it, below the loss."""

    view: ClassVar[str] = "functions"
    keeps: ClassVar[frozenset[str]] = frozenset({"curve"})
    has_t: ClassVar[bool] = True

    def __init__(self) -> None:
        self.first = FunctionsPane(id="functions-first", name="Functions")
        self.second = FunctionsPane(id="functions-second", name="Functions 2")
        self.top = ()
        self.bottom = (self.first, self.second)

    @override
    def has(self, picture: RunPicture) -> bool:
        return any(looks.fitted for looks in picture.looks)

    @override
    def show(self, picture: RunPicture, choices: Choices) -> None:
        trained, before = self._paths(looks_shown(picture, choices))
        empty = why_empty(picture, "no functions of this path yet")
        self.first.show(trained, empty)
        self.second.show(before, empty)

    @override
    def absent(self, picture: RunPicture, choices: Choices) -> frozenset[Widget]:
        trained, before = self._paths(looks_shown(picture, choices))
        is_alone = trained is not None and before is None
        return frozenset([self.second]) if is_alone else frozenset()

    @staticmethod
    def _paths(looks: PairLooks) -> tuple[Fitted | None, Fitted | None]:
        """Return the trained path, and what it was before training; else the line."""
        fitted = looks.fitted
        trained = next((one for one in fitted if not one.is_line and "@" not in one.name), None)
        trained = trained or next(iter(fitted), None)
        # Before training the curve is what it started from; the line is where it is the start.
        before = next((one for one in fitted if one.name.endswith("@initial")), None)
        others = [one for one in fitted if one is not trained]
        return trained, before or next(reversed(others), None)

    @override
    def set_t(self, t: float | None) -> None:
        for pane in (self.first, self.second):
            pane.set_t(t)
