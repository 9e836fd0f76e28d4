"""The form has every key that the documentation lists, and the same facts about each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomli

from mcworkbench.catalogue import CURVES, DATASETS, MODELS
from mcworkbench.config.experiment import KINDS
from mcworkbench.config.fields import documented_sections, form_field, form_sections
from mcworkbench.config.form_order import USED
from mcworkbench.config.presets import shipped_root
from mcworkbench.config.published import PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = Path(__file__).resolve().parents[2] / "docs" / "presets.md"
QUICKSTART = tomli.loads((shipped_root() / "quickstart.toml").read_text())
ROW = re.compile(r"\| `(?P<key>[^`]+)` \| (?P<type>.+?) \| (?P<default>.+?) \| ")


def documented() -> dict[str, set[str]]:
    """Return the keys under each heading of the page."""
    found: dict[str, set[str]] = {}
    for part in PAGE.read_text().split("\n### ")[1:]:
        title, _, body = part.partition("\n")
        found[title] = {match["key"] for match in ROW.finditer(body)}
    return found


def titled(values: Mapping[str, object]) -> dict[str, set[str]]:
    return {s.title: {field.name for field in s.fields} for s in form_sections(values)}


@pytest.mark.parametrize("model", MODELS)
def test_the_form_lists_every_key_of_the_page(model: str) -> None:
    page = documented()
    form = titled({**QUICKSTART, "model": {"name": model}})
    assert form.pop("The preset itself") == page["The preset itself"] - {
        "model",
        "further",
        "expect",
    }
    assert form.pop("[model]") == page[f'[model] name = "{model}"'] - {"arguments"}
    assert form == {title: keys for title, keys in page.items() if title in form}
    missing = {title for title in page if title not in form}
    assert all(title.startswith(("[model] name", "The preset")) for title in missing)


def test_a_field_knows_kind_range_default_and_choices() -> None:
    bends = form_field(QUICKSTART, ("curve", "bends"))
    assert (bends.kinds, bends.limits, bends.default) == (("integer",), "0 to 64", 1)
    assert bends.description == "Inner nodes; the ends never count."
    assert form_field(QUICKSTART, ("train", "lr")).limits == "above 0, at most 1,000"
    assert form_field(QUICKSTART, ("train", "momentum")).limits == "at least 0, below 1"
    assert form_field(QUICKSTART, ("train", "seed")).limits == "at least 0"
    assert form_field(QUICKSTART, ("evaluate", "points")).kinds == ("integer", "list")
    assert form_field(QUICKSTART, ("evaluate", "points")).item == "number"
    assert form_field(QUICKSTART, ("ends", "seeds")).item == "integer"
    assert form_field(QUICKSTART, ("evaluate", "snapshots")).item == "text"
    assert form_field(QUICKSTART, ("train", "nesterov")).kinds == ("true/false",)
    assert form_field(QUICKSTART, ("import", "files")).is_required


def test_names_of_the_catalogue_are_choices() -> None:
    assert form_field(QUICKSTART, ("curve", "name")).choices == tuple(CURVES)
    model = form_field(QUICKSTART, ("model", "name"))
    assert {*model.choices, "torchvision", "own"} == {*MODELS, *PUBLISHED, "torchvision:"}
    assert model.is_open
    data = form_field(QUICKSTART, ("data", "name"))
    assert [choice.rstrip(":") for choice in data.choices] == list(DATASETS)
    assert data.is_open
    assert "imagefolder:" in data.choices


def test_a_mistyped_key_is_in_the_form_and_said_to_be_unknown() -> None:
    values = {**QUICKSTART, "train": {"lrr": 3}, "odd": 1, "model": {"name": "nope", "x": 1}}
    unknown = {f.keys for s in form_sections(values) for f in s.fields if not f.is_known}
    assert unknown == {("train", "lrr"), ("odd",), ("model", "x")}


def test_further_nodes_and_published_numbers_are_sections_of_their_own() -> None:
    further = {
        "fine": {"from": "endpoint-1@3"},
        "finer": {"from": "fine"},
        "longer": {"from": "curve"},
    }
    values = {**QUICKSTART, "further": further, "expect": {"curve.test_error.max": 0.1}}
    form = titled(values)
    assert "bends" not in form["[further.fine]"]
    assert "bends" not in form["[further.finer]"]
    assert "bends" in form["[further.longer]"]
    assert form["[expect]"] == {"curve.test_error.max"}
    # What a further node leaves out it takes from the section it goes on with.
    assert form_field(values, ("further", "fine", "lr")).default == 0.1
    assert form_field(values, ("further", "longer", "lr")).default == 0.05


def test_sections_that_a_kind_has_no_use_for_are_idle() -> None:
    idle = {s.title for s in form_sections(QUICKSTART) if s.is_idle}
    ensembles = {"[fge]", "[snapshot]", "[swa]", "[swag]", "[ensemble]"}
    looks = {"[pictures]", "[latent]"}
    assert idle == {"[path]", "[import]", "[loss]", *ensembles, *looks}
    idle = {s.title for s in form_sections({"kind": "import"}) if s.is_idle}
    assert idle == {
        "[ends]",
        "[train]",
        "[curve]",
        "[evaluate]",
        "[path]",
        *ensembles,
        *looks,
        "[loss]",
    }
    idle = {s.title for s in form_sections({"kind": "swag"}) if s.is_idle}
    assert {"[swa]", "[swag]", "[train]"}.isdisjoint(idle)


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_is_idle_where_the_network_does_not_reconstruct(kind: str) -> None:
    def is_idle(model: str) -> bool:
        sections = form_sections({"kind": kind, "model": {"name": model}})
        return next(s.is_idle for s in sections if s.title == "[loss]")

    assert is_idle("ae_tiny") == ("loss" not in USED[kind])
    if kind != "autoencoder":
        assert is_idle("mlp")
        assert is_idle("torchvision:resnet18")


@pytest.mark.parametrize(
    "values",
    [{}, {"train": 3, "data": [], "model": "x", "further": 1, "expect": []}, {"further": {"a": 2}}],
)
def test_odd_values_still_have_a_form(values: dict[str, object]) -> None:
    assert len(form_sections(values)) >= 9


def test_a_newcomer_sees_a_dozen_fields() -> None:
    used = [s for s in form_sections({"kind": "curve"}) if not s.is_idle]
    shown = [field for s in used for field in s.fields if field.is_main]
    assert 10 <= len(shown) <= 18
    assert all(s.title for s in documented_sections())
