"""Work off the event loop that ends in a sentence, whatever happens: never in the app's end.

Textual ends the app with any exception of a worker. Who works for an hour beside its runs must
not lose the screen to one odd file.
"""

from __future__ import annotations

import functools
import traceback
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from textual import work
from textual.dom import DOMNode

from mcworkbench.errors import WorkbenchError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from textual.worker import Worker

    from mcworkbench.screens.base import Workbench

Given = ParamSpec("Given")
Node = TypeVar("Node", bound=DOMNode)


def careful_work(
    method: Callable[Concatenate[Node, Given], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[Node, Given], Worker[None]]:
    """Let a method of a widget or screen run as a worker; what it raises is told to the user.

    A WorkbenchError is its own sentence. Anything else is a mistake of ours: the sentence names
    the method and the error, and Textual's console has the traceback.
    """

    @functools.wraps(method)
    async def carried_out(node: Node, *args: Given.args, **kwargs: Given.kwargs) -> None:
        try:
            await method(node, *args, **kwargs)
        except WorkbenchError as error:
            _tell(node, str(error))
        except Exception as error:  # noqa: BLE001 - the app must live on
            node.log(traceback.format_exc())
            what = method.__name__.removeprefix("action_").replace("_", " ").strip()
            _tell(node, f"{what} went wrong: {type(error).__name__}: {error}")

    return cast("Callable[Concatenate[Node, Given], Worker[None]]", work(carried_out))


def _tell(node: DOMNode, sentence: str) -> None:
    cast("Workbench", node.app).tell(sentence, is_error=True)
