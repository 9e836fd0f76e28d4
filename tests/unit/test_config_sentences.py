"""Every problem of a preset is one sentence: file, line, key, what is allowed, nearest name."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from mcworkbench.config.loading import build_experiment
from mcworkbench.config.problems import MAX_PROBLEMS
from mcworkbench.config.toml_file import parse_toml
from mcworkbench.errors import PresetError

DATA = Path(__file__).resolve().parents[1] / "data"
GOOD = (DATA / "presets" / "good.toml").read_text()
# One part of the good preset, what replaces it, and the whole sentence that is said.
CASES: list[dict[str, str]] = json.loads((DATA / "preset_problems.json").read_text())


def problems_of(text: str) -> list[str]:
    with pytest.raises(PresetError) as caught:
        build_experiment(parse_toml(text, "p.toml"))
    return list(caught.value.problems)


@pytest.mark.parametrize("case", CASES, ids=[case["new"][:40] for case in CASES])
def test_a_problem_is_one_sentence_with_its_place(case: dict[str, str]) -> None:
    assert GOOD.count(case["old"]) == 1
    (found,) = problems_of(GOOD.replace(case["old"], case["new"]))
    sentence = case["sentence"]
    assert found == sentence or (sentence.endswith("Allowed: ") and found.startswith(sentence))


def test_the_keys_listed_for_a_further_network_are_those_of_a_network() -> None:
    for start, has_bends in (("endpoint-1", False), ("curve@2", True)):
        text = f"{GOOD}[further.x]\nfrom = '{start}'\nodd = 1\n"
        (sentence,) = problems_of(text)
        allowed = sentence.partition("Allowed: ")[2].rstrip(".").split(", ")
        assert ("bends" in allowed) == has_bends
        assert "lr" in allowed


def test_what_goes_on_from_a_further_network_is_a_network_too() -> None:
    text = f"{GOOD}[further.a]\nfrom = 'endpoint-1'\n[further.b]\nfrom = 'a@3'\nbends = 2\n"
    (sentence,) = problems_of(text)
    assert sentence.startswith("p.toml line 27, [further.b] bends: unknown key.")


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    text = GOOD.replace("lr = 0.1", "lr = 0").replace("bends = 1", "bendz = 1")
    text = text.replace('"digits"', '"digitz"').replace("points = 21", "points = 0")
    places = [sentence.split(":")[0] for sentence in problems_of(text)]
    assert places == [
        "p.toml line 4, [data] name",
        "p.toml line 15, [train] lr",
        "p.toml line 18, [curve] bendz",
        "p.toml line 22, [evaluate] points",
    ]


def test_thousands_of_problems_are_counted_rather_than_listed() -> None:
    odd = "\n".join(f"odd{number} = 1" for number in range(4000))
    began_s = time.perf_counter()
    sentences = problems_of(f"{GOOD}{odd}\n")
    assert time.perf_counter() - began_s < 1
    assert len(sentences) == MAX_PROBLEMS + 1
    assert sentences[-1] == f"p.toml: and {4000 - MAX_PROBLEMS} more problems like these."
