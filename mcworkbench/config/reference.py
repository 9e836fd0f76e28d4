"""The table of every preset key, written from the option models: docs/presets.md ends with it.

Run `python -m mcworkbench.config.reference docs/presets.md` after changing an option; a test
compares.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mcworkbench.config.fields import documented_sections

if TYPE_CHECKING:
    from mcworkbench.config.fields import FormField, FormSection

HEADING = "## Keys\n"


def keys_reference() -> str:
    """Return one Markdown table per section: key, type, default, meaning."""
    return "\n".join([HEADING, *(_table(section) for section in documented_sections())])


def _table(section: FormSection) -> str:
    rows = [f"### {section.title}\n", "| key | type | default | meaning |", "|---|---|---|---|"]
    for field in section.fields:
        described = field.description.replace("|", "\\|")
        rows.append(f"| `{field.name}` | {field.types} | {_default(field)} | {described} |")
    return "\n".join([*rows, ""])


def _default(field: FormField) -> str:
    if field.is_required:
        return "required"
    value = field.default
    if value is None:
        return "–"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    shown = list(value) if isinstance(value, tuple) else value
    return f"`{shown!r}`".replace("'", '"')


def main() -> None:
    """Rewrite the end of the file named on the command line."""
    path = Path(sys.argv[1])
    path.write_text(path.read_text().partition(HEADING)[0] + keys_reference())


if __name__ == "__main__":
    main()
