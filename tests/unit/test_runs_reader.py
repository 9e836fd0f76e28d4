"""Following a file: torn, damaged, endless and hostile lines cost only themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from mcworkbench.runs import events, reader
from mcworkbench.runs.codec import MAX_LINE_BYTES
from mcworkbench.runs.reader import Tail, last_event
from tests.unit.runs_sample import lines

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NOTES: list[events.Event] = [events.Noted(f"näher {number}") for number in range(5)]


def test_a_line_torn_at_any_byte_shows_all_others_and_appears_when_it_is_whole(
    tmp_path: Path,
) -> None:
    content = lines(NOTES)
    start = len(lines(NOTES[:-1]))
    path = tmp_path / "e"
    for cut in range(start, len(content)):
        path.write_bytes(content[:cut])
        tail = Tail(path)
        assert [one.event for one in tail.poll()] == NOTES[:-1]
        assert tail.has_fragment == (cut > start)
        assert tail.num_damaged == 0
        path.write_bytes(content)
        assert [one.event for one in tail.poll()] == NOTES[-1:]
        assert not tail.has_fragment


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 600), max_size=8))
def test_a_file_read_in_any_pieces_gives_every_event_once(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    content = lines(NOTES)
    path = tmp_path_factory.mktemp("pieces") / "e"
    tail = Tail(path)
    found: list[object] = []
    for cut in [*sorted(cuts), len(content)]:
        path.write_bytes(content[:cut])
        found += [one.event for one in tail.poll()]
    assert found == NOTES


def test_an_absent_file_is_an_empty_one(tmp_path: Path) -> None:
    assert Tail(tmp_path / "none").poll() == []
    assert last_event(tmp_path / "none") is None


def test_a_fragment_that_the_writer_takes_back_is_not_glued_to_the_next_line(
    tmp_path: Path,
) -> None:
    path = tmp_path / "e"
    first, second = lines(NOTES[:1]), lines(NOTES[:2])[len(lines(NOTES[:1])) :]
    tail = Tail(path)
    path.write_bytes(first + second[:15])
    tail.poll()
    path.write_bytes(first)
    tail.poll()
    path.write_bytes(first + second)
    assert [one.event for one in tail.poll()] == NOTES[1:2]
    assert tail.num_damaged == 0


def test_damaged_lines_in_the_middle_are_counted_and_passed_over(tmp_path: Path) -> None:
    parts = lines(NOTES).splitlines(keepends=True)
    bad = [b"\xff\xfe\n", b"\x00" * 50 + b"\n", b"{\n", b"\n", b"x" * 2_000_000 + b"\n"]
    path = tmp_path / "e"
    path.write_bytes(b"".join(part for pair in zip(parts, bad, strict=True) for part in pair))
    tail = Tail(path)
    assert [one.event for one in tail.poll()] == NOTES
    assert tail.num_damaged == len(bad)
    assert tail.num_missing == 0


def test_an_endless_line_is_not_kept_in_memory_and_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_CHUNK_BYTES", 2 * MAX_LINE_BYTES)
    path = tmp_path / "e"
    tail = Tail(path)
    content = b""
    for _ in range(5):
        content += b"y" * (3 * MAX_LINE_BYTES)
        path.write_bytes(content)
        assert tail.poll() == []
    path.write_bytes(content + b"end\n" + lines(NOTES))
    assert [one.event for one in tail.poll()] == NOTES
    assert tail.num_damaged == 1


def test_chunks_smaller_than_the_file_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_CHUNK_BYTES", 70_000)
    many: list[events.Event] = [events.Noted("z" * (7 * n % 3000)) for n in range(400)]
    path = tmp_path / "e"
    path.write_bytes(lines(many))
    tail = Tail(path)
    batches = list(tail.batches())
    assert len(batches) > 5
    assert [one.event for batch in batches for one in batch] == many


def test_numbers_that_the_writer_could_not_store_are_missed(tmp_path: Path) -> None:
    parts = lines(NOTES).splitlines(keepends=True)
    path = tmp_path / "e"
    path.write_bytes(parts[0] + parts[3] + parts[4])
    tail = Tail(path)
    tail.poll()
    assert tail.num_missing == 2


def test_the_last_event_is_found_behind_damage_and_a_fragment(tmp_path: Path) -> None:
    path = tmp_path / "e"
    path.write_bytes(b"q" * 500_000 + b"\n" + lines(NOTES) + b"damage\n" + b'{"v":1,')
    found = last_event(path)
    assert found is not None
    assert found.event == NOTES[-1]
