"""What all dialogs are: modal, and answered once."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen
from typing_extensions import override

Answer = TypeVar("Answer")


class AbstractDialog(ModalScreen[Answer]):
    """A dialog of which only the first answer counts.

    Keys typed ahead, or twice, reach a dialog that has been answered and is not gone yet.
    """

    _is_answered = False

    @override
    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        if self._is_answered:
            return AwaitComplete.nothing()
        self._is_answered = True
        return super().dismiss(result)
