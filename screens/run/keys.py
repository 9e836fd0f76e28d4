"""The keys of the Run screen that choose what is shown; what they change stands in `choices`.

Only those act that change something for the run at hand: no pair key where there is one pair.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from typing_extensions import override

from mcworkbench.screens.run.choices import (
    Choices,
    followed,
    pair_shown,
    stepped,
    table_shown,
    training_shown,
)
from mcworkbench.screens.run.parts import (
    PAIR,
    PATHS,
    QUANTITY,
    choose_along,
    make_parts,
    names_along,
    part_shown,
    views_of,
)
from mcworkbench.screens.run_actions import RunActions

if TYPE_CHECKING:
    from mcworkbench.screens.pictures.run_picture import PairPicture, RunPicture
    from mcworkbench.screens.run.parts import AbstractPart

# In the order of the hints.
_KEYS = ("v", "m", "full_stop")
_OFFERS: tuple[str, ...] = ("quantity", "pair", "stage", "path", "ghosts", "others", "view")


class AbstractRunKeys(RunActions):
    """A screen that shows one run and draws what was chosen of it.

    Attributes:
        choices: what the user chose; kept while a run is open.
        parts: the ways to look at a run beside its paths.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "view", "View", id="run.view",
                tooltip="Look at the run another way: its paths, its members, its pictures, …"),
        Binding("m", "quantity", "Quantity", id="curve.quantity",
                tooltip="Show the next quantity: loss, error, accuracy, …"),
        Binding("full_stop", "pair(1)", "Next", id="curve.next-pair",
                tooltip="Show the next pair of ends, or the next ensemble"),
        Binding("comma", "pair(-1)", "Before", id="curve.last-pair", show=False,
                tooltip="Show the pair of ends before, or the ensemble before"),
        Binding("greater_than_sign", "stage(1)", "Stage", id="training.next-stage",
                key_display=">", tooltip="Show the training of the next stage"),
        Binding("less_than_sign", "stage(-1)", "Stage back", id="training.last-stage", show=False,
                key_display="<", tooltip="Show the training of the stage before"),
        Binding("P", "path", "Path", id="table.path", show=False,
                tooltip="Show the table of the next path: curve, line, …"),
        Binding("g", "ghosts", "Ghosts", id="curve.ghosts", show=False,
                tooltip="Show or hide what earlier epochs measured along t"),
        Binding("a", "others", "Others", id="training.others", show=False,
                tooltip="Show or hide the other networks, faint, beside the chosen one"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        # What is shown is asked for more often than what can be done with the run.
        keys = self._bindings.key_to_bindings
        own = {key: keys[key] for key in _KEYS if key in keys}
        self._bindings.key_to_bindings = {**own, **keys}
        self.choices = Choices()
        self.parts = make_parts()
        self._shown: RunPicture | None = None
        self._offered = (False,) * len(_OFFERS)

    @abstractmethod
    def _draw(self) -> None:
        """Draw the run that is open as it was chosen."""

    @property
    def is_ends(self) -> bool:
        """Return whether nothing joins the networks of the run, so that training leads."""
        return self._shown is not None and not self._shown.pairs

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        offered = dict(zip(_OFFERS, self._offered, strict=False))
        return offered.get(action, super().check_action(action, parameters))

    def _offer(self, picture: RunPicture | None) -> None:
        """Let only those keys act that change something for this run."""
        pair, part = self._pair(), self._chosen_part()
        num_trainings = len(picture.trainings) if picture is not None else 0
        keeps = part.keeps if part is not None else {"curve", "table", "training"}
        offered = (
            len(self._names(QUANTITY)[0]) > 1,
            len(self._names(PAIR)[0]) > 1,
            "training" in keeps and num_trainings > 1,
            "table" in keeps and pair is not None and len(pair.tables) > 1,
            "curve" in keeps and pair is not None,
            "training" in keeps and num_trainings > 1,
            picture is not None and len(views_of(self.parts, picture)) > 1,
        )
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def _pair(self) -> PairPicture | None:
        return pair_shown(self._shown, self.choices) if self._shown is not None else None

    def _chosen_part(self) -> AbstractPart | None:
        picture = self._shown
        return part_shown(self.parts, picture, self.choices) if picture is not None else None

    @property
    def has_ghosts(self) -> bool:
        """Return whether earlier probes show: unless chosen, where the chart is not a small one."""
        chosen = self.choices.has_ghosts
        if chosen is not None:
            return chosen
        return self.is_narrow or self._chosen_part() is None

    def _names(self, what: str) -> tuple[list[str], str]:
        """Return what the keys of QUANTITY or PAIR walk through, and which of it shows."""
        picture, part = self._shown, self._chosen_part()
        if picture is None:
            return [], ""
        if part is not None:
            return part.names(what, picture, self.choices)
        return names_along(what, picture, self.choices)

    def _walk(self, what: str, step: int) -> None:
        names, current = self._names(what)
        part = self._chosen_part()
        name = stepped(names, current, step)
        if not name:
            return
        if part is not None:
            part.choose(what, name, self.choices)
        else:
            choose_along(what, name, self.choices)
        self._draw()

    def action_view(self) -> None:
        """Look at the run the next way."""
        picture, part = self._shown, self._chosen_part()
        if picture is not None:
            current = part.view if part is not None else PATHS
            self.choices.view = stepped(views_of(self.parts, picture), current, 1)
            self._draw()

    def action_quantity(self) -> None:
        """Show the next quantity."""
        self._walk(QUANTITY, 1)

    def action_pair(self, step: int) -> None:
        """Show the next pair of ends or ensemble, or with -1 the one before."""
        self._walk(PAIR, step)

    def action_stage(self, step: int) -> None:
        """Show the training of the next stage, or with -1 of the one before."""
        picture = self._shown
        chosen = training_shown(picture, self.choices) if picture is not None else None
        if picture is not None and chosen is not None:
            stage = stepped([one.node for one in picture.trainings], chosen.node, step)
            self.choices.stage = "" if stage == followed(picture, self.choices) else stage
            self._draw()

    def action_path(self) -> None:
        """Show the table of the next path."""
        pair = self._pair()
        table = table_shown(pair, self.choices) if pair is not None else None
        if pair is not None and table is not None:
            self.choices.path = stepped([one.path for one in pair.tables], table.path, 1)
            self._draw()

    def action_ghosts(self) -> None:
        """Show or hide what earlier epochs measured."""
        self.choices.has_ghosts = not self.has_ghosts
        self._draw()

    def action_others(self) -> None:
        """Show or hide the other networks beside the chosen one."""
        shown = self.choices.has_others
        self.choices.has_others = not (self.is_ends if shown is None else shown)
        self._draw()
