"""mcworkbench: paths between neural networks in weight space, trained, watched and reported.

`open` gives a finished or running run to a notebook; everything else is reached through
the command `mcworkbench`. Importing this package loads neither torch nor textual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcworkbench.library import Run

__version__ = "0.1.0"


def open(  # noqa: A001 - the name users type: mcworkbench.open(ID)
    reference: str, *, trust: bool = False
) -> Run:
    """Return the run whose id, name or unique id prefix is given.

    Args:
        reference: id, name, unique start of an id, or 'last'.
        trust: let network classes of your own (package.module:Class) run in this process.

    Raises:
        WorkbenchError: no run, or more than one, goes by that name.
    """
    from mcworkbench.config.user_class import permit
    from mcworkbench.library import Run

    if trust:
        permit()
    return Run.find(reference)
