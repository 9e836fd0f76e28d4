"""Turn whatever ended a stage into one sentence for the user.

Called by the worker, which writes the traceback to the attempt's log first. Memory errors of
torch are told apart by name and text, so that a stage without torch does not load it.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from mcworkbench.errors import OutOfMemoryError, WorkbenchError, is_out_of_memory
from mcworkbench.runs.events import StageFailed
from mcworkbench.text import clean

if TYPE_CHECKING:
    from mcworkbench.config.options.base import Options


def explain(
    error: BaseException, node: str, options: Options | None, kept_step: int | None
) -> StageFailed:
    """Return the event for a stage that `error` ended.

    Args:
        error: what the stage raised.
        node: the name that the user knows the stage by.
        options: the stage's options, which decide what would use less memory; None where they
            could not be read.
        kept_step: the step of its newest checkpoint, None without one.
    """
    if isinstance(error, WorkbenchError):
        return StageFailed(type(error).__name__, clean(str(error)))
    if is_out_of_memory(error):
        sentence = _memory_sentence(node, options, kept_step)
        return StageFailed(OutOfMemoryError.__name__, sentence)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        text = f"{node}: the disk is full; free space and resume.{_kept(kept_step)}"
        return StageFailed(type(error).__name__, text)
    if isinstance(error, SystemExit):
        return StageFailed("SystemExit", f"{node}: its code ended the process ({error.code}).")
    name = type(error).__name__
    told = " ".join(str(error).split()) or "no message"
    return StageFailed(name, clean(f"{node}: {name}: {told} (the attempt's log has the details)"))


def _memory_sentence(node: str, options: Options | None, kept_step: int | None) -> str:
    fields = type(options).model_fields if options is not None else {}
    if "micro_batch" in fields:
        advice = (
            "set train.micro_batch (curve.micro_batch for a curve) to a part of the batch size, "
            "so that gradients are accumulated over smaller pieces"
        )
    elif "batch_size" in fields:
        advice = "set a smaller batch_size"
    else:
        advice = "use a smaller model or fewer examples"
    return f"{node}: memory ran out; {advice}, or free memory and resume.{_kept(kept_step)}"


def _kept(step: int | None) -> str:
    return "" if step is None else f" The checkpoint of step {step} is kept."
