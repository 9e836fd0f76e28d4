"""The documentation of preset keys is that of the code."""

from __future__ import annotations

from pathlib import Path

from mcworkbench.config.reference import HEADING, keys_reference

PAGE = Path(__file__).resolve().parents[2] / "docs" / "presets.md"


def test_the_page_of_preset_keys_is_current() -> None:
    _, heading, keys = PAGE.read_text().partition(HEADING)
    assert heading + keys == keys_reference(), "run python -m mcworkbench.config.reference"


def test_every_section_and_model_is_on_the_page() -> None:
    text = keys_reference()
    for title in ("[data]", "[ends]", "[train]", "[curve]", "[evaluate]", "[path]", "[import]"):
        assert f"### {title}\n" in text
    assert '### [model] name = "preresnet"\n' in text
    assert '| `optimizer` | "sgd", "adam", "adamw" | `"sgd"` |' in text
    assert "| `bn_augment` | true/false | `true` |" in text
