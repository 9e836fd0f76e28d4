"""The language that narrows and orders the list of runs. Pure: text and rows in, rows out.

    vgg state:running|done -tag:old best<5% age<2h progress>50

Terms are joined by "and"; `-` or `not:` in front excludes; `|` separates alternatives, also
between whole terms. Words look into name, id, title, group, tags and changes, and equal a state or
a kind. `*` and `?` stand for any characters.
"""

from __future__ import annotations

import fnmatch
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from mcworkbench.errors import InvalidInputError, nearest, unknown_name
from mcworkbench.runs.state import State
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcworkbench.screens.pictures.run_row import RunRow

Test = Callable[["RunRow", float], bool]
SORTS = ("started", "name", "state", "best", "progress")
_COMPARED = re.compile(r"(\w+)(<=|>=|<|>|=)(.*)", re.DOTALL)
_AMOUNT = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([a-z%]*)")
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}
_UNITS_S = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_MAX_SHOWN = 60
# What is under way first, then what may need a hand, then what is over.
_STATES = (
    State.running,
    State.stopping,
    State.queued,
    State.waiting,
    State.failed,
    State.lost,
    State.stopped,
    State.done,
)
_TEXTS: dict[str, Callable[[RunRow], tuple[str, ...]]] = {
    "name": lambda row: (row.name,),
    "id": lambda row: (row.id,),
    "kind": lambda row: (row.kind,),
    "title": lambda row: (row.title,),
    "group": lambda row: (row.group,),
    "tag": lambda row: row.tags,
    "set": lambda row: row.changes,
}
_STATE = "state"
_EXCLUDING = ("-", "not:")
_NUMBERS: dict[str, Callable[[RunRow, float], float | None]] = {
    "best": lambda row, _now_s: row.best_value,
    "line": lambda row, _now_s: row.line_value,
    "progress": lambda row, _now_s: 100 * row.fraction,
    "age": lambda row, now_s: now_s - row.created,
    "eta": lambda row, _now_s: row.eta_s,
}
_OF_TIME = frozenset(("age", "eta"))
_FIELDS = (*_TEXTS, _STATE, *_NUMBERS)


@final
@dataclass(frozen=True, slots=True)
class RunFilter:
    """What is asked of runs.

    Attributes:
        text: as the user wrote it.
        tests: all must hold.
    """

    text: str = ""
    tests: tuple[Test, ...] = ()

    def chosen(self, rows: Iterable[RunRow], now_s: float) -> list[RunRow]:
        """Return the rows that fit, in their order; `now_s` is the wall clock."""
        return [row for row in rows if all(test(row, now_s) for test in self.tests)]


def parse_filter(text: str) -> RunFilter:
    """Return the filter that a user wrote.

    Raises:
        InvalidInputError: one sentence on the first term that cannot be used.
    """
    joined = re.sub(r"\s*\|\s*", "|", text.strip())
    terms = joined.split()
    return RunFilter(text.strip(), tuple(test for term in terms if (test := _term(term))))


def _term(term: str) -> Test | None:
    """Return the test of one term, None for one that is only begun."""
    prefix = next((prefix for prefix in _EXCLUDING if term.lower().startswith(prefix)), "")
    field, term = "", term[len(prefix) :]
    tests: list[Test] = []
    for part in term.split("|"):
        field, test = _alternative(part, field)
        if test is not None:
            tests.append(test)
    if not tests:
        return None
    if prefix:
        return lambda row, now_s: not any(test(row, now_s) for test in tests)
    return lambda row, now_s: any(test(row, now_s) for test in tests)


def _alternative(part: str, field: str) -> tuple[str, Test | None]:
    """Return the field of one alternative and its test; without a field the last one holds."""
    compared = _COMPARED.fullmatch(part)
    name = compared[1].lower() if compared is not None else ""
    if compared is not None and name in _NUMBERS:
        return "", _comparison(name, compared[2], compared[3]) if compared[3] else None
    if compared is not None and compared[2] == "=" and name in _FIELDS:
        part = f"{name}:{compared[3]}"
    elif compared is not None and compared[2] != "=" and name not in _FIELDS:
        raise _unknown(name)
    if ":" in part:
        field, _, part = part.partition(":")
        field = _checked(field.lower())
    if not part:
        return field, None
    if field == _STATE:
        return field, _of_state(part)
    return field, _of_text(part, field) if field else _of_word(part)


