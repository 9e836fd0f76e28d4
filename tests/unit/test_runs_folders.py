"""Folders of runs and stages: names, attempts, results, and publishing that survives a crash."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mcworkbench import folders
from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.runs import checkpoints, names
from mcworkbench.runs.request import StopLevel, StopRequest, read_request, write_request
from mcworkbench.runs.run_folder import RunFolder, parse_run
from mcworkbench.runs.stage_folder import Exit, StageFolder, stage_keys
from tests.unit.runs_sample import (
    OTHER,
    RUN,
    crash_everywhere,
    finish,
    key_of,
    make_run,
    make_stage,
    python,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Let new files be readable by everyone, as on most machines."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_everything_made_is_for_this_user_only_from_the_first_missing_level(
    tmp_path: Path,
) -> None:
    folder = folders.make_private(tmp_path / "share" / "mcworkbench" / "data" / "stages")
    folders.publish_json(folder / "stage.json", {})
    checkpoints.publish(folder / "snapshots" / "best", {"network.bin": b"1"})
    made = [path for path in (tmp_path / "share").rglob("*")]
    assert {path.name for path in made} >= {"data", "stage.json", "network.bin", "manifest.json"}
    for path in [tmp_path / "share", *made]:
        assert path.stat().st_mode & 0o077 == 0, path
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_command_writes_for_this_user_only(home: Path) -> None:
    code = (
        "import os; os.umask(0o022); from mcworkbench.cli.entry import enter; enter(['list']); "
        "print(oct(os.umask(0)))"
    )
    told = python(code).communicate()[0].decode()
    assert told.splitlines()[-1] == "0o77"


HOSTILE = [
    "..",
    "../../../etc/passwd",
    "/etc/passwd",
    "~root",
    "aaaaaaaa/../bbbb",
    "aaaaaaaa\x00",
    "aaaaaaaa\n",
    "AAAAAAAA",
    "\u0430aaaaaaaa",
    "-aaaaaaaa",
    "a" * 65,
    "a.aaaaaaa",
    "",
    "con",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_refused_before_any_file_is_touched(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def touched(*_: Any, **__: Any) -> None:
        pytest.fail("the file system was touched")

    with monkeypatch.context() as patch:
        for function in ("stat", "open", "mkdir", "listdir", "scandir"):
            patch.setattr(os, function, touched)
        for make in (RunFolder, StageFolder):
            with pytest.raises(InvalidInputError) as caught:
                make(name)
    assert "\x00" not in str(caught.value)


@settings(max_examples=300)
@given(st.text(max_size=80) | st.from_regex(r"[a-z0-9./~%-]{8,64}", fullmatch=True))
@example("a" * 8)
def test_whatever_name_is_accepted_stays_one_folder_below_the_root(name: str) -> None:
    try:
        path = RunFolder(name).path
    except InvalidInputError:
        return
    root = Path(os.path.normpath(folders.runs_root()))
    assert Path(os.path.normpath(path)).parent == root
    assert path.name == name
    assert name.isascii()


@given(st.text(max_size=70))
def test_only_64_hex_digits_are_a_stage(name: str) -> None:
    is_hex = len(name) == 64 and all(letter in "0123456789abcdef" for letter in name)
    assert names.is_stage_key(name) == is_hex


def test_new_ids_are_valid_distinct_and_carry_the_kind() -> None:
    ids = {names.new_run_id("endpoints") for _ in range(200)}
    assert len(ids) == 200
    assert all(names.is_run_id(one) and "-endpoints-" in one for one in ids)


def test_attempts_are_numbered_and_know_the_run_that_made_them() -> None:
    folder = make_stage("s")
    assert folder.attempts() == []
    first, second = folder.new_attempt(RUN), folder.new_attempt(OTHER)
    assert [one.path.name for one in folder.attempts()] == ["0001", "0002"]
    assert (first.made_by(), second.made_by()) == (RUN, OTHER)


def test_processes_that_race_for_attempts_never_share_one() -> None:
    folder = make_stage("race")
    code = (
        "import sys; from mcworkbench.runs.stage_folder import StageFolder\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "for _ in range(100): print(StageFolder(sys.argv[1]).new_attempt(sys.argv[2]).number)\n"
    )
    children = [python(code, folder.key, RUN) for _ in range(4)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write(b"go\n")
        child.stdin.flush()
    answers = [child.communicate()[0].split() for child in children]
    numbers = sorted(int(word) for answer in answers for word in answer)
    assert numbers == list(range(1, 401))


def test_an_attempt_after_number_9999_is_the_newest() -> None:
    folder = make_stage("s")
    (folder.attempts_path / "9999").mkdir()
    (folder.attempts_path / "notes").mkdir()
    assert folder.new_attempt(RUN).number == 10_000
    assert folder.attempts()[-1].number == 10_000


def test_how_an_attempt_ended_is_read_back_clean() -> None:
    attempt = make_stage("s").new_attempt(RUN)
    assert attempt.read_exit() is None
    attempt.write_exit(Exit("killed", -9, 9, "a\x1b[31m"))
    assert attempt.read_exit() == Exit("killed", -9, 9, "a<1b>[31m")
    for damaged in (b"", b"[]", b'{"cause": "bored"}', b'{"cause": ["done"]}', b"\xff"):
        attempt.exit_path.write_bytes(damaged)
        assert attempt.read_exit() is None


def test_a_result_is_read_back_with_numbers_that_are_not_finite() -> None:
    folder = make_stage("s")
    finish(folder, test_accuracy=0.5, barrier=math.inf)
    result = folder.result()
    assert result is not None
    assert result["summary"]["test_accuracy"] == 0.5
    assert math.isnan(result["summary"]["barrier"])
    assert (result["run"], result["attempt"], result["product"]) == (RUN, 1, "network")
    assert folder.artifact_problem(result, verify=True) is None


def test_a_changed_artifact_is_noticed_by_size_at_once_and_by_digest_on_demand() -> None:
    folder = make_stage("s")
    finish(folder)
    result = folder.result()
    assert result is not None
    path = folder.artifacts / "network.bin"
    path.write_bytes(b"12345679")
    assert folder.artifact_problem(result) is None
    assert "SHA-256" in str(folder.artifact_problem(result, verify=True))
    path.write_bytes(b"1234")
    assert "4 bytes, not 8" in str(folder.artifact_problem(result))
    path.unlink()
    assert "no such file" in str(folder.artifact_problem(result))


def test_an_artifact_name_of_a_foreign_result_cannot_leave_its_folder() -> None:
    folder = make_stage("s")
    finish(folder)
    result = folder.result()
    assert result is not None
    result["artifacts"] = {"../../secret": {"bytes": 1}}
    assert "is not a name" in str(folder.artifact_problem(result))


def test_an_attempt_that_was_overtaken_may_not_publish() -> None:
    folder = make_stage("s")
    old = folder.new_attempt(RUN)
    folder.new_attempt(OTHER)
    with pytest.raises(WorkbenchError, match="attempt 2 has taken over"):
        folder.publish_result(old, product="network", summary={}, artifacts=[], seconds=0)
    assert folder.result() is None


def test_the_result_of_another_stage_is_no_result() -> None:
    one, two = make_stage("one"), make_stage("two")
    finish(one)
    two.result_path.write_bytes(one.result_path.read_bytes())
    assert two.result() is None


def test_stage_keys_lists_stages_only() -> None:
    assert stage_keys() == []
    make_stage("s")
    (folders.stages_root() / "other").mkdir()
    assert stage_keys() == [key_of("s")]


def test_a_request_is_read_back_and_a_damaged_one_asks_for_nothing(tmp_path: Path) -> None:
    assert read_request(tmp_path) == StopRequest()
    request = StopRequest(StopLevel.now, 3, "test", 12.0)
    write_request(tmp_path, request)
    assert read_request(tmp_path) == request
    for damaged in (b"", b'{"want": "never"}', b'{"want": ["now"]}', b"[]", b"[" * 100_000):
        (tmp_path / "request.json").write_bytes(damaged)
        assert read_request(tmp_path).level is StopLevel.none


def test_run_json_from_elsewhere_is_made_harmless_or_refused() -> None:
    folder = make_run(
        RUN, {"a": make_stage("a")}, name="x\x1b[2J\ny", tags=[1, "ok\u202e"], seed="7"
    )
    document = folder.document()
    assert document is not None
    assert (document.name, document.tags, document.seed) == ("x<1b>[2J y", ("ok<202e>",), 0)
    good = {"id": RUN, "nodes": {"a": {"key": key_of("a")}}}
    assert parse_run(good) is not None
    bad: list[dict[str, Any]] = [
        {},
        {"nodes": []},
        {"nodes": {"a": 1}},
        {"nodes": {"a": {"key": "../../x"}}},
        {"nodes": {"a": {"key": None}}},
    ]
    assert [parse_run(one) for one in bad] == [None] * len(bad)
    folder.document_path.write_text("{")
    assert folder.document() is None


def test_a_run_moved_under_another_id_is_not_believed() -> None:
    folder = make_run(RUN, {"a": make_stage("a")})
    folder.path.rename(RunFolder(OTHER).path)
    assert RunFolder(OTHER).document() is None


def test_a_crash_between_any_two_calls_of_publishing_leaves_the_old_or_the_new_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "value.json"
    path.write_bytes(b"old" * 1000)
    seen: list[bytes] = []
    code = "folders.publish_bytes(Path(sys.argv[1]) / 'value.json', b'new' * 1000)"
    num_deaths = crash_everywhere(tmp_path, code, lambda: seen.append(path.read_bytes()))
    assert num_deaths >= 5
    assert set(seen) == {b"old" * 1000, b"new" * 1000}
    assert seen[0] == b"old" * 1000
    assert seen[-1] == b"new" * 1000


def test_publishing_where_nobody_may_write_fails_loudly_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "value.json"

    def refused(_descriptor: int) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "fsync", refused)
    with pytest.raises(WorkbenchError, match="permission denied"):
        folders.publish_bytes(path, b"x")
    assert list(tmp_path.iterdir()) == []
