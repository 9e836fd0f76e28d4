"""What the feed tells: facts in the past tense. A newer one of the same thing replaces an older.

The app hears of them by `FeedSpoke` alone, and takes them from its mailbox.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from mcworkbench.screens.pictures.machine import MachinePicture
from mcworkbench.screens.pictures.run_picture import RunPicture
from mcworkbench.screens.pictures.run_row import RunRow


@dataclass
class RunsChanged(Message):
    """The list of runs as it is now, newest first; unreadable folders come last."""

    rows: tuple[RunRow, ...]


@dataclass
class RunChanged(Message):
    """A watched run as it is now."""

    picture: RunPicture


@dataclass
class RunVanished(Message):
    """A watched run has no picture: it was deleted, or its folder is damaged.

    Attributes:
        run_id: its id.
        reason: one sentence.
        is_passing: only the disk did not answer; the picture comes when it does.
    """

    run_id: str
    reason: str
    is_passing: bool = False


@dataclass
class MachineChanged(Message):
    """The machine's load as it is now."""

    machine: MachinePicture


@dataclass
class FeedFailed(Message):
    """Something could not be looked at; told once, in a sentence."""

    text: str


@dataclass
class FeedSpoke(Message):
    """There is something in the mailbox."""
