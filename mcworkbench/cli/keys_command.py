"""`keys`: every key of the app and the name by which keys.toml changes it.

The table in docs/app.md is written from here: run `python -m mcworkbench.cli.keys_command
docs/app.md` after changing a binding; a test compares.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcworkbench import app
from mcworkbench.cli.consoles import aligned, out, table_width, write, write_json
from mcworkbench.cli.exits import DONE
from mcworkbench.screens.keymap import bindings_of, classes_with_keys
from mcworkbench.screens.widgets.hints import key_text

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADING = "## Keys\n"
# By the first part of a binding's id, in the order of the table.
_AREAS = {
    "app": "everywhere",
    "screen": "every screen",
    "list": "lists",
    "runs": "list of runs",
    "filter": "filter of the list",
    "run": "a run",
    "chart": "charts",
    "curve": "charts along t",
    "table": "table along t",
    "training": "training charts",
    "pictures": "reconstructions",
    "look": "panes at one t",
    "codes": "codes of images",
    "between": "pictures between codes",
    "members": "members of an ensemble",
    "plan": "plan",
    "log": "log",
    "presets": "presets",
    "form": "form of a preset",
    "value": "value of a key",
    "choices": "values to choose from",
    "toml": "text of a preset",
    "check": "check of a preset",
    "question": "questions",
    "page": "log and report",
}


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One action of the app: its name for keys.toml, its keys, and what it does."""

    name: str
    keys: tuple[str, ...]
    told: str

    @property
    def area(self) -> str:
        """Return where it acts, in words."""
        head = self.name.partition(".")[0]
        return _AREAS.get(head, head)


def list_keys(*, as_json: bool) -> int:
    """Write every key."""
    lines = list(key_lines())
    if as_json:
        write_json([{"id": k.name, "keys": list(k.keys), "does": k.told} for k in lines])
        return DONE
    console = out()
    rows = [[line.area, " ".join(line.keys), line.told, line.name] for line in lines]
    heads = ["where", "keys", "does", "id in keys.toml"]
    write(aligned(heads, rows, num_words=4, width=table_width(console), cut=[2]), console)
    return DONE


def key_lines() -> Iterator[KeyLine]:
    """Yield every action that has an id, by area."""
    known: dict[str, KeyLine] = {}
    for owner in (app.WorkbenchApp, *classes_with_keys()):
        for binding in bindings_of(owner):
            if binding.id:
                keys = tuple(key_text(key) for key in binding.key.split(","))
                told = binding.tooltip or binding.description
                old = known.get(binding.id)
                joined = (*old.keys, *keys) if old else keys
                known[binding.id] = KeyLine(binding.id, tuple(dict.fromkeys(joined)), told)
    areas = list(_AREAS.values())
    order = {area: place for place, area in enumerate(areas)}
    yield from sorted(known.values(), key=lambda line: order.get(line.area, len(areas)))


def keys_reference() -> str:
    """Return the Markdown table of every key."""
    rows = [
        f"| {line.area} | {' '.join(f'`{_escaped(key)}`' for key in line.keys)} "
        f"| {_escaped(line.told)} | `{line.name}` |"
        for line in key_lines()
    ]
    head = ["| where | keys | does | id |", "|---|---|---|---|"]
    return "\n".join([HEADING, *head, *rows, ""])


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Rewrite the end of the file named on the command line."""
    path = Path(sys.argv[1])
    path.write_text(path.read_text().partition(HEADING)[0] + keys_reference())


if __name__ == "__main__":
    main()
