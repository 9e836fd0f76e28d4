"""Import a class or function of the user's own, where they trust it and it is what a plan read.

Called by the engine only; `user_class` says where a source is, what it is known by, and whether
this process may run it.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcworkbench.config.user_class import digest_of, find_source, require_permission
from mcworkbench.errors import InvalidInputError
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from types import ModuleType

    from mcworkbench.config.user_class import Source

# The digest of each top module that was imported here, by its name.
_loaded: dict[str, str] = {}


def load_trusted(target: str, folder: str, digest: str, where: str) -> Any:
    """Return what `package.module:attribute` names.

    Args:
        target: the name.
        folder: where its source lay when it was planned; '' is here.
        digest: of its source, or of its name and source, as planned; '' is any.
        where: the key that names it, e.g. "[data] name".

    Raises:
        InvalidInputError: the user did not trust it, its source is gone or another, importing it
            fails, or it has no such attribute.
    """
    require_permission(target, where)
    source = find_source(target, Path(folder) if folder else Path.cwd(), where)
    told = f"{where} {clean_line(target)}"
    if digest and digest not in (source.digest, digest_of(target, source)):
        raise InvalidInputError(
            f"{told}: {clean_line(source.file.name)} or a file that it imports has changed since "
            "this was planned; run the preset again, or put the files back."
        )
    module_name, _, attribute = target.partition(":")
    module = imported(module_name, source, told)
    if not hasattr(module, attribute):
        raise InvalidInputError(f"{told}: the module has no '{clean_line(attribute)}' once it ran.")
    return getattr(module, attribute)


def imported(name: str, source: Source, where: str) -> ModuleType:
    """Return the module of a source; one of that name from elsewhere, or older, makes room."""
    top = name.partition(".")[0]
    if _loaded.get(top, source.digest) != source.digest or _is_elsewhere(name, source):
        for other in [one for one in sys.modules if one == top or one.startswith(f"{top}.")]:
            del sys.modules[other]
    # It stays there: the user's code may import more of it when it runs.
    sys.path[:] = [str(source.root), *(one for one in sys.path if one != str(source.root))]
    importlib.invalidate_caches()
    try:
        module = importlib.import_module(name)
    # Whatever the user's own code raises while it is imported: its words are what helps.
    except Exception as error:
        raise InvalidInputError(
            f"{where}: importing {name} raised {type(error).__name__}: {clean_line(str(error))}."
        ) from error
    _loaded[top] = source.digest
    return module


def _is_elsewhere(name: str, source: Source) -> bool:
    known = sys.modules.get(name)
    file = getattr(known, "__file__", None)
    return known is not None and (file is None or Path(file).resolve() != source.file.resolve())
