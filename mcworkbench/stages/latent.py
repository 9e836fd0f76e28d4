"""Look at the codes of both ends of a path: PCA, interpolation in code, crossed decoders.

Interpolating codes keeps a network fixed and moves between two images; moving along the path
keeps an image fixed and moves the network. Files of the two are never mixed.
Shape letters: N = examples, Z = numbers of a code, S = steps or positions, P = pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np
import torch

from mcworkbench.config.options.pictures import LatentOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.data.draws import permutation
from mcworkbench.metrics import images
from mcworkbench.metrics.codes import code_distance, principal_frame, procrustes, signed_permutation
from mcworkbench.models.product import (
    model_options,
    open_flat,
    read_model_document,
    require_kind,
)
from mcworkbench.paths.path import open_path
from mcworkbench.runs.events import PicturesSaved, Progress
from mcworkbench.runs.workspace import Stopped
from mcworkbench.stages.align_code import CODE_BATCH, autoencoder_of, codes_of
from mcworkbench.stages.curve import check_fits
from mcworkbench.stages.sheets import grid, npz_bytes, pixels_of, png_bytes
from mcworkbench.tasks.reconstruction import Reconstruction
from mcworkbench.training.evaluation import Interrupted, interruptible
from mcworkbench.training.points import evaluation_placer

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from torch import Tensor

    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace

LATENT_FILE = "latent.npz"
CROSS_FILE = "cross.npz"
INTERPOLATION_FILE = "interpolation.npz"
INTERPOLATION_SHEET = "interpolation.png"


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Publish codes, strips and crossed errors; returns their headline numbers."""
    latent = _Latent(workspace)
    try:
        yield from latent.cross()
        codes = latent.end_codes()
    except Interrupted:
        raise Stopped(0) from None
    yield from latent.cross_files()
    yield from latent.code_files(codes)
    yield from latent.strip_files(codes)
    return latent.summary


