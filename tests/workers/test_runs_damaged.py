"""A flipped bit in a finished product is noticed by who uses it, and resuming mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import run_bench
from stage_kinds import expected

from mcworkbench.folders import publish_json
from mcworkbench.runs.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from run_bench import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    with run_bench.opened() as made:
        yield made


def flip(path: Path) -> None:
    """Change one bit of the last digit: the size stays, and it still reads as a number."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_a_flipped_bit_ends_the_run_with_a_sentence_and_resume_makes_it_again(
    bench: Bench,
) -> None:
    assert bench.finish(bench.run(source={"steps": 7})) is State.done
    flip(bench.stage("source").artifacts / "count.json")
    run = bench.run(source={"steps": 7}, after={"steps": 4, "before": "source"})
    assert bench.finish(run) is State.failed
    key = bench.stage("source").key[:12]
    # The counting stage's errors carry their node's name in front.
    assert bench.verdict(run)[1].endswith(
        f"the input 'before' (stage {key}) cannot be used: count.json does not match its "
        f"SHA-256; `mcworkbench resume {run}` makes it again."
    )
    assert bench.finish(run) is State.done
    assert bench.count("source") == expected(7)
    assert bench.count("after") == expected(4, expected(7))
    assert len(bench.stage("source").attempts()) == 2


def test_an_unfinished_stage_of_another_version_is_not_run_by_todays_code(bench: Bench) -> None:
    run = bench.run(old={"steps": 3})
    stage = bench.stage("old")
    publish_json(stage.document_path, {**stage.document(), "version": 0})
    assert bench.finish(run) is State.failed
    assert "another version of the workbench began this stage" in bench.verdict(run)[1]
    assert not stage.is_finished()
