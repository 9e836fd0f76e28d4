"""What a training moves: the parameters of one network, or the free nodes of a curve.

The loop knows neither. Before a step a subject puts a network into the module, after the
backward pass it turns the module's gradient into the gradient of what it moves.
Shape letters: D = padded parameters, K = nodes, F = free nodes, S = steps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, final

import torch
from typing_extensions import override

if TYPE_CHECKING:
    from torch import Tensor

    from mcworkbench.config.options.training import TrainingOptions
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.paths.path import NodePath


class AbstractSubject(ABC):
    """Something that a loop can train through one `FlatModule`."""

    flat: FlatModule
    vector: Tensor

    @abstractmethod
    def prepare_epoch(self, ts_S: Tensor | None) -> None:
        """Take the positions of every step of an epoch; None where there are none."""

    @abstractmethod
    def place(self, step: int) -> None:
        """Put the network of this step (within the epoch) into the module."""

    @abstractmethod
    def collect(self, step: int, lr: float) -> None:
        """Turn the module's gradient into the vector's, decay included."""


class _Decay:
    """L2 decay of the network's own parameters: ½·wd·‖w‖², masked where entries are frozen."""

    def __init__(self, flat: FlatModule, options: TrainingOptions, unused_D: Tensor | None) -> None:
        self.amount = options.weight_decay
        self.is_decoupled = options.optimizer == "adamw"
        mask = flat.trainable_mask()
        if unused_D is not None:
            mask = ~unused_D if mask is None else mask & ~unused_D
        self.mask = None if mask is None else mask.to(flat.params.dtype)

    def add_to_gradient(self, grad_D: Tensor, params_D: Tensor) -> None:
        """Add wd·w to the gradient of the loss."""
        if self.amount == 0 or self.is_decoupled:
            return
        if self.mask is None:
            grad_D.add_(params_D, alpha=self.amount)
        else:
            grad_D.addcmul_(params_D, self.mask, value=self.amount)

    def shrink(self, vector: Tensor, lr: float) -> None:
        """AdamW's decoupled decay (arXiv:1711.05101) on what is moved."""
        if self.amount == 0 or not self.is_decoupled:
            return
        if self.mask is None:
            vector.mul_(1 - lr * self.amount)
        else:
            vector.mul_(1 - lr * self.amount * self.mask)


@final
class NetworkSubject(AbstractSubject):
    """One network: the vector is the module's own buffer."""

    def __init__(
        self, flat: FlatModule, options: TrainingOptions, unused_D: Tensor | None = None
    ) -> None:
        self.flat = flat
        self.vector = flat.params
        self._decay = _Decay(flat, options, unused_D)

    @override
    def prepare_epoch(self, ts_S: Tensor | None) -> None:
        assert ts_S is None

    @override
    def place(self, step: int) -> None:
        del step

    @override
    @torch.no_grad()
    def collect(self, step: int, lr: float) -> None:
        del step
        self._decay.add_to_gradient(self.flat.grad, self.flat.params)
        self._decay.shrink(self.vector, lr)


@final
class CurveSubject(AbstractSubject):
    """The free nodes of a curve; the network of a step is the curve at that step's t.

    Node k receives the network's gradient times its coefficient c_k(t): arXiv:1802.10026, §3.
    """

    def __init__(
        self,
        flat: FlatModule,
        path: NodePath,
        options: TrainingOptions,
        free: slice,
        unused_D: Tensor | None = None,
    ) -> None:
        self.flat = flat
        self.path = path
        self.free = free
        self.vector = path.nodes_KD[free]
        self.grad_FD = torch.zeros_like(self.vector)
        self.vector.grad = self.grad_FD
        self._decay = _Decay(flat, options, unused_D)
        self._coefficients_SK = torch.empty(0)

    @override
    def prepare_epoch(self, ts_S: Tensor | None) -> None:
        assert ts_S is not None
        coefficients_SK = self.path.curve.coefficients(ts_S)
        self._coefficients_SK = coefficients_SK.to(self.flat.params)

    @override
    @torch.no_grad()
    def place(self, step: int) -> None:
        torch.mv(self.path.nodes_KD.T, self._coefficients_SK[step], out=self.flat.params)

    @override
    @torch.no_grad()
    def collect(self, step: int, lr: float) -> None:
        self._decay.add_to_gradient(self.flat.grad, self.flat.params)
        torch.outer(self._coefficients_SK[step][self.free], self.flat.grad, out=self.grad_FD)
        self._decay.shrink(self.vector, lr)