@final
class _Latent:
    """The networks at a few t, each with statistics of its own, visited once."""

    def __init__(self, workspace: Workspace) -> None:
        options = workspace.options
        assert isinstance(options, LatentOptions)
        self.workspace = workspace
        self.options = options
        folder = workspace.input("path")
        require_kind(folder, "path", "[latent]")
        document = read_model_document(folder)
        self.dataset = open_dataset(workspace.input("dataset")).for_model(model_options(document))
        check_fits(self.dataset, document)
        self.flat = open_flat(folder, device=workspace.device)
        self.module = autoencoder_of(self.flat)
        self.path = open_path(folder, self.flat.layout).to(workspace.device)
        self.task = Reconstruction(self.dataset.range)
        self.split = self.dataset.split("test", workspace.device, options.examples, options.seed)
        self.index_N = self.dataset.index("test", options.examples, options.seed)
        self.between = interruptible(workspace)
        self.placer = evaluation_placer(
            self.flat, self.dataset, options, device=workspace.device, between=self.between
        )
        last = options.cross_points - 1
        self.ts = tuple(place / last for place in range(options.cross_points))
        self._buffers: list[dict[str, Tensor]] = []
        self._codes: list[Tensor] = []
        self._cross_SS = np.zeros((len(self.ts), len(self.ts)))
        self.summary: dict[str, float] = {}

    def cross(self) -> Iterator[Event]:
        """Encode with the network at each t, then decode all of it with the one at each s."""
        total = 2 * len(self.ts)
        for place, t in enumerate(self.ts):
            self.placer.place(self.path, t)
            self._buffers.append(self.flat.save_buffers())
            self._codes.append(codes_of(self.module, self.split, self.between))
            yield Progress("encoding", place + 1, total, "networks")
        for column in range(len(self.ts)):
            self._stand_at(column)
            for row, codes_NZ in enumerate(self._codes):
                self._cross_SS[row, column] = self._decoding_error(codes_NZ)
            yield Progress("decoding", len(self.ts) + column + 1, total, "networks")

    def _stand_at(self, place: int) -> None:
        """Put the network of one t into the module with the statistics it had there."""
        with torch.no_grad():
            self.path.at(self.ts[place], out=self.flat.params)
        self.flat.load_buffers(self._buffers[place])
        self.module.eval()

    @torch.inference_mode()
    def _decoding_error(self, codes_NZ: Tensor) -> float:
        total = torch.zeros((), dtype=torch.float64, device=codes_NZ.device)
        pieces = zip(codes_NZ.split(CODE_BATCH), self.split.batches(CODE_BATCH), strict=True)
        for codes_BZ, (inputs_B, _) in pieces:
            self.between()
            x = self.task.unit(self.module.decode(codes_BZ).float()).clamp(0, 1)
            total += images.mse(x, self.task.unit(inputs_B)).double().sum()
        return total.item() / self.split.num_examples

    def end_codes(self) -> tuple[Tensor, Tensor]:
        """Return the codes of the first and of the last network, (N, Z) each."""
        return self._codes[0], self._codes[-1]

    def cross_files(self) -> Iterator[Event]:
        """Publish the errors of every encoder with every decoder."""
        content = npz_bytes(ts=np.asarray(self.ts), mse=self._cross_SS)
        crossed = (self._cross_SS[0, -1] + self._cross_SS[-1, 0]) / 2
        self.summary["cross_mse_ends"] = float(crossed)
        yield from self._publish(CROSS_FILE, "cross", content, {"mse_ends": float(crossed)})

    def code_files(self, codes: tuple[Tensor, Tensor]) -> Iterator[Event]:
        """Publish both ends' codes and the last ones turned, in one frame of two directions."""
        first_NZ, last_NZ = codes
        is_linear = self.module.code_kind == "linear"
        matrix_ZZ, shift_Z = (procrustes if is_linear else signed_permutation)(last_NZ, first_NZ)
        turned_NZ = last_NZ.double() @ matrix_ZZ.T + shift_Z
        mean_Z, frame_Z2, explained = principal_frame(torch.cat([first_NZ, last_NZ]))
        flat = {
            name: ((values.double() - mean_Z) @ frame_Z2).float().cpu().numpy()
            for name, values in (("a", first_NZ), ("b", last_NZ), ("b_aligned", turned_NZ))
        }
        content = npz_bytes(
            **flat,
            labels=self.split.targets.cpu().numpy(),
            index=self.index_N,
            explained=explained.cpu().numpy(),
        )
        gaps = {
            name: code_distance(values, first_NZ)
            for name, values in (("distance", last_NZ), ("aligned_distance", turned_NZ))
        }
        self.summary |= {f"code_{name}": value for name, value in gaps.items()}
        yield from self._publish(LATENT_FILE, "latent", content, gaps)

    def strip_files(self, codes: tuple[Tensor, Tensor]) -> Iterator[Event]:
        """Publish what each end decodes between the codes of two images."""
        num = self.split.num_examples
        drawn = permutation(num, self.options.seed, "strips")
        pairs = np.stack([drawn.take(range(2 * self.options.strips), mode="wrap")])
        pairs_P2 = pairs.reshape(-1, 2)
        s_S = torch.linspace(0, 1, self.options.steps, dtype=torch.float64)
        found: dict[str, Any] = {}
        for name, place, codes_NZ in (("first", 0, codes[0]), ("last", -1, codes[1])):
            self._stand_at(place % len(self.ts))
            rows = [self._strip(codes_NZ[a], codes_NZ[b], s_S) for a, b in pairs_P2.tolist()]
            found[name] = np.stack(rows)
        content = npz_bytes(**found, s=s_S.numpy(), pairs=pairs_P2)
        rows = [row for strips in zip(found["first"], found["last"], strict=True) for row in strips]
        sheet = png_bytes(grid(rows))
        yield self.workspace.save_artifact(INTERPOLATION_SHEET, sheet, "picture")
        yield from self._publish(INTERPOLATION_FILE, "interpolation", content, {})

    @torch.inference_mode()
    def _strip(self, first_Z: Tensor, last_Z: Tensor, s_S: Tensor) -> Any:
        s_S1 = s_S.to(first_Z)[:, None]
        codes_SZ = (1 - s_S1) * first_Z + s_S1 * last_Z
        return pixels_of(self.task.unit(self.module.decode(codes_SZ).float()))

    def _publish(
        self, name: str, what: str, content: bytes, values: dict[str, float]
    ) -> Iterator[Event]:
        yield self.workspace.save_artifact(name, content, "pictures")
        yield PicturesSaved(name, what, 0, 0, self.split.num_examples, values)
