"""A training step of a curve beside one of a single network, and beside autograd's own way.

Run: python benchmarks/curve_step.py [cpu|cuda:0]
Shape letters: K = nodes, D = padded parameters.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import torch
from measuring import Ratio, compare, publish
from torch.func import functional_call
from torch.nn import functional

from mcworkbench.config.options.curve import CurveOptions
from mcworkbench.config.options.model import MlpOptions, PreResNetOptions
from mcworkbench.models.product import build_flat
from mcworkbench.params.vectors import named_views
from mcworkbench.paths.bezier import Bezier
from mcworkbench.paths.path import NodePath
from mcworkbench.training.optimizers import build_optimizer
from mcworkbench.training.subjects import CurveSubject, NetworkSubject

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcworkbench.config.options.model import AnyModelOptions
    from mcworkbench.training.subjects import AbstractSubject

BATCH = 128
NUM_NODES = 3
OPTIONS = CurveOptions(lr=1e-4)
CASES: list[tuple[str, AnyModelOptions, tuple[int, ...]]] = [
    ("MLP 784-2000-10", MlpOptions(name="mlp", widths=(2000,)), (1, 28, 28)),
    ("PreResNet-20", PreResNetOptions(name="preresnet", depth=20), (3, 32, 32)),
]


def step_of(subject: AbstractSubject, x: torch.Tensor, y: torch.Tensor) -> Callable[[], object]:
    """Return one training step, as the loop takes it."""
    optimizer = build_optimizer(OPTIONS, subject.vector)

    def step() -> None:
        subject.place(0)
        subject.flat.zero_grad()
        torch.autograd.backward(functional.cross_entropy(subject.flat(x), y))
        subject.collect(0, OPTIONS.lr)
        optimizer.step()

    return step


def autograd_step(
    model: AnyModelOptions, shape: tuple[int, ...], device: str, x: torch.Tensor, y: torch.Tensor
) -> Callable[[], object]:
    """Return a step that lets autograd differentiate the combination of the nodes."""
    flat = build_flat(model, shape, 10, seed=0, device=device)
    nodes = [flat.params.detach().clone() for _ in range(NUM_NODES)]
    bend = nodes[1]
    bend.requires_grad = True
    optimizer = torch.optim.SGD([bend], lr=OPTIONS.lr, momentum=0.9)
    coefficients = Bezier(NUM_NODES).coefficients(torch.tensor([0.3]))[0].tolist()

    def step() -> None:
        optimizer.zero_grad()
        point_D = sum(c * node for c, node in zip(coefficients, nodes, strict=True))
        assert isinstance(point_D, torch.Tensor)
        named = named_views(point_D, flat.layout)
        outputs = functional_call(flat.module, named, (x,))
        penalty = OPTIONS.weight_decay * point_D.square().sum() / 2
        torch.autograd.backward(functional.cross_entropy(outputs, y) + penalty)
        optimizer.step()

    return step


def measure(device: str) -> list[Ratio]:
    """Return the ratios of every case."""
    ratios: list[Ratio] = []
    for title, model, shape in CASES:
        x = torch.randn(BATCH, *shape, device=device)
        y = torch.randint(0, 10, (BATCH,), device=device)
        network = NetworkSubject(build_flat(model, shape, 10, seed=0, device=device), OPTIONS)
        flat = build_flat(model, shape, 10, seed=0, device=device)
        nodes_KD = torch.stack([flat.params.clone() for _ in range(NUM_NODES)])
        path = NodePath(Bezier(NUM_NODES), "bezier", nodes_KD, flat.layout)
        curve = CurveSubject(flat, path, OPTIONS, slice(1, NUM_NODES - 1))
        curve.prepare_epoch(torch.tensor([0.3], dtype=torch.float64))
        plain, ours = step_of(network, x, y), step_of(curve, x, y)
        by_autograd = autograd_step(model, shape, device, x, y)
        ratios.append(
            compare(f"{title}, curve over plain", ("plain", plain), ("curve", ours), device=device)
        )
        ratios.append(
            compare(
                f"{title}, autograd over ours",
                ("curve", ours),
                ("autograd", by_autograd),
                device=device,
            )
        )
    return ratios


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "cpu"
    publish("curve-step", chosen, measure(chosen))
