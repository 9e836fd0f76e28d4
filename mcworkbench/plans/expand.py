"""Expand an Experiment into its Plan: dataset, ends, lines, curves, evaluations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcworkbench.catalogue import split_source
from mcworkbench.config.loading import further_section
from mcworkbench.config.options.curve import CurveOptions, CurveSection, LineOptions
from mcworkbench.config.options.endpoint import EndpointOptions, TrainSection
from mcworkbench.config.options.evaluate import EvaluateOptions
from mcworkbench.config.references import parse_reference
from mcworkbench.errors import InvalidInputError
from mcworkbench.plans.digests import source_digest
from mcworkbench.plans.plan import Input, Plan
from mcworkbench.plans.references import resolve_reference
from mcworkbench.plans.snapshots import at_snapshot
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.config.experiment import Experiment

_NOT_STAGE_OPTIONS = {"start", "seed", "nodes", "bends"}


def expand(
    experiment: Experiment, *, base: Path | None = None, salt: str = "", writes: bool = True
) -> Plan:
    """Return the plan of an experiment.

    Args:
        experiment: a validated preset.
        base: folder against which relative paths are taken; absent: the current one.
        salt: nothing trained under another salt is reused (`--fresh`).
        writes: whether digests of the user's own data are remembered on the disk.

    Raises:
        InvalidInputError: data, a file, a run or a snapshot that it names does not exist.
    """
    return _Expansion(experiment, base or Path.cwd(), salt, writes=writes).run()


class _Expansion:
    """The steps of one expansion, sharing experiment, plan and base folder."""

    def __init__(self, experiment: Experiment, base: Path, salt: str, *, writes: bool) -> None:
        self.experiment = experiment
        self.base = base
        self.plan = Plan(salt=salt)
        self.dataset = self._dataset(writes=writes)

    def run(self) -> Plan:
        experiment = self.experiment
        if experiment.kind == "import":
            self._imports()
            return self.plan
        if experiment.path is not None:
            path = self._resolve(experiment.path.use, "path", "[path] use", "path")
            self._line_of(path, "line")
            self._evaluate("path", path)
            return self.plan
        ends = self._ends()
        pairs = experiment.pairs()
        for first, last in pairs:
            suffix = f"-{first + 1}-{last + 1}" if len(pairs) > 1 else ""
            self._connect(ends[first], ends[last], suffix)
        if experiment.kind == "curve" and not pairs:
            self._continue_curve()
        self._further()
        return self.plan

    def _resolve(self, text: str, name: str, where: str, product: str) -> Input:
        return resolve_reference(
            text,
            self.plan,
            self.experiment,
            name=name,
            where=where,
            base=self.base,
            product=product,
        )

    def _dataset(self, *, writes: bool) -> Input:
        options = self.experiment.data
        head, path = split_source(options.name)
        full = f"{head}:{(self.base / Path(path).expanduser()).resolve()}" if path else head
        digest = source_digest(full, writes=writes)
        options = options.model_copy(update={"name": full, "digest": digest})
        return self.plan.add("dataset", "dataset", head, options, {})

    def _imports(self) -> None:
        assert self.experiment.imports is not None
        for place, file in enumerate(self.experiment.imports.files, 1):
            # Only reading the file tells whether it holds a network or a path.
            self._resolve(f"file:{file}", f"import-{place}", "[import] files", "network")

    def _ends(self) -> list[Input]:
        experiment = self.experiment
        if experiment.ends.use:
            names = list(experiment.ends.use)
            ends = [
                self._resolve(text, f"endpoint-{place}", "[ends] use", "network")
                for place, text in enumerate(names, 1)
            ]
        else:
            names = [f"seed {seed}" for seed in experiment.end_seeds()]
            ends = [
                self._endpoint(f"endpoint-{place}", seed)
                for place, seed in enumerate(experiment.end_seeds(), 1)
            ]
        _refuse_same(names, ends)
        return ends

    def _endpoint(self, name: str, seed: int) -> Input:
        train = self.experiment.train
        inputs = {"dataset": self.dataset}
        if train.start is not None:
            inputs["start"] = self._resolve(train.start, f"{name}-start", "[train] from", "network")
        label = f"{self.experiment.model.name}, seed {seed}"
        return self.plan.add(name, "endpoint", label, self._endpoint_options(train, seed), inputs)

    def _endpoint_options(self, section: TrainSection, seed: int) -> EndpointOptions:
        return EndpointOptions.model_validate(
            {
                **_stage_options(section),
                **section.resolved_seeds(seed),
                "model": self.experiment.model,
            }
        )

    def _curve_options(self, section: CurveSection) -> CurveOptions:
        return CurveOptions.model_validate(
            {
                **_stage_options(section),
                **section.resolved_seeds(self.experiment.seed),
                "bends": section.num_nodes - 2,
            }
        )

    def _connect(self, first: Input, last: Input, suffix: str) -> None:
        line = self.plan.add(
            f"line{suffix}", "line", "straight line", LineOptions(), {"first": first, "last": last}
        )
        self._evaluate(f"line{suffix}", line)
        section = self.experiment.curve
        inputs = {"dataset": self.dataset, "first": first, "last": last}
        if section.start is not None:
            inputs["start"] = self._resolve(section.start, f"start{suffix}", "[curve] from", "path")
        self._curve(f"curve{suffix}", section, inputs)

    def _continue_curve(self) -> None:
        section = self.experiment.curve
        assert section.start is not None
        start = self._resolve(section.start, "start", "[curve] from", "path")
        self._line_of(start, "line")
        self._curve("curve", section, {"dataset": self.dataset, "start": start})

    def _curve(self, name: str, section: CurveSection, inputs: dict[str, Input]) -> None:
        options = self._curve_options(section)
        label = f"{options.name}, {options.bends} bend{'s' * (options.bends != 1)}"
        curve = self.plan.add(name, "curve", label, options, inputs)
        seen = {curve.identity}
        # [evaluate] snapshots speaks of [curve]; a further curve has epochs of its own.
        snapshots = () if name in self.experiment.further else self.experiment.evaluate.snapshots
        for when in snapshots:
            point = at_snapshot(self.plan, name, when, where="[evaluate] snapshots")
            if point.identity not in seen:
                self._evaluate(f"{name}@{when}", point)
            seen.add(point.identity)
        self._evaluate(name, curve)

    def _line_of(self, path: Input, name: str) -> None:
        line = self.plan.add(name, "line", "straight line", LineOptions(), {"path": path})
        self._evaluate(name, line)

    def _evaluate(self, name: str, path: Input) -> None:
        section = self.experiment.evaluate
        values = section.model_dump(exclude={"snapshots"})
        if section.weight_decay is None:
            values["weight_decay"] = self._decay_of(path)
        options = EvaluateOptions.model_validate(values)
        inputs = {"dataset": self.dataset, "path": path}
        self.plan.add(f"evaluate-{name}", "evaluate", f"evaluation of {name}", options, inputs)

    def _decay_of(self, path: Input) -> float:
        """Return the decay a path was trained with; a line is scored like the curve beside it."""
        node = self.plan.nodes[path.node]
        if isinstance(node.options, CurveOptions):
            return node.options.weight_decay
        above = node.inputs.get("path")
        is_known = above is not None and above.node in self.plan.nodes
        return self._decay_of(above) if above and is_known else self.experiment.curve.weight_decay

    def _further(self) -> None:
        for name in self.experiment.further:
            section = further_section(self.experiment, name)
            where = f"[further.{name}] from"
            if name in self.plan.nodes:
                raise InvalidInputError(f"[further.{name}]: this preset has a node of that name.")
            assert section.start is not None
            product = "path" if isinstance(section, CurveSection) else "network"
            start = self._resolve(section.start, f"{name}-start", where, product)
            inputs = {"dataset": self.dataset, "start": start}
            if isinstance(section, CurveSection):
                self._curve(name, section, inputs)
                continue
            node = self.plan.nodes.get(parse_reference(section.start).place)
            seed = getattr(node.options if node else None, "init_seed", self.experiment.seed)
            options = self._endpoint_options(section, seed)
            self.plan.add(name, "endpoint", f"from {section.start}", options, inputs)


def _stage_options(section: TrainSection | CurveSection) -> dict[str, Any]:
    dropped = _NOT_STAGE_OPTIONS | {"init_seed", "order_seed", "augment_seed"}
    chosen = section.model_dump(exclude=dropped)
    # Stopping at the end is not stopping: one network, one key.
    return chosen | ({"stop_at": None} if chosen["stop_at"] == chosen["epochs"] else {})


def _refuse_same(names: Sequence[str], ends: Sequence[Input]) -> None:
    seen: dict[str, str] = {}
    for name, end in zip(names, ends, strict=True):
        if end.identity in seen:
            raise InvalidInputError(
                f"[ends]: {clean_line(name)} and {clean_line(seen[end.identity])} are one network; "
                "name two, or leave the seeds out of [train]."
            )
        seen[end.identity] = name
