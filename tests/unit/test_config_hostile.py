"""Presets may come from anyone: what they hold is refused in time, with harmless words."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcworkbench.config.loading import load_experiment, parse_experiment
from mcworkbench.config.toml_file import MAX_BYTES, read_toml
from mcworkbench.errors import InvalidInputError, PresetError, WorkbenchError

DATA = Path(__file__).resolve().parents[1] / "data"
GOOD = (DATA / "presets" / "good.toml").read_text()
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


HOSTILE = {
    "a key of 100 KB of dots": ".".join(["a"] * 51_200) + " = 1",
    "a key of 60 KB of dots": ".".join(["a"] * 30_000) + " = 1",
    "dots behind a quoted equals sign": '"="' + ".a" * 30_000 + " = 1",
    "dots in an inline table": "x = {" + ".".join(["a"] * 30_000) + " = 1}",
    "dots in a header": "[" + ".".join(["a"] * 30_000) + "]",
    "dots between quoted parts": ".".join(['"a"'] * 15_000) + " = 1",
    "a file above the limit": "#" * (MAX_BYTES + 1),
    "open brackets": "x = " + "[" * 60_000,
    "300 levels of lists": "x = " + "[" * 300 + "]" * 300,
    "300 levels of tables": "x = " + "{a = " * 300 + "1" + "}" * 300,
    "17 levels": "x = " + "[" * 17 + "]" * 17,
    "an integer of 60,000 digits": "seed = " + "9" * 60_000,
    "an integer of 4,000 digits": "seed = " + "9" * 4_000,
    "a header of spaces": "[" + " " * 60_000 + "x",
    "a quoted header of spaces": '["' + " " * 60_000 + 'x"]',
    "a header of spaces inside text": 'title = """\n[' + " " * 60_000 + 'x\n"""',
    "a key of spaces inside text": 'title = """\na' + " " * 60_000 + 'x\n"""',
    "a word of 60 KB": "a" * 60_000,
    "a NUL": 'title = "\0"',
    "a lone surrogate": 'title = "\\ud800"',
    "a lone surrogate from an editor": 'title = "\ud800"',
    "a date that is none": "seed = 2020-99-99",
    "control characters in keys": '[train."\\u001b[31m\\u202e\\n"]\n"a\\u0007b" = "\\u009b"\n',
    "nothing": "",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_refused_at_once_with_harmless_words(text: str) -> None:
    began_s = time.perf_counter()
    with pytest.raises(InvalidInputError) as caught:
        parse_experiment(text, "p.toml")
    assert time.perf_counter() - began_s < 0.5
    assert not CONTROLS.search(str(caught.value))
    assert all(len(line) < 700 for line in str(caught.value).splitlines())


def test_long_lists_of_numbers_and_prose_with_dots_are_no_long_keys() -> None:
    points = ", ".join(f"{place / 200:.3f}" for place in range(201))
    text = GOOD.replace("points = 21", f"points = [{points}]")
    text = f'summary = """\nWell. No. A. B. C...................... and so on\n"""\n{text}'
    assert len(parse_experiment(text, "p.toml").evaluate.positions()) == 201


@settings(max_examples=60, deadline=500)
@given(st.text(max_size=200))
def test_any_text_gives_an_experiment_or_a_sentence(text: str) -> None:
    with pytest.raises(WorkbenchError):
        parse_experiment(text, "p.toml")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2)
    ),
    max_leaves=5,
)
KEYS = ["kind", "data", "model", "ends", "curve", "evaluate", "further", "expect", "import"]
INNER = ["name", "int", "0", "mlp", "points", "seeds", "widths", "from", "use", "lr", "tuple[x]"]


def toml_of(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{k}" = {toml_of(v)}' for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_of, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value).replace("e+", "e")
    return str(value) if isinstance(value, int) else "'x'"


@settings(max_examples=150, deadline=500)
@given(
    st.dictionaries(
        st.sampled_from(KEYS),
        st.dictionaries(st.sampled_from(INNER), VALUES, max_size=3) | VALUES,
        min_size=1,
    )
)
def test_any_values_give_sentences_about_keys_that_are_in_the_file(
    values: dict[str, object],
) -> None:
    text = "\n".join(f"{key} = {toml_of(value)}" for key, value in values.items())
    try:
        parse_experiment(text, "p.toml")
    except PresetError as error:
        for sentence in error.problems:
            where = re.match(r"p\.toml(?: line \d+)?(?:, ([^:]*))?: ", sentence)
            assert where is not None, sentence
            assert sentence.endswith(".")
            if "missing" not in sentence and where[1]:
                last = where[1].split("] ")[-1].strip("[]").split(".")[-1]
                assert last in text, sentence


def test_a_file_is_read_no_further_than_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "big.toml"
    with file.open("wb") as opened:
        opened.truncate(20 * 2**30)
    began_s = time.perf_counter()
    with pytest.raises(InvalidInputError, match=r"big\.toml: larger than 64 KB"):
        read_toml(file)
    assert time.perf_counter() - began_s < 0.5


def test_too_large_is_said_even_where_the_limit_splits_a_letter(tmp_path: Path) -> None:
    file = tmp_path / "big.toml"
    file.write_text("#" + "é" * MAX_BYTES, encoding="utf-8")
    with pytest.raises(InvalidInputError, match="larger than 64 KB"):
        read_toml(file)


def test_a_file_that_is_not_utf_8_or_not_there_says_so(tmp_path: Path) -> None:
    file = tmp_path / "old.toml"
    file.write_bytes(b'title = "caf\xe9"')
    with pytest.raises(
        InvalidInputError, match=r"old\.toml: byte 12 is not UTF-8; save the file as"
    ):
        load_experiment(str(file))
    with pytest.raises(InvalidInputError, match="there is no such file; give a preset file"):
        load_experiment(str(tmp_path / "none.toml"))
    with pytest.raises(InvalidInputError, match="is a directory; give a preset file"):
        read_toml(tmp_path)
