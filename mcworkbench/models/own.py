"""A network class of the user's own, from the current folder or an installed package.

It runs only where the user gave `--trust`, and only while its source is what the plan read: its
digest is part of the network's identity (`config.user_class`). The class is called with
`[model.arguments]`, and with those of `input_shape`, `in_channels`, `num_classes` and
`num_outputs` that it names among its arguments. It must give (B, outputs) for (B, *input_shape):
logits for classification.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from mcworkbench.config.user_class import find_source, require_permission
from mcworkbench.config.user_code import imported
from mcworkbench.errors import InvalidInputError, is_out_of_memory
from mcworkbench.models.fitting import check_fits
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from mcworkbench.config.options.model.own import OwnOptions


def build(options: OwnOptions, input_shape: tuple[int, ...], num_outputs: int) -> nn.Module:
    """Return the network, initialised from torch's global generator.

    Raises:
        InvalidInputError: the user did not trust it, its source is gone or another, it is no
            `nn.Module`, it cannot be made with these arguments, or does not fit the data.
    """
    require_permission(options.target)
    found = _class(options)
    arguments = {**_offered(found, input_shape, num_outputs), **options.arguments}
    where = options.target
    try:
        module = found(**arguments)
    # Its code is the user's, and so is the error; the traceback goes to the log.
    except Exception as error:
        if is_out_of_memory(error):
            raise
        told = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        name = found.__name__
        raise InvalidInputError(
            f"[model] {where}: {name}({clean_line(told)}) raised {type(error).__name__}: "
            f"{clean_line(str(error))}; say its arguments in [model.arguments]."
        ) from error
    check_fits(module, input_shape, num_outputs, where=where)
    return module


def _class(options: OwnOptions) -> type[nn.Module]:
    where = f"[model] {options.target}"
    base = Path(options.folder) if options.folder else Path.cwd()
    source = find_source(options.target, base)
    if options.digest and source.digest != options.digest:
        raise InvalidInputError(
            f"{where}: {clean_line(source.file.name)} or a file that it imports has changed since "
            "this was planned; run the preset again, which makes a network of its own, or put the "
            "files back."
        )
    module_name, _, class_name = options.target.partition(":")
    module = imported(module_name, source, where)
    loaded = Path(str(module.__file__)).resolve()
    found: Any = getattr(module, class_name, None)
    if loaded != source.file.resolve() or not (
        isinstance(found, type) and issubclass(found, nn.Module)
    ):
        what = (
            "is no nn.Module class"
            if loaded == source.file.resolve()
            else f"comes from {loaded}, not from {source.file}"
        )
        raise InvalidInputError(f"{where}: {clean_line(class_name)} {clean_line(what)}.")
    return found


def _offered(
    found: type[nn.Module], input_shape: tuple[int, ...], num_outputs: int
) -> dict[str, Any]:
    """Return what of the data set the class asks for by name."""
    known = {
        "input_shape": input_shape,
        "in_channels": input_shape[0],
        "num_classes": num_outputs,
        "num_outputs": num_outputs,
    }
    wanted = inspect.signature(found.__init__).parameters
    return {name: value for name, value in known.items() if name in wanted}