def _checked(field: str) -> str:
    if field in _NUMBERS:
        raise InvalidInputError(f"{field} is compared, e.g. {_example(field)}.")
    if field not in _FIELDS:
        raise _unknown(field)
    return field


def _of_state(text: str) -> Test:
    states = frozenset(state for state in State if state.startswith(text.lower()))
    if not states:
        raise unknown_name("state", clean_line(text, limit=_MAX_SHOWN), State)
    return lambda row, _now_s: not row.problem and row.state in states


def _of_text(text: str, field: str) -> Test:
    fits, read = _pattern(text), _TEXTS[field]
    return lambda row, _now_s: any(fits(value) for value in read(row))


def _of_word(text: str) -> Test:
    fits, word = _pattern(text), text.lower()

    def test(row: RunRow, _now_s: float) -> bool:
        if not row.problem and word in (row.state, row.kind):
            return True
        return any(map(fits, (row.name, row.id, row.title, row.group, *row.tags, *row.changes)))

    return test


def _pattern(text: str) -> Callable[[str], bool]:
    """Return what finds a text inside another, or matches a whole one where it has * or ?."""
    wanted = text.lower()
    if "*" in wanted or "?" in wanted:
        # Runs are named by people: a bracket is a bracket.
        matches = re.compile(fnmatch.translate(wanted.replace("[", "[[]"))).match
        return lambda value: matches(value.lower()) is not None
    return lambda value: wanted in value.lower()


def _comparison(name: str, sign: str, amount: str) -> Test:
    bound, compare, read = _bound(name, amount), _OPERATORS[sign], _NUMBERS[name]

    def test(row: RunRow, now_s: float) -> bool:
        value = None if row.problem else read(row, now_s)
        return value is not None and compare(value, bound)

    return test


def _bound(name: str, amount: str) -> float:
    found = _AMOUNT.fullmatch(amount.lower())
    unit = found[2] if found is not None else ""
    if found is not None and name in _OF_TIME:
        if unit in _UNITS_S:
            return float(found[1]) * _UNITS_S[unit]
    elif found is not None and name == "progress":
        if unit in ("", "%"):
            return float(found[1])
    elif found is not None and unit in ("", "%"):
        return float(found[1]) / (100.0 if unit else 1.0)
    shown = clean_line(amount, limit=_MAX_SHOWN)
    raise InvalidInputError(f"'{shown}' is not something {name} can be, e.g. {_example(name)}.")


def _example(name: str) -> str:
    return {
        "age": "age<2h (s, m, h, d, w)",
        "eta": "eta<10m (s, m, h, d, w)",
        "progress": "progress>50",
    }.get(name, f"{name}<0.05 or {name}<5%")


def _unknown(name: str) -> InvalidInputError:
    shown = clean_line(name, limit=_MAX_SHOWN)
    guess = nearest(name, _FIELDS)
    hint = f" Did you mean '{guess}'?" if guess else ""
    return InvalidInputError(f"runs have no '{shown}'.{hint} Known: {', '.join(_FIELDS)}.")


def ordered(rows: Sequence[RunRow], sort: str, *, is_reversed: bool = False) -> list[RunRow]:
    """Return the rows in an order of `SORTS`; what has no value, and what is unreadable, last.

    Started: newest first; progress: furthest first; best: lowest first.
    """
    assert sort in SORTS, sort
    good = [row for row in rows if not row.problem and (sort != "best" or _has_best(row))]
    rest = [row for row in rows if not row.problem and sort == "best" and not _has_best(row)]
    good.sort(key=lambda row: (-row.created, row.id))
    keys: dict[str, Callable[[RunRow], object]] = {
        "started": lambda row: -row.created,
        "name": lambda row: _natural(row.name),
        "state": lambda row: _STATES.index(row.state),
        "best": lambda row: row.best_value,
        "progress": lambda row: -row.fraction,
    }
    good.sort(key=keys[sort], reverse=is_reversed)  # pyright: ignore[reportArgumentType, reportCallIssue]
    return [*good, *rest, *(row for row in rows if row.problem)]


def _has_best(row: RunRow) -> bool:
    return row.best_value is not None and row.best_value == row.best_value


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Return a key by which run-10 comes after run-9."""
    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part.lower())
        for part in re.split(r"(\d+)", name)
        if part
    ]
