"""The members of an ensemble in cells and sentences."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mcworkbench.reports.quantities import MISSING
from mcworkbench.runs.views import RunView
from mcworkbench.screens.pictures.build import picture_of
from mcworkbench.screens.pictures.lines_of_members import gain
from mcworkbench.screens.pictures.what_if import Answer, what_if
from mcworkbench.screens.run.member_words import (
    cells_of,
    chosen_of,
    fitting,
    note_words,
    what_if_words,
    widths_of,
)
from tests.unit.members_sample import NUM_EXAMPLES, make_ensemble
from tests.unit.runs_sample import RUN

if TYPE_CHECKING:
    from mcworkbench.screens.pictures.run_picture import MembersPicture

ALL = frozenset({1, 2, 3})


@pytest.fixture
def picture() -> MembersPicture:
    make_ensemble(3)
    return picture_of(RunView(RUN)).ensembles[0]


def answered(picture: MembersPicture, chosen: frozenset[int] = ALL) -> Answer:
    assert picture.predictions is not None
    return what_if(picture.predictions, chosen)


def test_members_are_in_and_the_start_is_out_until_they_are_toggled(
    picture: MembersPicture,
) -> None:
    assert chosen_of(picture.networks, frozenset()) == ALL
    assert chosen_of(picture.networks, frozenset({0, 2})) == {0, 1, 3}


def test_every_column_has_a_cell_per_network(picture: MembersPicture) -> None:
    columns = cells_of(picture, ALL, answered(picture), "test_accuracy")
    assert {len(column.cells) for column in columns} == {4}
    by_name = {column.name: column.cells for column in columns}
    assert by_name["in"] == ("[x]", "[x]", "[x]", "[ ]")
    assert by_name["#"] == ("1", "2", "3", "start")
    assert by_name["from start"] == (MISSING, "6.0000", "9.0000", MISSING)


def test_toggling_is_told_as_the_change_of_the_ensemble(picture: MembersPicture) -> None:
    answer = answered(picture)
    cells = {c.name: c.cells for c in cells_of(picture, ALL, answer, "test_nll")}["toggled"]
    for network, cell in zip(picture.networks, cells, strict=True):
        others = answered(picture, ALL ^ {network.index})
        assert cell == f"{others.values['test_nll'] - answer.values['test_nll']:+.4f}"


@pytest.mark.parametrize("width", range(8, 140, 4))
def test_what_is_laid_out_fits_wherever_numbers_can(picture: MembersPicture, width: int) -> None:
    columns = fitting(cells_of(picture, ALL, answered(picture), "test_accuracy"), width)
    widths = widths_of(columns, width)
    names = [column.name for column in columns]
    assert {"in", "#", "accuracy", "toggled"} <= set(names)
    if width >= 40:
        assert 1 + sum(widths) + 2 * (len(widths) - 1) <= width
    if width >= 100:
        assert {"name", "to last", "from start", "agree", "epoch", "nll"} <= set(names)


def test_a_what_if_is_one_line_that_loses_its_last_numbers_first(picture: MembersPicture) -> None:
    answer = answered(picture)
    whole = what_if_words(picture, answer, 200)
    assert whole.startswith("what-if: all 3 members → accuracy ")
    for room in range(30, len(whole) + 1):
        told = what_if_words(picture, answer, room)
        assert whole.startswith(told)
        assert len(told) <= room or told.count("·") == 0
    one = what_if_words(picture, answered(picture, frozenset({2})), 200)
    assert one.startswith("what-if: 1 network → ")


def test_what_cannot_be_computed_is_said(picture: MembersPicture) -> None:
    assert what_if_words(picture, None, 80) == "what-if: computing …"
    nobody = what_if_words(picture, answered(picture, frozenset()), 80)
    assert nobody == "what-if: nobody is in; space puts a network in, A all members"
    broken = Answer(ALL, problem="\x1b[31mgone")
    assert what_if_words(picture, broken, 80) == "what-if: <1b>[31mgone"
    without = replace(picture, predictions=None)
    assert what_if_words(without, None, 80) == "what-if: no predictions are stored yet"
    assert note_words(without, None) == ""


def test_the_note_says_how_and_over_what_is_averaged(picture: MembersPicture) -> None:
    note = note_words(picture, answered(picture))
    assert note == f"equal weights · mean softmax · test split, {NUM_EXAMPLES} examples"


def test_differences_are_points_of_a_percent_or_plain_numbers() -> None:
    assert gain("test_accuracy", -0.0021, "classification") == "-0.21"
    assert gain("test_nll", 0.00004, "classification") == "+0.0000"
    assert gain("test_rmse", 0.5, "regression") == "+0.5000"
