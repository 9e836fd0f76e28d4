"""The steps of an expansion that kinds of runs share: data, ends, lines, curves, evaluations.

`plans.expand` puts them together, one function per kind.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from mcworkbench.catalogue import split_source
from mcworkbench.config.experiment import MIN_ENDS
from mcworkbench.config.loading import further_section
from mcworkbench.config.options.chain import POINTS_PER_SEGMENT, ChainOptions
from mcworkbench.config.options.curve import CurveOptions, CurveSection, LineOptions
from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.options.endpoint import EndpointOptions, TrainSection
from mcworkbench.config.options.evaluate import EvaluateOptions
from mcworkbench.config.references import parse_reference
from mcworkbench.config.sources import parse
from mcworkbench.config.user_class import find_source, is_code_name
from mcworkbench.errors import InvalidInputError
from mcworkbench.plans.digests import source_digest
from mcworkbench.plans.losses import resolve_loss, resolve_lpips
from mcworkbench.plans.plan import Input, Plan
from mcworkbench.plans.references import resolve_reference
from mcworkbench.plans.snapshots import at_snapshot
from mcworkbench.plans.stage_options import located, refuse_same, stage_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.config.experiment import Experiment
    from mcworkbench.config.options.model.autoencoder import InitScheme

# What a further test set has of its own: only its test examples are looked at.
_WHOLE = {"validation": "none", "train_limit": 0, "train_classes": (), "augment": "none"}


@final
class Expansion:
    """A plan in the making, with the preset and the folder that its paths are taken against."""

    def __init__(self, experiment: Experiment, base: Path, salt: str, *, writes: bool) -> None:
        self.base = base
        self.experiment = experiment.model_copy(update={"model": located(experiment.model, base)})
        self.plan = Plan(salt=salt)
        self._writes = writes
        self._data = self._sourced(experiment.data.stage_options(), experiment.data.name)
        self.dataset = self._dataset("dataset", self._data)
        self._tests: dict[str, Input] | None = None
        self.loss, self.judges = resolve_loss(experiment, base)
        self._lpips = resolve_lpips(experiment, base)

    def resolve(self, text: str, name: str, where: str, product: str) -> Input:
        """Return what a reference of the preset names; files become import nodes called `name`."""
        return resolve_reference(
            text,
            self.plan,
            self.experiment,
            name=name,
            where=where,
            base=self.base,
            product=product,
        )

    def _sourced(self, options: DataOptions, name: str, key: str = "name") -> DataOptions:
        """Return options of a data set with its full name and the digests of what is the user's."""
        source, head, path = parse(name, f"[data] {key}")
        full = name
        if source.takes_path == "PATH":
            full = f"{head}:{(self.base / Path(path).expanduser()).resolve()}"
        found: dict[str, Any] = {
            "name": full,
            "digest": source_digest(full, writes=self._writes, base=self.base),
        }
        if is_code_name(options.task):
            found["task_digest"] = find_source(options.task, self.base, "[data] task").digest
        if is_code_name(options.task) or source.takes_path == "CODE":
            found["code_folder"] = str(self.base.resolve())
        return options.model_copy(update=found)

    def _dataset(self, name: str, options: DataOptions, more: str = "") -> Input:
        head, _ = split_source(options.name)
        return self.plan.add(name, "dataset", f"{head}{more}", options, {})

    def further_tests(self) -> dict[str, Input]:
        """Add the test sets of [data] also_test, once, and return them by name."""
        if self._tests is None:
            changes: dict[str, Any] = dict(_WHOLE)
            self._tests = {
                name: self._dataset(
                    f"dataset-{name}",
                    self._sourced(self._data.model_copy(update=changes), source, "also_test"),
                )
                for name, source in self.experiment.data.further_tests().items()
            }
        return self._tests

    def _half(self, place: int) -> Input:
        """Return the data that an end is trained on: everything, or its own classes."""
        ends = self.experiment.ends
        if not ends.train_classes:
            return self.dataset
        classes = ends.train_classes[place - 1]
        own = {"train_classes": classes, "train_classes_share": ends.train_classes_share}
        # Checked anew: model_copy does not.
        options = DataOptions.model_validate({**self._data.model_dump(), **own})
        listed = ", ".join(map(str, classes))
        return self._dataset(f"dataset-end-{place}", options, f", classes {listed}")

    def ends(self) -> list[Input]:
        """Add or borrow the networks of [ends], in the order given."""
        experiment = self.experiment
        if experiment.ends.use:
            names = list(experiment.ends.use)
            ends = [
                self.resolve(text, f"endpoint-{place}", "[ends] use", "network")
                for place, text in enumerate(names, 1)
            ]
        else:
            names = [f"seed {seed}" for seed in experiment.end_seeds()]
            inits = experiment.ends.inits or (None,) * len(names)
            ends = [
                self.endpoint(f"endpoint-{place}", seed, self._half(place), init)
                for place, (seed, init) in enumerate(
                    zip(experiment.end_seeds(), inits, strict=True), 1
                )
            ]
        refuse_same(names, ends)
        return ends

    def endpoint(
        self,
        name: str,
        seed: int,
        dataset: Input,
        init: InitScheme | None = None,
        *,
        stop_at: int | None = None,
    ) -> Input:
        """Add one network, trained as [train] says from a seed, to its end or to an epoch."""
        train = self.experiment.train
        if stop_at is not None:
            train = train.model_copy(update={"stop_at": stop_at})
        inputs = {"dataset": dataset, **self.judges}
        if train.start is not None:
            inputs["start"] = self.resolve(train.start, f"{name}-start", "[train] from", "network")
        options = self.endpoint_options(train, seed)
        label = f"{self.experiment.model.label}, seed {seed}"
        if init is not None:
            model = options.model.model_copy(update={"init": init})
            options, label = options.model_copy(update={"model": model}), f"{label}, {init}"
        return self.plan.add(name, "endpoint", label, options, inputs)

    def endpoint_options(self, section: TrainSection, seed: int) -> EndpointOptions:
        """Return the options of one network's training."""
        return EndpointOptions.model_validate(
            {
                **stage_options(section),
                **section.resolved_seeds(seed),
                "model": self.experiment.model,
                "loss": self.loss,
            }
        )

    def _curve_options(self, section: CurveSection) -> CurveOptions:
        return CurveOptions.model_validate(
            {
                **stage_options(section),
                **section.resolved_seeds(self.experiment.seed),
                "bends": section.num_nodes - 2,
                "loss": self.loss,
            }
        )

    def connect(self, first: Input, last: Input, suffix: str) -> None:
        """Join two ends: the straight line and the curve of [curve], both evaluated."""
        self.line(f"line{suffix}", first, last)
        section = self.experiment.curve
        inputs = {"dataset": self.dataset, "first": first, "last": last}
        if section.start is not None:
            inputs["start"] = self.resolve(section.start, f"start{suffix}", "[curve] from", "path")
        self.curve(f"curve{suffix}", section, inputs)

    def line(self, name: str, first: Input, last: Input, *, label: str = "straight line") -> None:
        """Add the straight line between two ends, evaluated."""
        ends = {"first": first, "last": last}
        self.evaluate(name, self.plan.add(name, "line", label, LineOptions(), ends))

    def chain(self, ends: Sequence[Input]) -> None:
        """Join networks by straight segments, one after the other, and score every segment."""
        inputs = {f"point-{place}": end for place, end in enumerate(ends, 1)}
        label = f"{len(ends) - 1} straight segment{'s' * (len(ends) > MIN_ENDS)}"
        chain = self.plan.add("chain", "chain", label, ChainOptions(points=len(ends)), inputs)
        section = self.experiment.evaluate
        points = section.points if "points" in section.model_fields_set else POINTS_PER_SEGMENT
        if isinstance(points, int):
            points = (len(ends) - 1) * (points - 1) + 1
        self.evaluate("chain", chain, points=points)

    def continue_curve(self) -> None:
        """Train the stored curve of [curve] from on, beside its straight line."""
        section = self.experiment.curve
        assert section.start is not None
        start = self.resolve(section.start, "start", "[curve] from", "path")
        self.line_of(start, "line")
        self.curve("curve", section, {"dataset": self.dataset, "start": start})

    def curve(self, name: str, section: CurveSection, inputs: dict[str, Input]) -> None:
        """Add a trained curve, and the evaluations of it and of its snapshots."""
        options = self._curve_options(section)
        label = f"{options.name}, {options.bends} bend{'s' * (options.bends != 1)}"
        curve = self.plan.add(name, "curve", label, options, {**inputs, **self.judges})
        seen = {curve.identity}
        # [evaluate] snapshots speaks of [curve]; a further curve has epochs of its own.
        snapshots = () if name in self.experiment.further else self.experiment.evaluate.snapshots
        for when in snapshots:
            point = at_snapshot(self.plan, name, when, where="[evaluate] snapshots")
            if point.identity not in seen:
                self.evaluate(f"{name}@{when}", point)
            seen.add(point.identity)
        self.evaluate(name, curve)

    def line_of(self, path: Input, name: str) -> None:
        """Add the straight line between the ends of a path, evaluated."""
        line = self.plan.add(name, "line", "straight line", LineOptions(), {"path": path})
        self.evaluate(name, line)

    def evaluate(self, name: str, path: Input, **changes: Any) -> None:
        """Add the evaluation of a path as [evaluate] says, but for `changes`."""
        section = self.experiment.evaluate
        tests = self.further_tests()
        values = {**section.model_dump(exclude={"snapshots", "lpips"}), **changes}
        values |= {"also_test": tuple(tests), "loss": self.loss, "lpips": self._lpips}
        if section.weight_decay is None:
            values["weight_decay"] = self._decay_of(path)
        options = EvaluateOptions.model_validate(values)
        inputs = {"dataset": self.dataset, "path": path, **self.judges}
        inputs |= {f"test-{test}": dataset for test, dataset in tests.items()}
        self.plan.add(f"evaluate-{name}", "evaluate", f"evaluation of {name}", options, inputs)

    def _decay_of(self, path: Input) -> float:
        """Return the decay a path was trained with; a line is scored like the curve beside it."""
        node = self.plan.nodes[path.node]
        if node.kind == "chain":
            return self.experiment.train.weight_decay
        if isinstance(node.options, CurveOptions):
            return node.options.weight_decay
        above = node.inputs.get("path")
        is_known = above is not None and above.node in self.plan.nodes
        return self._decay_of(above) if above and is_known else self.experiment.curve.weight_decay

    def further(self) -> None:
        """Add the trainings of every [further.NAME]."""
        for name in self.experiment.further:
            section = further_section(self.experiment, name)
            where = f"[further.{name}] from"
            if name in self.plan.nodes:
                raise InvalidInputError(f"[further.{name}]: this preset has a node of that name.")
            assert section.start is not None
            product = "path" if isinstance(section, CurveSection) else "network"
            start = self.resolve(section.start, f"{name}-start", where, product)
            inputs = {"dataset": self.dataset, "start": start}
            if isinstance(section, CurveSection):
                self.curve(name, section, inputs)
                continue
            inputs |= self.judges
            node = self.plan.nodes.get(parse_reference(section.start).place)
            seed = getattr(node.options if node else None, "init_seed", self.experiment.seed)
            options = self.endpoint_options(section, seed)
            self.plan.add(name, "endpoint", f"from {section.start}", options, inputs)
