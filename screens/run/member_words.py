"""The members of an ensemble as cells and sentences.

Pure: no widgets, no files. Texts come from outside and are plain text, never markup.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from rich.cells import cell_len

from mcworkbench.reports.ensemble_tables import method_words
from mcworkbench.reports.quantities import MISSING, PERCENT, number, quantity, shown
from mcworkbench.screens.pictures.lines_of_members import AVERAGE, gain
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcworkbench.screens.pictures.run_picture import MembersPicture, Network
    from mcworkbench.screens.pictures.what_if import Answer

_GAP = 2
_MARGIN = 1
_MAX_NAME, _MIN_NAME = 40, 10
_MAX_WORD = 10
_NAME = "name"
# What goes first where there is no room for all columns.
_DROPPED = ("to last", "method", _NAME, "from start", "mae", "nll", "agree", "epoch")
_SCORES = {"classification": ("nll", "accuracy")}
_OTHER_SCORES = ("rmse", "mae")
_SHORT = {"accuracy": "acc"}
# What a what-if is told in.
_TOLD = ("accuracy", "rmse", "nll", "ece")
_WORDS = {"ece": "ece"}
_AVERAGES = {"probabilities": "mean softmax", "values": "mean of the predictions"}


@final
@dataclass(frozen=True, slots=True)
class Column:
    """One column of the list: its name, its head on two rows, a cell per network."""

    name: str
    head: tuple[str, str]
    cells: tuple[str, ...]
    is_text: bool = False


def chosen_of(networks: Iterable[Network], toggled: frozenset[int]) -> frozenset[int]:
    """Return who is in: who is by default and was not toggled, and others that were."""
    return frozenset(one.index for one in networks if one.is_in != (one.index in toggled))


def cells_of(
    picture: MembersPicture, chosen: frozenset[int], answer: Answer | None, column: str
) -> list[Column]:
    """Return every column of the list, those without any number left out.

    Args:
        picture: the ensemble.
        chosen: who is in.
        answer: what they score, None while that is not known.
        column: the quantity in which toggling is told.
    """
    networks, task = picture.networks, picture.task
    found = [
        Column("in", ("", "in"), tuple("[x]" if n.index in chosen else "[ ]" for n in networks)),
        Column("#", ("", "#"), tuple(one.label for one in networks)),
        Column(
            "method",
            ("", "method"),
            tuple(method_words(one.method) for one in networks),
            is_text=True,
        ),
        Column("epoch", ("", _when(picture)), tuple(one.when for one in networks)),
    ]
    for kind in _SCORES.get(task, _OTHER_SCORES):
        name = f"{picture.split}_{kind}"
        unit = " %" if quantity(name, task=task).is_fraction else ""
        head = (picture.split, f"{_SHORT.get(kind, kind)}{unit}")
        found.append(Column(kind, head, tuple(_score(name, one, task) for one in networks)))
    found += [
        _agreement(picture, chosen),
        _toggled(picture, answer, column),
        _distance("from start", "from_start", networks),
        _distance("to last", "to_last", networks),
        Column(
            _NAME,
            ("", _NAME),
            tuple(clean_line(one.name, limit=_MAX_NAME) for one in networks),
            is_text=True,
        ),
    ]
    if picture.kind == AVERAGE:
        found = found[1:]
    return [one for one in found if any(cell not in ("", MISSING) for cell in one.cells)]


def _when(picture: MembersPicture) -> str:
    return "t" if any("." in one.when for one in picture.networks) else "epoch"


def _score(column: str, network: Network, task: str) -> str:
    value = network.values.get(column, math.nan)
    if not math.isfinite(value):
        return MISSING
    if quantity(column, task=task).is_fraction:
        return f"{PERCENT * value:.2f}"
    return number(value)


def _agreement(picture: MembersPicture, chosen: frozenset[int]) -> Column:
    stored = picture.predictions
    is_of_classes = stored is None or stored.averages == "probabilities"
    head = ("agree", "%") if is_of_classes else ("apart", "rms")
    cells: list[str] = []
    for one in picture.networks:
        apart = stored.apartness(one.index, chosen) if stored is not None else math.nan
        if not math.isfinite(apart):
            cells.append(MISSING)
        else:
            cells.append(f"{PERCENT * (1 - apart):.1f}" if is_of_classes else number(apart))
    return Column("agree", head, tuple(cells))


def _toggled(picture: MembersPicture, answer: Answer | None, column: str) -> Column:
    word = quantity(column, task=picture.task).word
    head = (_SHORT.get(word, word)[:_MAX_WORD], "if toggled")
    now = answer.values.get(column, math.nan) if answer is not None else math.nan
    cells: list[str] = []
    for one in picture.networks:
        after = answer.toggled.get(one.index, {}).get(column, math.nan) if answer else math.nan
        difference = after - now
        is_known = math.isfinite(difference)
        cells.append(gain(column, difference, picture.task) if is_known else MISSING)
    return Column("toggled", head, tuple(cells))


def _distance(name: str, key: str, networks: Sequence[Network]) -> Column:
    values = [one.distances.get(key, math.nan) for one in networks]
    return Column(name, ("distance", name), tuple(number(value) for value in values))


def fitting(columns: Sequence[Column], width: int) -> list[Column]:
    """Return the columns for which there is room, the least asked for dropped first."""
    kept = list(columns)
    for name in _DROPPED:
        if _needed(kept) <= width:
            break
        kept = [column for column in kept if column.name != name]
    return kept


def _needed(columns: Sequence[Column]) -> int:
    sizes = (_MIN_NAME if column.name == _NAME else _width(column) for column in columns)
    return _MARGIN + sum(sizes) + _GAP * (len(columns) - 1)


def _width(column: Column) -> int:
    return max(map(cell_len, (*column.head, *column.cells)))


def widths_of(columns: Sequence[Column], width: int) -> list[int]:
    """Return the width of each column; a name gets what is left."""
    left = width - _needed([column for column in columns if column.name != _NAME]) - _GAP
    return [left if column.name == _NAME else _width(column) for column in columns]


def what_if_words(picture: MembersPicture, answer: Answer | None, room: int) -> str:
    """Return what the networks that are in score together, in one line; the last may not fit."""
    if picture.kind == AVERAGE:
        return "an average of weights is one network: there is no what-if"
    if picture.predictions is None:
        return "what-if: no predictions are stored yet"
    if answer is None:
        return "what-if: computing …"
    if answer.problem:
        return f"what-if: {clean_line(answer.problem)}"
    if not answer.chosen:
        return "what-if: nobody is in; space puts a network in, A all members"
    told: list[str] = []
    for kind in _TOLD:
        column = f"{picture.split}_{kind}"
        value = answer.values.get(column, math.nan)
        if math.isfinite(value):
            label = _WORDS.get(kind) or quantity(column, task=picture.task).word
            told.append(f"{label} {shown(column, value, task=picture.task)}")
    head = f"what-if: {_who(picture, answer)} → "
    while len(told) > 1 and cell_len(head + " · ".join(told)) > room:
        told.pop()
    return head + " · ".join(told)


def _who(picture: MembersPicture, answer: Answer) -> str:
    num = len(answer.chosen)
    by_default = frozenset(one.index for one in picture.networks if one.is_in)
    if answer.chosen == by_default and num > 1:
        method = next(one.method for one in picture.networks if one.is_in)
        return f"{method_words(method)}, all {num}" if method else f"all {num} members"
    return "1 network" if num == 1 else f"{num} networks"


def note_words(picture: MembersPicture, answer: Answer | None) -> str:
    """Return how the what-if averages, and over what; '' where nothing is averaged."""
    stored = picture.predictions
    if stored is None or picture.kind == AVERAGE:
        return ""
    examples = f", {answer.num_examples:,} examples" if answer and answer.num_examples else ""
    return f"equal weights · {_AVERAGES[stored.averages]} · {stored.split} split{examples}"
