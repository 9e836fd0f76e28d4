"""The line over the hints of the form in which a part of a key is typed."""

from __future__ import annotations

from typing import ClassVar, final

from textual.binding import Binding, BindingType
from textual.widgets import Input


@final
class FindLine(Input):
    """A line to type a part of a key in."""

    HELP = "Type a part of a key: the cursor goes to what fits best. Enter stays there."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Stay", id="form.end-find", tooltip="Stay on the key found"),
    ]
