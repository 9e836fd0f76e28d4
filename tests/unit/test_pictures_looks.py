"""What is read of a run besides numbers: whole, small, kept while nothing changes, untrusted."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mcworkbench.folders import stages_root
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.views import RunView
from mcworkbench.screens.pictures.build import Painter, picture_of
from mcworkbench.screens.pictures.look_files import (
    between_of,
    codes_of,
    crossed_of,
    epoch_reconstructions,
    path_reconstructions,
    read_arrays,
)
from mcworkbench.screens.pictures.looks import ALONG, OVER
from tests.screens.recorded import cut, hold, recorded_home

if TYPE_CHECKING:
    from pathlib import Path

ENDS = ("endpoint-1", "endpoint-2")


def arrays(name: str, node: str, file: str) -> dict[str, Any]:
    run = RunFolder(name).document()
    assert run is not None
    with np.load(stages_root() / run.nodes[node].key / "artifacts" / file) as stored:
        return dict(stored)


def test_reconstructions_are_those_that_the_stages_wrote(home: Path) -> None:
    run_id = recorded_home(home, "pictures")["pictures"]
    (looks,) = picture_of(RunView(run_id)).looks
    assert looks.label == "endpoint-1 ↔ endpoint-2"
    assert looks.classes == tuple("0123456789")
    assert [(one.name, one.is_line, one.axis) for one in looks.reconstructions] == [
        ("curve", False, ALONG),
        ("line", True, ALONG),
    ]
    for one in looks.reconstructions:
        wrote = arrays(run_id, f"pictures-{one.name}", "pictures.npz")
        assert np.array_equal(one.outputs_TKHWC, wrote["outputs"])
        assert np.array_equal(one.inputs_KHWC, wrote["inputs"])
        assert one.positions == tuple(wrote["ts"].tolist())
        # What the numbers say is what the pixels say, but for their rounding.
        gap = (one.outputs_TKHWC.astype(float) - one.inputs_KHWC) / 255
        np.testing.assert_allclose(one.mse_TK, (gap**2).mean(axis=(2, 3, 4)), atol=2e-3)


def test_codes_crossed_decoders_and_pictures_between_codes_are_read(home: Path) -> None:
    run_id = recorded_home(home, "pictures")["pictures"]
    (looks,) = picture_of(RunView(run_id)).looks
    wrote = arrays(run_id, "latent", "latent.npz")
    assert looks.codes is not None
    names = [name for name, _ in looks.codes.ends]
    assert names == [*ENDS, "endpoint-2, aligned"]
    for (_, points), key in zip(looks.codes.ends, ("a", "b", "b_aligned"), strict=True):
        np.testing.assert_array_equal(points, wrote[key])
    assert looks.crossed is not None
    assert looks.crossed.mse_SS.shape == (6, 6)
    assert looks.between is not None
    assert [name for name, _ in looks.between.by_end] == list(ENDS)


def test_strips_hold_every_epoch_that_was_kept_so_far(home: Path) -> None:
    run_id = recorded_home(home, "pictures")["pictures"]
    strips = {one.name: one for one in picture_of(RunView(run_id)).strips}
    assert set(strips) == set(ENDS)
    one = strips["endpoint-1"]
    assert one.axis == OVER
    assert one.positions == (0.0, 3.0, 6.0, 9.0, 12.0)
    assert one.mse_TK[-1].mean() < one.mse_TK[0].mean()


def test_a_network_that_trains_shows_what_it_told_and_more_when_it_tells_more(home: Path) -> None:
    run_id = recorded_home(home, "pictures")["pictures"]
    replay = cut("pictures", "endpoint-2", 0.5)
    with hold("pictures", "endpoint-2"):
        painter = Painter(RunView(run_id))
        before = {one.name: one for one in painter.picture().strips}
        assert len(before["endpoint-2"].positions) < len(before["endpoint-1"].positions)
        replay.play(replay.num_left)
        painter.view.refresh()
        after = {one.name: one for one in painter.picture().strips}
    assert len(after["endpoint-2"].positions) == len(before["endpoint-1"].positions)
    assert after["endpoint-1"] is before["endpoint-1"]


def test_nothing_is_read_again_while_nothing_changes(home: Path) -> None:
    run_id = recorded_home(home, "pictures")["pictures"]
    painter = Painter(RunView(run_id))
    first = painter.picture()
    painter.view.refresh()
    assert painter.picture() is first


def test_a_preview_reads_no_arrays(home: Path) -> None:
    run_id = recorded_home(home, "pictures")["pictures"]
    painter = Painter(RunView(run_id))
    assert painter.picture(is_open=False).looks == ()
    assert painter.picture(is_open=True).looks
    assert painter.picture(is_open=False).looks == ()


def test_a_product_that_is_not_what_was_published_is_not_shown(home: Path) -> None:
    run_id = recorded_home(home, "pictures")["pictures"]
    run = RunFolder(run_id).document()
    assert run is not None
    path = stages_root() / run.nodes["pictures-curve"].key / "artifacts" / "pictures.npz"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    (looks,) = picture_of(RunView(run_id)).looks
    assert [one.name for one in looks.reconstructions] == ["line"]


def test_confusions_are_those_of_the_stored_predictions(home: Path) -> None:
    run_id = recorded_home(home, "classes")["classes"]
    (looks,) = picture_of(RunView(run_id)).looks
    assert [one.name for one in looks.classified] == ["curve", "line"]
    for one in looks.classified:
        wrote = arrays(run_id, f"evaluate-{one.name}", "predictions.npz")
        told_TN = wrote["outputs"].argmax(axis=2)
        for place in range(len(one.ts)):
            pairs = list(zip(wrote["targets"].tolist(), told_TN[place].tolist(), strict=True))
            counted = np.zeros_like(one.counts_TLL[place])
            for true, told in pairs:
                counted[true, told] += 1
            assert np.array_equal(one.counts_TLL[place], counted)
        chosen = wrote["outputs"][0, wrote["targets"] == 3, 3].astype(float)
        assert one.mean_TL[0, 3] == pytest.approx(chosen.mean())
        assert one.density_TLG.shape == (len(one.ts), 10, 101)


def test_functions_are_read_the_last_state_and_the_first(home: Path) -> None:
    run_id = recorded_home(home, "functions")["functions"]
    (looks,) = picture_of(RunView(run_id)).looks
    assert {one.name for one in looks.fitted} == {"curve", "curve@initial", "line"}
    for one in looks.fitted:
        wrote = arrays(run_id, f"evaluate-{one.name}", "functions.npz")
        assert np.array_equal(one.values_TG, wrote["values"])
        assert list(one.train[0]) == sorted(one.train[0])
        assert sorted(one.train[1]) == sorted(wrote["train_y"].ravel().tolist())


# Files that come from elsewhere.

GOOD = {
    "ts": np.array([0.0, 1.0]),
    "inputs": np.zeros((3, 4, 4, 1), np.uint8),
    "outputs": np.zeros((2, 3, 4, 4, 1), np.uint8),
    "mse": np.zeros((2, 3), np.float32),
    "labels": np.arange(3),
    "index": np.arange(3),
}
BAD: dict[str, Any] = {
    "ts": [np.array([0.0]), np.array([np.nan, 1.0]), np.array(["a", "b"]), np.zeros((2, 1))],
    "inputs": [np.zeros((3, 4, 4, 1)), np.zeros((3, 4, 5, 1), np.uint8), np.zeros(3, np.uint8)],
    "outputs": [np.zeros((2, 3, 4, 4, 2), np.uint8), np.zeros((0, 3, 4, 4, 1), np.uint8)],
    "mse": [np.zeros(2), np.zeros((3, 2))],
}


def saved(folder: Path, **columns: Any) -> Path:
    path = folder / "arrays.npz"
    np.savez(path, **columns)
    return path


@pytest.mark.parametrize(
    ("key", "place"), [(key, place) for key, bad in BAD.items() for place in range(len(bad))]
)
def test_arrays_of_other_shapes_are_not_there(tmp_path: Path, key: str, place: int) -> None:
    assert path_reconstructions(saved(tmp_path, **GOOD), "curve", is_line=False) is not None
    path = saved(tmp_path, **{**GOOD, key: BAD[key][place]})
    assert path_reconstructions(path, "curve", is_line=False) is None


def test_labels_may_be_missing_or_odd(tmp_path: Path) -> None:
    for labels in (np.array([-5, 2, 1]), np.array(["a", "b", "c"]), np.zeros(1, int)):
        found = path_reconstructions(
            saved(tmp_path, **{**GOOD, "labels": labels}), "c", is_line=False
        )
        assert found is not None
        assert (found.labels_K >= 0).all()


def test_nothing_is_unpickled_and_nothing_huge_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pickled = saved(tmp_path, **{**GOOD, "ts": np.array([print, print], dtype=object)})
    assert read_arrays(pickled) is None
    monkeypatch.setattr("mcworkbench.screens.pictures.look_files._MAX_BYTES", 100)
    assert read_arrays(saved(tmp_path, **GOOD)) is None


@pytest.mark.parametrize("content", [b"", b"PK", b"\x93NUMPY", b"no archive at all"])
def test_a_damaged_file_is_not_there(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "arrays.npz"
    assert read_arrays(path) is None
    path.write_bytes(content)
    assert read_arrays(path) is None
    whole = saved(tmp_path, **GOOD).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert read_arrays(path) is None
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ts.npy", b"torn")
    assert read_arrays(path) == {}


def test_codes_crossed_and_between_need_their_shapes(tmp_path: Path) -> None:
    points = np.zeros((5, 2), np.float32)
    good = {"a": points, "b": points, "labels": np.arange(5), "explained": np.array([0.6, 0.2])}
    assert codes_of(saved(tmp_path, **good), ENDS) is not None
    assert codes_of(saved(tmp_path, **{**good, "b": points[:3]}), ENDS) is None
    assert codes_of(saved(tmp_path, **{**good, "a": np.zeros((5, 3))}), ENDS) is None
    assert crossed_of(saved(tmp_path, ts=np.arange(3.0), mse=np.zeros((3, 3)))) is not None
    assert crossed_of(saved(tmp_path, ts=np.arange(3.0), mse=np.zeros((2, 3)))) is None
    strips = np.zeros((1, 3, 4, 4, 1), np.uint8)
    assert between_of(saved(tmp_path, s=np.arange(3.0), first=strips, last=strips), ENDS)
    assert between_of(saved(tmp_path, s=np.arange(2.0), first=strips, last=strips), ENDS) is None


def test_large_pictures_are_kept_small_and_few(tmp_path: Path) -> None:
    big = {
        "ts": np.array([0.0, 1.0]),
        "inputs": np.full((20, 128, 256, 3), 7, np.uint8),
        "outputs": np.full((2, 20, 128, 256, 3), 9, np.uint8),
        "mse": np.zeros((2, 20)),
        "labels": np.arange(20),
    }
    found = path_reconstructions(saved(tmp_path, **big), "curve", is_line=False)
    assert found is not None
    assert found.inputs_KHWC.shape == (16, 32, 64, 3)
    assert found.outputs_TKHWC.shape == (2, 16, 32, 64, 3)
    assert set(found.outputs_TKHWC.ravel().tolist()) == {9}


def test_strips_of_other_images_are_left_out(tmp_path: Path) -> None:
    images = np.zeros((2, 4, 4, 1), np.uint8)
    strip: dict[str, Any] = {
        "inputs": images,
        "outputs": images,
        "mse": np.zeros(2),
        "labels": np.arange(2),
    }
    files = [tmp_path / f"strip-{epoch}.npz" for epoch in range(3)]
    np.savez(files[0], **strip, epoch=np.asarray(0))
    other: dict[str, Any] = {**strip, "inputs": images + 1}
    np.savez(files[1], **other, epoch=np.asarray(1))
    np.savez(files[2], **strip, epoch=np.asarray(2))
    found = epoch_reconstructions([*files, tmp_path / "gone.npz"], "endpoint-1")
    assert found is not None
    assert found.positions == (0.0, 2.0)
    assert epoch_reconstructions([], "endpoint-1") is None
    assert replace(found, name="other").positions == found.positions
