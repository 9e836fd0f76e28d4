"""Keep what identifies a person or a machine out of reports, and hostile text harmless.

`reports.gather` runs everything it collects through `redacted`; nothing behind it needs to
think of leaks. A path becomes a digest: two equal paths stay recognisably equal.
"""

from __future__ import annotations

import getpass
import hashlib
import re
import socket
from collections.abc import Mapping
from typing import Any

from mcworkbench.text import clean, clean_line

# Environment entries that reports may show; the rest of env.json stays on the machine.
ENVIRONMENT = (
    "packages",
    "python",
    "implementation",
    "device",
    "device_name",
    "cuda",
    "cudnn",
    "driver",
    "threads",
    "num_cpus",
    "system",
    "machine",
    "deterministic",
    "tf32_matmul",
    "tf32_cudnn",
    "variables",
    "code",
)
_WORDS = {"device_name": "device name", "num_cpus": "processors", "code": "code digest"}
# Login names that name nobody, and words that a report needs.
_NOBODY = {"root", "user", "admin", "ubuntu", "test", "train", "localhost", "line", "curve"}
_MIN_NAME = 3
_PATH = re.compile(
    r"(?:file://|(?<![\w/.<]))(?:~[\w.-]*(?=/))?/(?!/)[^\s'\"`<>|*?:;,()\[\]{}]+"
    r"|(?<!\w)[A-Za-z]:\\[^\s'\"`<>|*?:;,()\[\]{}]+"
    r"|\\\\[\w.-]+\\[^\s'\"`<>|*?:;,()\[\]{}]+"
)
_LONG = 100_000


def redacted(value: Any) -> Any:
    """Return JSON values with every text cleaned and without absolute paths, user or host name."""
    return _mapped(value, _identities())


def environment_shown(recorded: Mapping[str, Any]) -> dict[str, str]:
    """Return the entries of a recorded environment that a report may show, as text."""
    shown: dict[str, str] = {}
    for name in ENVIRONMENT:
        value = recorded.get(name)
        parts = value if isinstance(value, Mapping) else {_WORDS.get(name, name): value}
        shown |= {
            clean_line(str(part)): clean_line(str(item))
            for part, item in parts.items()
            if item not in (None, "")
        }
    return shown


def _identities() -> re.Pattern[str] | None:
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = ""
    host = socket.gethostname()
    names = {user, host, host.partition(".")[0]}
    found = sorted((n for n in names if len(n) >= _MIN_NAME and n.lower() not in _NOBODY), key=len)
    if not found:
        return None
    return re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in reversed(found)))


def _mapped(value: Any, names: re.Pattern[str] | None) -> Any:
    if isinstance(value, str):
        return _text(value, names)
    if isinstance(value, Mapping):
        return {_text(str(key), names): _mapped(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(item, names) for item in value]
    return value


def _text(text: str, names: re.Pattern[str] | None) -> str:
    shown = _PATH.sub(_digest, clean(text, limit=_LONG))
    return names.sub("‹name›", shown) if names else shown


def _digest(match: re.Match[str]) -> str:
    return f"‹path {hashlib.sha256(match[0].encode()).hexdigest()[:8]}›"
