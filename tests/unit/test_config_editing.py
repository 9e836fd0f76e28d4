"""A preset is edited by keys and as text, and everything that was not touched stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import tomli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcworkbench.config.editing import PresetDraft
from mcworkbench.config.fields import form_sections
from mcworkbench.config.presets import shipped_root
from mcworkbench.errors import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

SHIPPED = sorted(shipped_root().glob("*.toml"))
QUICKSTART = shipped_root() / "quickstart.toml"
# A value that a field of each kind takes.
SAMPLES = {
    "integer": "3",
    "number": "0.25",
    "text": "none",
    "true/false": "true",
    "list": "1, 2",
    "choice": "x",
    "table": "{}",
}


def draft_of(text: str, folder: Path, name: str = "mine.toml") -> PresetDraft:
    path = folder / name
    path.write_bytes(text.encode())
    return PresetDraft.open(path)


def unset_keys(draft: PresetDraft) -> list[tuple[tuple[str, ...], str]]:
    values = draft.values
    assert values is not None
    return [
        (field.keys, field.choices[0] if field.choices else SAMPLES[field.kinds[0]])
        for section in form_sections(values)
        for field in section.fields
        if field.name not in _at(values, section.keys)
    ]


def _at(values: dict[str, object], keys: tuple[str, ...]) -> dict[str, object]:
    found: object = values
    for key in keys:
        found = found.get(key, {}) if isinstance(found, dict) else {}
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_setting_a_key_and_taking_it_out_leaves_every_byte(path: Path) -> None:
    text = path.read_text()
    draft = PresetDraft.open(path)
    found = unset_keys(draft)
    assert len(found) > 60
    # Each key of one file, and of the others every seventh.
    for keys, typed in found if path == QUICKSTART else found[::7]:
        draft.set(keys, typed)
        assert draft.text != text
        lines = set(text.splitlines())
        added = [line for line in draft.text.splitlines() if line and line not in lines]
        assert len(added) <= 2, "a key and its section"
        draft.unset(keys)
        assert draft.text == text, keys


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_changed_value_changes_its_own_line_alone(path: Path) -> None:
    draft = PresetDraft.open(path)
    before = path.read_text().splitlines()
    assert draft.values is not None
    draft.set(("curve" if "curve" in draft.values else "train", "lr"), "0.0123")
    after = draft.text.splitlines()
    assert len(after) == len(before)
    differing = [new for old, new in zip(before, after, strict=True) if old != new]
    assert differing == ["lr = 0.0123"]


EDITS = st.one_of(
    st.tuples(
        st.just("set"),
        st.sampled_from(["curve.bends", "train.lr", "train.momentum", "seed", "compute.threads"]),
        st.integers(0, 9).map(str),
    ),
    st.tuples(
        st.sampled_from(["unset", "undo_field"]),
        st.sampled_from(["curve.bends", "train.momentum", "compute.threads", "compute.device"]),
        st.just(""),
    ),
    st.tuples(st.just("replace"), st.just(""), st.sampled_from(["# no\n", "kind = 'curve'\n"])),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(EDITS, max_size=6))
def test_what_was_done_is_undone_and_done_again(edits: list[tuple[str, str, str]]) -> None:
    draft = PresetDraft.open(QUICKSTART)
    texts = [draft.text]
    for edit, dotted, typed in edits:
        keys = tuple(dotted.split("."))
        if edit == "set":
            draft.set(keys, typed)
        elif edit == "unset":
            draft.unset(keys)
        elif edit == "undo_field":
            draft.undo_field(keys)
        else:
            draft.replace(typed)
        if draft.text != texts[-1]:
            texts.append(draft.text)
    for text in reversed(texts[:-1]):
        assert draft.undo()
        assert draft.text == text
    assert not draft.undo()
    for text in texts[1:]:
        assert draft.redo()
        assert draft.text == text
    assert not draft.redo()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.sampled_from(["curve.bends", "train.lr", "train.momentum", "seed", "compute.threads"]),
        max_size=5,
    ),
    st.randoms(use_true_random=False),
)
def test_undoing_every_field_in_any_order_gives_the_file(names: list[str], chance: Random) -> None:
    draft = PresetDraft.open(QUICKSTART)
    for place, dotted in enumerate(names):
        draft.set(tuple(dotted.split(".")), str(3 + place))
    changed = sorted(set(names))
    chance.shuffle(changed)
    for dotted in changed:
        draft.undo_field(tuple(dotted.split(".")))
    assert draft.text == QUICKSTART.read_text()


def test_one_field_goes_back_and_the_others_stay(tmp_path: Path) -> None:
    draft = draft_of("kind = 'curve' # why\n[train]\nlr = 5e-4 # rate\nepochs = 3\n", tmp_path)
    draft.unset(("train", "lr"))
    draft.set(("train", "epochs"), "9")
    draft.undo_field(("train", "lr"))
    assert draft.text == "kind = 'curve' # why\n[train]\nlr = 5e-4 # rate\nepochs = 9\n"
    draft.replace(draft.text.replace("5e-4", "7").replace("9", "8"))
    draft.undo_field(("train", "lr"))
    assert tomli.loads(draft.text) == {"kind": "curve", "train": {"lr": 5e-4, "epochs": 8}}
    assert draft.changes() == {("train", "epochs"): (3, 8)}


def test_typing_is_one_step_and_a_key_is_another() -> None:
    draft = PresetDraft.open(QUICKSTART)
    base = draft.text
    for letter in "abc":
        draft.replace(f"# {letter}\n{base}", joins=True)
    draft.set(("seed",), "4")
    draft.undo()
    assert draft.text == f"# c\n{base}"
    draft.undo()
    assert draft.text == base


@pytest.mark.parametrize(
    ("dotted", "typed", "value"),
    [
        ("curve.name", "polychain", "polychain"),
        ("title", 'a "b" \\ c', 'a "b" \\ c'),
        ("title", '"quoted"', "quoted"),
        ("title", "7", "7"),
        ("ends.seeds", "1, 2, 3", [1, 2, 3]),
        ("ends.seeds", "4", [4]),
        ("ends.seeds", "[5, 6]", [5, 6]),
        ("ends.use", "file:a.pt, run:last/endpoint-1", ["file:a.pt", "run:last/endpoint-1"]),
        ("evaluate.snapshots", "10, best", ["10", "best"]),
        ("evaluate.points", "31", 31),
        ("evaluate.points", "0, 0.5, 1", [0, 0.5, 1]),
        ("train.lr", "5e-4", 5e-4),
        ("train.lr", ".5", 0.5),
        ("train.epochs", "1e3", 1000),
        ("train.epochs", "1.5", 1.5),
        ("train.epochs", "many", "many"),
        ("train.nesterov", "TRUE", True),
        ("compute.device", "cuda:1", "cuda:1"),
        ("data.name", "imagefolder:/a b/c", "imagefolder:/a b/c"),
        ("train.keep", "0, every:10", "0, every:10"),
    ],
)
def test_values_are_taken_as_somebody_types_them(dotted: str, typed: str, value: object) -> None:
    draft = PresetDraft.open(QUICKSTART)
    keys = tuple(dotted.split("."))
    draft.set(keys, typed)
    found: object = tomli.loads(draft.text)
    for key in keys:
        assert isinstance(found, dict)
        found = found[key]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("typed", ["a\nb = 1", "1\n[train]", "]", "{", '"', "\x1b[31m", "# x"])
def test_nothing_typed_into_one_field_reaches_another(typed: str) -> None:
    draft = PresetDraft.open(QUICKSTART)
    before = tomli.loads(draft.text)
    for keys in (("title",), ("train", "epochs"), ("ends", "seeds"), ("odd",)):
        draft.set(keys, typed)
        after = tomli.loads(draft.text)
        inside = after if len(keys) == 1 else after[keys[0]]
        original = before if len(keys) == 1 else before[keys[0]]
        inside.pop(keys[-1])
        assert inside == {key: value for key, value in original.items() if key != keys[-1]}
        assert len(after) in (len(before), len(before) - 1)
        draft.undo()


def test_problems_name_the_key_and_the_line_while_typing() -> None:
    draft = PresetDraft.open(QUICKSTART)
    (problem,) = draft.trial(("train", "lr"), "-1").problems
    line = next(i for i, text in enumerate(draft.text.splitlines(), 1) if text == "lr = 0.1")
    assert (problem.keys, problem.line) == (("train", "lr"), line)
    assert problem.text == "must be above 0 (it is -1)."
    assert problem.sentence == f"quickstart.toml line {line}, [train] lr: {problem.text}"
    assert not draft.is_changed


def test_a_text_that_is_not_toml_is_a_problem_with_a_line_and_can_be_mended() -> None:
    draft = PresetDraft.open(QUICKSTART)
    base = draft.text
    draft.replace("kind = 'curve'\ntitle =\n")
    (problem,) = draft.checked.problems
    assert problem.line == 2
    assert "not valid TOML" in problem.sentence
    assert draft.values is None
    assert draft.command() == []
    with pytest.raises(InvalidInputError, match="mend the text first"):
        draft.set(("seed",), "3")
    draft.undo_all()
    assert draft.text == base


def test_a_text_that_is_too_large_is_a_problem_and_is_not_saved(tmp_path: Path) -> None:
    draft = draft_of("kind = 'curve'\n", tmp_path)
    draft.replace(f"# {'x' * 70_000}\n")
    assert "larger than 64 KB" in draft.checked.problems[0].sentence
    with pytest.raises(InvalidInputError, match="larger than 64 KB"):
        draft.save_as("big")


def test_inline_and_dotted_sections_are_changed_where_they_stand(tmp_path: Path) -> None:
    draft = draft_of("curve = {bends = 1, lr = 0.1}\ntrain.lr = 0.2 # why\n", tmp_path)
    draft.set(("curve", "bends"), "2")
    draft.set(("train", "lr"), "0.3")
    assert draft.text == "curve = {bends = 2, lr = 0.1}\ntrain.lr = 0.3 # why\n"


def test_a_file_with_dos_lines_or_without_a_last_one_keeps_them(tmp_path: Path) -> None:
    draft = draft_of("kind = 'curve'\r\n\r\n[train]\r\nlr = 0.1\r\n", tmp_path)
    draft.set(("train", "lr"), "0.2")
    assert draft.text == "kind = 'curve'\r\n\r\n[train]\r\nlr = 0.2\r\n"
    bare = draft_of("kind = 'curve'", tmp_path, "bare.toml")
    bare.set(("seed",), "2")
    assert tomli.loads(bare.text) == {"kind": "curve", "seed": 2}
    bare.unset(("seed",))
    assert bare.text == "kind = 'curve'"
