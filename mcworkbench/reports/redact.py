"""Keep what identifies a person or a machine out of reports, and hostile text harmless.

`reports.gather` runs everything it collects through `redacted`; nothing behind it needs to
think of leaks. A path becomes a digest: two equal paths stay recognisably equal.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcworkbench.text import clean, clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator

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
_NAME_GAP = "‹name›"
# Where an absolute path begins, and what one is made of in running text.
_START = (
    r"(?:file://|(?<![\w/.<›]))(?:~[\w.-]*(?=/))?/(?![/\s])"
    r"|(?<!\w)[A-Za-z]:\\|\\\\(?=[\w.-]+\\)"
)
_PART = r"[^\s'\"`<>|*?:;,()\[\]{}]"
_PATH = re.compile(rf"(?:{_START}){_PART}+")
# In quotes a path may hold anything, so all of it goes. Possessive: no text makes this slow.
_QUOTED = re.compile(
    r"(?<!\w)(?P<quote>['\"`])(?P<inside>(?:(?!(?P=quote))[^\n])*+)(?P=quote)(?!\w)"
)
_BEGIN = re.compile(_START)
# A first folder; what holds blanks or brackets is running text.
_PLAIN_NAME = re.compile(r"[^\s\[\]{}()<>]+")
_WHOLE = re.compile(rf"(?P<before>.*?)(?P<path>(?:{_START}).+)", re.DOTALL)
# Fields of options and of run.json whose value, from where a path begins, is nothing else.
_PATH_FIELDS = frozenset({"name", "file"})
_WORDS_FIELD = "command"
_LONG = 100_000
# Text that one component cannot be alone: "and /or", "[red]x[/red]".
_FEW = 2


def redacted(value: Any) -> Any:
    """Return JSON values with every text cleaned and without absolute paths, user or host name.

    A path with spaces is known in quotes, in a field that holds one, in a word of a command, and
    wherever else such a value is repeated.
    """
    return _mapped(value, _Rules(_identities(), _literals(value)))


def harmless(value: Any) -> Any:
    """Return JSON values with every text cleaned and nothing taken out: for the user's own eyes."""
    if isinstance(value, str):
        return clean(value, limit=_LONG)
    if isinstance(value, Mapping):
        return {clean(str(key), limit=_LONG): harmless(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [harmless(item) for item in value]
    return value


def has_gaps(text: str) -> bool:
    """Return whether something was taken out of a text that `redacted` returned."""
    return "‹path " in text or _NAME_GAP in text


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


@dataclass(frozen=True, slots=True)
class _Rules:
    """What is taken out besides paths that can be told by their form."""

    names: re.Pattern[str] | None
    literals: re.Pattern[str] | None


def _literals(value: Any) -> re.Pattern[str] | None:
    """Return what finds the paths of fields known to hold one, where their form alone would not."""
    found = {path for path in _known_paths(value) if not (_PATH.fullmatch(path) and _is_path(path))}
    if not found:
        return None
    longest_first = sorted(map(re.escape, found), key=len, reverse=True)
    return re.compile(rf"(?<![\w/.<])(?:{'|'.join(longest_first)})(?:/{_PART}*)*")


def _known_paths(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            words = item if name == _WORDS_FIELD and isinstance(item, list | tuple) else [item]
            if name in _PATH_FIELDS or name == _WORDS_FIELD:
                texts = (word for word in words if isinstance(word, str))
                paths = [found["path"] for found in map(_WHOLE.fullmatch, texts) if found]
                # A word of a command may be a title; the other fields hold a path or none.
                yield from (one for one in paths if name != _WORDS_FIELD or _is_path(one))
            yield from _known_paths(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _known_paths(item)


def _mapped(value: Any, rules: _Rules) -> Any:
    if isinstance(value, str):
        return _text(value, rules)
    if isinstance(value, Mapping):
        return {_text(str(key), rules): _mapped(item, rules) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(item, rules) for item in value]
    return value


def _text(text: str, rules: _Rules) -> str:
    if rules.literals:
        text = rules.literals.sub(lambda found: _digest(found[0]), text)
    shown = _QUOTED.sub(_quoted, clean(text, limit=_LONG))
    shown = _PATH.sub(lambda found: _digest(found[0]) if _is_path(found[0]) else found[0], shown)
    return rules.names.sub(_NAME_GAP, shown) if rules.names else shown


def _quoted(found: re.Match[str]) -> str:
    inside = found["inside"]
    begins = next(
        (one.start() for one in _BEGIN.finditer(inside) if _is_path(inside[one.start() :])), None
    )
    if begins is None:
        return found[0]
    return f"{found['quote']}{inside[:begins]}{_digest(inside[begins:])}{found['quote']}"


def _is_path(text: str) -> bool:
    """Return whether what begins like an absolute path is one, not a word with a slash in front.

    A word alone, or one that no folder of the root is called, counts only where it is there.
    """
    if not text.startswith("/"):
        return True
    first, *rest = [part for part in text.split("/", _FEW) if part] or [""]
    is_word = bool(_PLAIN_NAME.fullmatch(first))
    return bool(is_word and rest) or _is_there(f"/{first}")


def _is_there(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except (OSError, ValueError):
        return False


def _digest(path: str) -> str:
    return f"‹path {hashlib.sha256(path.encode(errors='replace')).hexdigest()[:8]}›"
