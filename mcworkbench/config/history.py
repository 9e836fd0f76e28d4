"""The texts that a preset went through while it was edited, and which changes led from one on.

For `config.editing`, which knows how a change is made; this file only remembers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, final

from mcworkbench.config.fields import Keys
from mcworkbench.config.loading import check_text

if TYPE_CHECKING:
    from mcworkbench.config.loading import Checked

_MAX_STEPS = 500


@final
@dataclass(frozen=True)
class Version:
    """A text and, once asked for, what it says; `name` is what messages call the file."""

    text: str
    name: str

    @cached_property
    def checked(self) -> Checked:
        """Return its experiment, or every problem."""
        return check_text(self.text, self.name)

    @cached_property
    def values(self) -> dict[str, Any] | None:
        """Return its values, None where it is not TOML."""
        return self.checked.file.values if self.checked.file is not None else None


@final
@dataclass(frozen=True)
class Step:
    """A version and how it came about.

    `keys` is None where the whole text was replaced; else `source` is what the key was set to,
    None where it was taken out. `is_undo`: the key went back to what it was.
    """

    version: Version
    keys: Keys | None = None
    source: str | None = None
    is_undo: bool = False


@final
class History:
    """Steps, and which of them is the present one."""

    def __init__(self, first: Version) -> None:
        self._steps = [Step(first)]
        self._place = 0

    @property
    def now(self) -> Version:
        """Return the present version."""
        return self._steps[self._place].version

    def put(self, step: Step, *, joins: bool = False) -> None:
        """Go on from here: what was undone is forgotten, and a step without a change dropped.

        Args:
            step: the change.
            joins: whether it becomes one with the step before, where both replace the text.
        """
        if step.version.text == self.now.text:
            return
        is_last = 0 < self._place == len(self._steps) - 1
        if joins and is_last and self._steps[-1].keys is None:
            self._steps[-1] = step
            return
        self._steps = [*self._steps[: self._place + 1], step]
        if len(self._steps) > _MAX_STEPS:
            self._steps = [Step(self._steps[1].version), *self._steps[2:]]
        self._place = len(self._steps) - 1

    def undo(self) -> bool:
        """Go one step back; return whether there was one."""
        has_step = self._place > 0
        self._place -= has_step
        return has_step

    def redo(self) -> bool:
        """Go one step forward again; return whether there was one."""
        has_step = self._place < len(self._steps) - 1
        self._place += has_step
        return has_step

    def without(self, keys: Keys) -> tuple[Version, list[Step]]:
        """Return the last text that was not made by keys, and the changes since but of `keys`."""
        first = max(i for i in range(self._place + 1) if self._steps[i].keys is None)
        wanted: list[Step] = []
        steps = self._steps[first + 1 : self._place + 1]
        for step in [*steps, Step(self.now, keys, is_undo=True)]:
            if step.is_undo:
                wanted = [kept for kept in wanted if kept.keys != step.keys]
            else:
                wanted.append(step)
        return self._steps[first].version, wanted

    def rename(self, name: str) -> None:
        """Let messages about every version call the file `name`."""
        self._steps = [replace(s, version=Version(s.version.text, name)) for s in self._steps]
