"""The one template environment of reports: escaping on, undefined names refused, sandboxed.

Values come from runs that others may have made. In HTML they are escaped by the environment; in
Markdown by the filters here, which are the only place that declares text to be safe.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from mcworkbench.text import clean, clean_line

# What starts or ends a construct within a line, table cells and mathematics included.
_SPECIAL = re.compile(r"([\\`*_\[\]|~$^])")
# What makes a line a heading, a rule, a list item or a quotation.
_AT_START = re.compile(r"^([#+=-]|\d+(?=[.)](?:\s|$)))")
# GitHub links bare addresses.
_ADDRESS = re.compile(r"(:)//|(?<=\bwww)(\.)", re.IGNORECASE)
_LONGEST = 70_000
_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, context: dict[str, Any]) -> str:
    """Return the text of a template of this room.

    Raises:
        jinja2.UndefinedError: the template uses a name that the context lacks.
    """
    return _environment().get_template(template).render(context)


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = markdown_text
    environment.filters["fence"] = markdown_block
    return environment


def markdown_text(text: str) -> Markup:
    """Return one line of text that Markdown shows as it is."""
    line = clean_line(str(text), limit=_LONGEST)
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = _SPECIAL.sub(r"\\\1", line)
    line = _ADDRESS.sub(lambda found: "\\:\\/\\/" if found[1] else "\\.", line)
    return Markup(_AT_START.sub(_escaped_start, line))


def _escaped_start(found: re.Match[str]) -> str:
    return f"{found[1]}\\" if found[1].isdecimal() else f"\\{found[1]}"


def markdown_block(text: str) -> Markup:
    """Return text as a fenced block whose fence is longer than any run of backticks inside."""
    body = clean(str(text), limit=_LONGEST)
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markup(f"{fence}\n{body}\n{fence}")
