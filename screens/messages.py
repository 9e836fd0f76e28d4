"""What the feed tells the app: facts in the past tense. A newer one replaces an older."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message
from typing_extensions import override

from mcworkbench.screens.pictures.machine import MachinePicture
from mcworkbench.screens.pictures.run_picture import RunPicture
from mcworkbench.screens.pictures.run_row import RunRow


@dataclass
class RunsChanged(Message):
    """The list of runs as it is now, newest first; unreadable folders come last."""

    rows: tuple[RunRow, ...]

    @override
    def can_replace(self, message: Message) -> bool:
        return isinstance(message, RunsChanged)


@dataclass
class RunChanged(Message):
    """A watched run as it is now."""

    picture: RunPicture

    @override
    def can_replace(self, message: Message) -> bool:
        return isinstance(message, RunChanged) and message.picture.row.id == self.picture.row.id


@dataclass
class RunVanished(Message):
    """A watched run cannot be read any more: it was deleted, or its folder is damaged."""

    run_id: str
    reason: str


@dataclass
class MachineChanged(Message):
    """The machine's load as it is now."""

    machine: MachinePicture

    @override
    def can_replace(self, message: Message) -> bool:
        return isinstance(message, MachineChanged)
