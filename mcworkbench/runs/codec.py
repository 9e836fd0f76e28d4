"""One event as one line of JSON, and back.

A line is {"v", "a", "s", "t", "m", "type", "data"}: format, attempt, sequence from 1, Unix
seconds, monotonic seconds since the attempt began, the record's name and its fields. Fields
stand apart in "data" because a point of a path has a `t` of its own. Called by the event log
and the reader only. Strings are made harmless in both directions, since a run folder may come
from someone else.
"""

from __future__ import annotations

import json
import math
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import UnionType
from typing import Any

from mcworkbench.runs import events
from mcworkbench.text import MAX_CHARACTERS, clean

MAX_LINE_BYTES = 64 * 1024
FORMAT = 1
_MAX_INTEGER = 2**63
_SHORT_TEXT = 100
_SHORT_ITEMS = 50

Converter = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Unknown:
    """An event of a newer format: shown by its name, otherwise ignored."""

    name: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where and when an event was written; `elapsed_s` is monotonic since the attempt began."""

    attempt: int
    sequence: int
    time_s: float
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event as read back."""

    attempt: int
    sequence: int
    time_s: float
    elapsed_s: float
    event: events.Event | Unknown


STATE_EVENTS = (
    events.StageStarted,
    events.CheckpointSaved,
    events.SnapshotSaved,
    events.ArtifactSaved,
    events.RequestSeen,
    events.StageFinished,
    events.StageStopped,
    events.StageFailed,
)


def encode(event: events.Event, envelope: Envelope) -> bytes:
    """Return the event as one line of at most 64 KiB, newline included.

    A measurement that does not fit becomes a warning that says so; a state event is shortened.
    """
    line = _line(event, envelope, _plain(event, MAX_CHARACTERS, None))
    if len(line) <= MAX_LINE_BYTES:
        return line
    if isinstance(event, STATE_EVENTS):
        short = _line(event, envelope, _plain(event, _SHORT_TEXT, _SHORT_ITEMS))
    else:
        note = events.Warned(
            f"one {type(event).__name__} of {len(line):,} bytes was too long for the log and "
            f"left out; at most {MAX_LINE_BYTES:,} bytes fit"
        )
        short = _line(note, envelope, _plain(note, MAX_CHARACTERS, None))
    assert len(short) <= MAX_LINE_BYTES, type(event)
    return short


def decode(line: bytes) -> Recorded | None:
    """Return the event of one line, or None where the line is damaged."""
    if len(line) > MAX_LINE_BYTES:
        return None
    try:
        outer = json.loads(line)
        envelope = (
            _integer(outer["a"]),
            _integer(outer["s"]),
            _number(outer["t"]),
            _number(outer["m"]),
        )
        event = _read_event(outer)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    return Recorded(*envelope, event)


def _read_event(outer: Mapping[str, Any]) -> events.Event | Unknown:
    name = _text(outer["type"])
    known = _CONVERTERS.get(name)
    if known is None or outer.get("v") != FORMAT:
        return Unknown(name)
    cls, converters = known
    data = outer["data"]
    return cls(**{key: convert(data[key]) for key, convert in converters.items() if key in data})


def _line(event: events.Event, envelope: Envelope, data: dict[str, Any]) -> bytes:
    outer = {
        "v": FORMAT,
        "a": envelope.attempt,
        "s": envelope.sequence,
        "t": round(envelope.time_s, 6),
        "m": round(envelope.elapsed_s, 6),
        "type": type(event).__name__,
        "data": data,
    }
    text = json.dumps(outer, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def _plain(event: events.Event, num_characters: int, num_items: int | None) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return clean(value, limit=num_characters)
        if isinstance(value, Mapping):
            items = list(typing.cast("Mapping[str, Any]", value).items())[:num_items]
            return {clean(str(key), limit=_SHORT_TEXT): plain(item) for key, item in items}
        if isinstance(value, (tuple, list)):
            return [plain(item) for item in typing.cast("list[Any]", value)[:num_items]]
        if hasattr(value, "__index__"):
            return int(value)
        number = float(value)
        return number if math.isfinite(number) else None

    return {field.name: plain(getattr(event, field.name)) for field in fields(event)}


def _integer(value: Any) -> int:
    if type(value) is not int or abs(value) >= _MAX_INTEGER:
        raise TypeError(value)
    return value


def _number(value: Any) -> float:
    if value is None:
        return math.nan
    if type(value) is not float and type(value) is not int:
        raise TypeError(value)
    return float(value) if math.isfinite(value) else math.nan


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(value)
    return clean(value)


def _converter(hint: Any) -> Converter:
    scalar: Converter | None = {int: _integer, float: _number, str: _text}.get(hint)
    if scalar is not None:
        return scalar
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is UnionType:
        inner = _converter(arguments[0])
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        item = _converter(arguments[0])
        return lambda value: tuple(item(part) for part in _checked(value, list))
    assert origin is dict, hint
    value_of = _converter(arguments[1])
    return lambda value: {_text(k): value_of(v) for k, v in _checked(value, dict).items()}


def _checked(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError(value)
    return value


def _converters() -> dict[str, tuple[Callable[..., events.Event], dict[str, Converter]]]:
    table: dict[str, tuple[Callable[..., events.Event], dict[str, Converter]]] = {}
    for cls in typing.get_args(events.Event):
        hints = typing.get_type_hints(cls)
        table[cls.__name__] = (cls, {name: _converter(hint) for name, hint in hints.items()})
    return table


_CONVERTERS = _converters()
