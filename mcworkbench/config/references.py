"""What a preset can point at: a node here, a node of another run, a stage or a file."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from mcworkbench.config.options.base import Options

_REFERENCE = re.compile(
    r"(?P<scheme>run|stage|file):(?P<place>.+?)"
    r"(?:@(?P<when>\d+|best|initial|last|member-[1-9]\d*))?"
    r"|(?P<node>[a-z0-9][a-z0-9.-]*)(?:@(?P<local>\d+|best|initial|last|member-[1-9]\d*))?",
    re.ASCII,
)


class Reference(Options):
    """Where an input comes from: a node here or of another run, a stage, or a file."""

    scheme: Literal["node", "run", "stage", "file"]
    place: str
    when: str = "last"

    def __str__(self) -> str:
        head = self.place if self.scheme == "node" else f"{self.scheme}:{self.place}"
        return head if self.when == "last" else f"{head}@{self.when}"


def parse_reference(text: str) -> Reference:
    """Return what 'run:NAME/endpoint-1@32', 'stage:KEY', 'file:a.pt' or 'curve@10' points at.

    Raises:
        ValueError: it has none of these forms.
    """
    match = _REFERENCE.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            f"'{text}' is none of run:NAME/NODE[@EPOCH], stage:KEY, file:PATH or NODE[@EPOCH]"
        )
    if match["node"]:
        return Reference(scheme="node", place=match["node"], when=match["local"] or "last")
    if match["scheme"] == "run" and "/" not in match["place"]:
        raise ValueError(f"'{text}' names no node; write run:NAME/NODE, e.g. run:last/endpoint-1")
    return Reference.model_validate(
        {"scheme": match["scheme"], "place": match["place"], "when": match["when"] or "last"}
    )


def _checked(text: str) -> str:
    parse_reference(text)
    return text


# A field that must be a reference; it stays the text that the user wrote.
ReferenceText = Annotated[str, AfterValidator(_checked)]
