"""The vector's layout: offsets, packing, files, and the first difference of two networks."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from mcworkbench.errors import InvalidInputError
from mcworkbench.params.layout import Layout

SHAPES = [("a.weight", (5, 7)), ("a.bias", (5,)), ("scale", ()), ("b.weight", (32, 2))]


def _layout() -> Layout:
    return Layout.build(SHAPES, frozen={"a.bias"}, aliases={"b.weight": ("c.weight", "d.weight")})


def test_every_tensor_starts_at_a_multiple_of_32() -> None:
    layout = _layout()
    assert [entry.offset for entry in layout.entries] == [0, 64, 96, 128]
    assert layout.size == 192
    assert layout.num_params == 35 + 5 + 1 + 64
    assert [entry.trainable for entry in layout.entries] == [True, False, True, True]
    assert layout.by_name["d.weight"] is layout.entries[3]


def test_packing_leaves_out_the_padding_and_unpacking_puts_zeros_back() -> None:
    layout = _layout()
    packed = np.arange(1, 2 * layout.num_params + 1, dtype=np.float32).reshape(2, -1)
    whole = layout.unpack(packed)
    assert whole.shape == (2, 192)
    assert whole[0, 34] == 35
    assert whole[0, 64] == 36
    assert whole[1, 96] == layout.num_params + 41
    assert np.count_nonzero(whole) == packed.size
    np.testing.assert_array_equal(layout.pack(whole), packed)


def test_a_layout_survives_its_file() -> None:
    text = json.dumps(_layout().to_json())
    assert Layout.from_json(json.loads(text)) == _layout()


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"entries": 3},
        {"entries": [{"name": "a"}]},
        {"entries": [{"name": 3, "shape": [1]}]},
        {"entries": [{"name": "a", "shape": [-1]}]},
        {"entries": [{"name": "a", "shape": [True]}]},
        {"entries": [{"name": "a", "shape": [1.5]}]},
        {"entries": [{"name": "a", "shape": [2**50]}]},
        {"entries": [{"name": "a", "shape": [1]}, {"name": "a", "shape": [1]}]},
        {"entries": [{"name": "a", "shape": [1], "aliases": ["a"]}]},
    ],
)
def test_a_damaged_description_is_one_sentence(value: object) -> None:
    with pytest.raises(InvalidInputError, match=r"path.json: the list of parameters is damaged"):
        Layout.from_json(value, "path.json")


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([("a.weight", (5, 7)), ("a.bais", (5,))], "file: holds 'a.bais' where .* 'a.bias'"),
        ([("a.weight", (7, 5))], r"file: 'a.weight' has shape \(7, 5\), .* \(5, 7\)"),
        (SHAPES[:2], "has 2 tensors and the network 4; .*the network has.*'scale'"),
        ([*SHAPES, ("e", (1,))], "has 5 tensors and the network 4; .*holds.*'e'"),
    ],
)
def test_the_first_difference_of_two_networks_is_named(
    shapes: list[tuple[str, tuple[int, ...]]], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        _layout().check_same(Layout.build(shapes), "file")


def test_frozen_tensors_do_not_make_networks_differ() -> None:
    _layout().check_same(Layout.build(SHAPES), "file")


def test_layouts_are_read_without_torch() -> None:
    code = "import sys, mcworkbench.params.layout; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
