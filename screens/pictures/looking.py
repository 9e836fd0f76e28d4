"""What a run shows besides numbers, read from its stages' artifacts when they change.

Called by the painter in the feed's thread, and only for a run that is open: arrays may be large
while they are read, what is kept of them is small. Shape letters as in `looks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, final

import numpy as np

from mcworkbench.reports.looks import (
    confusion,
    read_functions,
    read_predictions,
    true_class_density,
)
from mcworkbench.runs.documents import read_document
from mcworkbench.runs.state import State
from mcworkbench.screens.pictures.along import ends_of, pairs_of, source_of
from mcworkbench.screens.pictures.look_files import (
    between_of,
    codes_of,
    crossed_of,
    epoch_reconstructions,
    path_reconstructions,
)
from mcworkbench.screens.pictures.looks import (
    Between,
    Classified,
    Codes,
    Crossed,
    Fitted,
    PairLooks,
    Reconstructions,
)
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from mcworkbench.reports.looks import Predictions
    from mcworkbench.runs.views import NodeView, RunView
    from mcworkbench.screens.pictures.along import Pair

_KINDS = ("pictures", "latent", "evaluate")
_STRIP = "strip"
_MAX_STRIPS = 64
_MAX_CLASSES, _MAX_NAME = 1000, 40
# Steps from 0 to 1 at which densities are kept.
_NUM_PLACES = 101
Products = tuple[object, ...]
Item = TypeVar("Item")


@final
class Looks:
    """The looks of one run, kept until one of their stages says something new."""

    def __init__(self, breathe: Callable[[], None] | None = None) -> None:
        """Prepare to read; `breathe` is called between parts of a long read."""
        self._breathe = breathe or _hold
        self._kept: dict[str, tuple[object, Products]] = {}
        self._pairs: dict[Pair, tuple[Products, PairLooks]] = {}
        self._pictures: tuple[PairLooks, ...] = ()
        self._strips: tuple[Reconstructions, ...] = ()

    def forget(self) -> None:
        """Let go of everything: the run is not open any more."""
        self._kept.clear()
        self._pairs.clear()
        self._pictures, self._strips = (), ()

    def pairs(self, run: RunView) -> tuple[PairLooks, ...]:
        """Return one picture for every pair of ends that has, or will have, looks."""
        nodes: dict[Pair, list[NodeView]] = {}
        for node in run.nodes.values():
            if node.kind in _KINDS and "path" in node.inputs and _will_look(node):
                nodes.setdefault(ends_of(node, run), []).append(node)
        found = [
            self._pair(run, between.pair, between.label, nodes[between.pair])
            for between in pairs_of(run)
            if between.pair in nodes
        ]
        self._pictures = _unchanged(self._pictures, found)
        return self._pictures

    def strips(self, run: RunView) -> tuple[Reconstructions, ...]:
        """Return what every network that trains made of the fixed images so far."""
        found: list[Reconstructions] = []
        for node in run.nodes.values():
            if any(event.what == _STRIP for event in node.view.pictures):
                found += [
                    one
                    for one in self._products(node, lambda node=node: _strips(node))
                    if isinstance(one, Reconstructions)
                ]
        self._strips = _unchanged(self._strips, found)
        return self._strips

    def _pair(self, run: RunView, pair: Pair, label: str, nodes: list[NodeView]) -> PairLooks:
        products = tuple(
            product
            for node in nodes
            for product in self._products(node, lambda node=node: self._read(node, run))
        )
        kept = self._pairs.get(pair)
        if kept is None or not _are_same(kept[0], products):
            made = _pair_looks(label, products, _classes(nodes, run), nodes)
            self._pairs[pair] = kept = (products, made)
        return kept[1]

    def _products(self, node: NodeView, read: Callable[[], Iterable[object]]) -> Products:
        """Return what a node has to show, read again only after it said something new."""
        stamp = (node.view.version, node.view.state)
        kept = self._kept.get(node.name)
        if kept is None or kept[0] != stamp:
            made = tuple(one for one in read() if one is not None)
            self._kept[node.name] = kept = (stamp, made)
            self._breathe()
        return kept[1]

    def _read(self, node: NodeView, run: RunView) -> Iterable[object]:
        view = node.view
        if view.state is not State.done or view.verify() is not None:
            return
        made = source_of(node, "path", run)
        is_line = made is not None and made.kind == "line"
        name = clean_line(node.name.partition("-")[2] or node.name, limit=_MAX_NAME)
        ends = ends_of(node, run)
        if node.kind == "pictures":
            yield path_reconstructions(view.artifacts / "pictures.npz", name, is_line=is_line)
        elif node.kind == "latent":
            yield codes_of(view.artifacts / "latent.npz", ends)
            yield crossed_of(view.artifacts / "cross.npz")
            yield between_of(view.artifacts / "interpolation.npz", ends)
        else:
            yield self._classified(view.artifacts, name, is_line=is_line)
            yield _fitted(view.artifacts, name, is_line=is_line)

    def _classified(self, folder: Path, name: str, *, is_line: bool) -> Classified | None:
        predictions = read_predictions(folder)
        if predictions is None or not _are_classes(predictions):
            return None
        counts: list[Any] = []
        densities: list[Any] = []
        means: list[Any] = []
        for t in predictions.ts:
            outputs_NL, targets_N = predictions.at(float(t))
            counts.append(confusion(outputs_NL, targets_N))
            _, density_LG = true_class_density(outputs_NL, targets_N, num_points=_NUM_PLACES)
            densities.append(density_LG.astype(np.float32))
            means.append(_class_means(outputs_NL, targets_N))
            self._breathe()
        return Classified(
            name,
            is_line,
            tuple(float(t) for t in predictions.ts),
            np.stack(counts).astype(np.int32),
            np.stack(densities),
            np.stack(means),
        )


def _hold() -> None:
    return None


def _will_look(node: NodeView) -> bool:
    options = node.view.options
    return node.kind != "evaluate" or bool(
        options.get("store_predictions") or options.get("functions")
    )


def _pair_looks(
    label: str, products: Products, classes: tuple[str, ...], nodes: list[NodeView]
) -> PairLooks:
    def all_of(kind: type) -> list[Any]:
        return [one for one in products if isinstance(one, kind)]

    def one_of(kind: type) -> Any:
        return next(iter(all_of(kind)), None)

    def paths_first(kind: type) -> tuple[Any, ...]:
        return tuple(sorted(all_of(kind), key=lambda one: one.is_line))

    return PairLooks(
        label=label,
        classes=classes,
        reconstructions=paths_first(Reconstructions),
        codes=one_of(Codes),
        crossed=one_of(Crossed),
        between=one_of(Between),
        classified=paths_first(Classified),
        fitted=paths_first(Fitted),
        will_reconstruct=any(node.kind == "pictures" for node in nodes),
    )


def _classes(nodes: list[NodeView], run: RunView) -> tuple[str, ...]:
    """Return the names of the classes of the data set that the nodes use."""
    for node in nodes:
        source = source_of(node, "dataset", run)
        if source is not None and source.view.state is State.done:
            stored = read_document(source.view.artifacts / "dataset.json").get("classes")
            names = stored if isinstance(stored, list) else []
            return tuple(clean_line(str(name), limit=_MAX_NAME) for name in names[:_MAX_CLASSES])
    return ()


def _strips(node: NodeView) -> Iterable[Reconstructions | None]:
    view = node.view
    names = [event.name for event in view.pictures if event.what == _STRIP][-_MAX_STRIPS:]
    files = [
        view.artifacts / name for name in names if name == clean_line(name) and "/" not in name
    ]
    yield epoch_reconstructions(files, node.name)


def _fitted(folder: Path, name: str, *, is_line: bool) -> Fitted | None:
    found = read_functions(folder)
    if found is None:
        return None
    return Fitted(
        name,
        is_line,
        tuple(float(t) for t in found.ts),
        tuple(float(x) for x in found.x),
        np.asarray(found.values, dtype=np.float64),
        _points(found.train_x, found.train_y),
        _points(found.test_x, found.test_y),
    )


def _points(xs: Any, ys: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    order = np.argsort(np.asarray(xs).ravel(), kind="stable")
    return (
        tuple(np.asarray(xs, dtype=float).ravel()[order].tolist()),
        tuple(np.asarray(ys, dtype=float).ravel()[order].tolist()),
    )


def _are_classes(predictions: Predictions) -> bool:
    targets_N = predictions.targets
    if not predictions.has_classes or targets_N.ndim != 1 or not targets_N.size:
        return False
    num_classes = predictions.outputs.shape[2]
    is_known = int(targets_N.min()) >= 0 and int(targets_N.max()) < num_classes
    return is_known and num_classes <= _MAX_CLASSES


def _class_means(outputs_NL: Any, targets_N: Any) -> Any:
    """Return the mean probability of the true class, by class; NaN without examples."""
    given_N = outputs_NL[np.arange(len(targets_N)), targets_N].astype(np.float64)
    num_classes = outputs_NL.shape[1]
    sums_L = np.bincount(targets_N, weights=given_N, minlength=num_classes)
    counts_L = np.bincount(targets_N, minlength=num_classes)
    return np.where(counts_L > 0, sums_L / np.maximum(counts_L, 1), np.nan)


def _are_same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _unchanged(before: tuple[Item, ...], found: list[Item]) -> tuple[Item, ...]:
    """Return the tuple of before where nothing in it changed."""
    return before if _are_same(before, tuple(found)) else tuple(found)
