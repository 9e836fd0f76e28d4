"""Read a preset's TOML within limits, and tell on which line a key stands.

A preset may come from anyone: its size and the depth of its keys are bounded before parsing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomli

from mcworkbench.errors import InvalidInputError
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 64 * 1024
MAX_DOTS = 16
MAX_DEPTH = 16
# Possessive throughout: no text, however hostile, makes these try a place twice.
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_TABLE = re.compile(r"\s*+\[([^\[\]]++)\]\s*+(?:#.*+)?")
_KEY = re.compile(rf"\s*+({_PART}(?:\s*+\.\s*+{_PART})*+)\s*+=")
_BARE_POINT = re.compile(r"[+-]?(?:\d++\.|\.\d++)(?:[eE][+-]?\d++)?")
_LONG_KEY = re.compile(rf"(?<![\w-])(?:{_PART}[ \t]*+\.[ \t]*+){{{MAX_DOTS + 1}}}")


class NotTomlError(InvalidInputError):
    """A text that is not TOML; `line` is where, None where that is not known."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.line = line


@dataclass(frozen=True)
class TomlFile:
    """A parsed file: its name for messages, its values and the line of every key.

    Attributes:
        name: what messages call it.
        text: what it says.
        values: parsed.
        lines: the 1-based line of every key and section.
        notes: sentences for whoever runs it, where it was translated from another format.
        is_file: whether there is a file; else every value was given by options.
    """

    name: str
    text: str
    values: dict[str, Any]
    lines: dict[tuple[str, ...], int]
    notes: tuple[str, ...] = ()
    is_file: bool = True

    @property
    def label(self) -> str:
        """Return what a run or a copy of it is called: "quickstart", or a profile's name."""
        return self.name.rpartition("#")[2].removesuffix(".toml")

    def line_of(self, keys: tuple[str, ...]) -> int | None:
        """Return the 1-based line of a key, or of what stands in it, else of its section."""
        while keys:
            if keys in self.lines:
                return self.lines[keys]
            inside = [line for key, line in self.lines.items() if key[: len(keys)] == keys]
            if inside:
                return min(inside)
            keys = keys[:-1]
        return None


def read_toml(path: Path) -> TomlFile:
    """Return the parsed file.

    Raises:
        InvalidInputError: it is missing, too large, not UTF-8 or not TOML.
    """
    return parse_toml(read_text(path), clean_line(path.name))


def read_text(path: Path) -> str:
    """Return the text of a preset's file, whether or not it is TOML.

    Raises:
        InvalidInputError: it is missing, too large or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InvalidInputError(
            f"{clean_line(str(path))}: {reason}; give a preset file."
        ) from error
    name = clean_line(path.name)
    _check_size(content, name)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{name}: byte {error.start} is not UTF-8; save the file as UTF-8 text."
        ) from error


def parse_toml(text: str, name: str) -> TomlFile:
    """Return the parsed text; `name` is what messages call it.

    Raises:
        InvalidInputError: it is too large or nested too deeply.
        NotTomlError: it is not TOML.
    """
    _check_size(text.encode(errors="surrogatepass"), name)
    if long_key := _LONG_KEY.search(text):
        number = text.count("\n", 0, long_key.start()) + 1
        raise NotTomlError(
            f"{name} line {number}: a key with more than {MAX_DOTS} dots; presets need one.",
            number,
        )
    try:
        values = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        told = f"{name}: not valid TOML: {clean_line(str(error))}."
        raise NotTomlError(told, error.lineno) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(
            f"{name}: a number with thousands of digits or a value nested too deeply; no preset "
            "needs one."
        ) from error
    _check_depth(values, name)
    return TomlFile(name=name, text=text, values=values, lines=_key_lines(text))


def _check_size(content: bytes, name: str) -> None:
    if len(content) > MAX_BYTES:
        raise InvalidInputError(f"{name}: larger than {MAX_BYTES // 1024} KB, which no preset is.")


def _check_depth(values: Any, where: str) -> None:
    level: list[Any] = [values]
    for _ in range(MAX_DEPTH):
        inner = [list(v.values() if isinstance(v, dict) else v) for v in level]
        level = [v for members in inner for v in members if isinstance(v, (dict, list))]
        if not level:
            return
    raise InvalidInputError(
        f"{where}: lists or sections nested more than {MAX_DEPTH} deep; presets need three levels."
    )


def _key_lines(text: str) -> dict[tuple[str, ...], int]:
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.fullmatch(line):
            table = _split_key(header[1])
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault(table + _split_key(key[1]), number)
    return lines


def _split_key(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def parse_override(text: str) -> tuple[tuple[str, ...], Any]:
    """Return the key and value of one `--set a.b=v`; a value that is no TOML is a string.

    TOML wants a digit on both sides of the point; .1 and 1. are numbers here all the same.

    Raises:
        InvalidInputError: there is no '=', a part of the key is empty, or the value is nested
            too deeply.
    """
    dotted, equals, raw = text.partition("=")
    keys = _split_key(dotted)
    if not equals or not all(keys) or len(keys) > MAX_DOTS:
        raise InvalidInputError(
            f"--set {clean_line(text)}: write SECTION.KEY=VALUE, e.g. --set curve.bends=2."
        )
    if _BARE_POINT.fullmatch(raw.strip()):
        return keys, float(raw)
    try:
        values = tomli.loads(f"value = {raw.strip()}")
    except (ValueError, RecursionError):
        return keys, raw.strip()
    if len(values) > 1:
        return keys, raw.strip()
    _check_depth(values, f"--set {clean_line(text)}")
    return keys, values["value"]


def apply_override(values: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    """Put `value` at the dotted key, in place.

    Raises:
        InvalidInputError: a part of the key is a plain value, not a section.
    """
    section = values
    for index, key in enumerate(keys[:-1]):
        section = section.setdefault(key, {})
        if not isinstance(section, dict):
            named = ".".join(keys[: index + 1])
            raise InvalidInputError(f"--set {'.'.join(keys)}: {named} is a value, not a section.")
    section[keys[-1]] = value
