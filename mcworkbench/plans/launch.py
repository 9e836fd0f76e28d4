"""Write a plan down as a run: its stages' documents, run.json and the preset as it was run.

Nothing is started here; whoever calls this asks an executor to.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomlkit

from mcworkbench import __version__
from mcworkbench.config.options.model.own import OwnOptions
from mcworkbench.config.user_class import untrusted
from mcworkbench.errors import InvalidInputError
from mcworkbench.plans.code import refuse_own_data
from mcworkbench.plans.expand import expand
from mcworkbench.plans.plan import Plan
from mcworkbench.runs.actions import create_run as write_run
from mcworkbench.runs.actions import create_stage
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mcworkbench.config.experiment import Experiment
    from mcworkbench.config.toml_file import TomlFile
    from mcworkbench.plans.plan import PlannedNode

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


@dataclass(frozen=True)
class Launched:
    """A run that waits to be started."""

    run_id: str
    plan: Plan


def create_run(
    experiment: Experiment,
    file: TomlFile,
    *,
    name: str = "",
    device: str | None = None,
    command: Sequence[str] = (),
    fresh: bool = False,
    group: str = "",
    base: Path | None = None,
    is_trusted: bool = False,
) -> Launched:
    """Plan an experiment and write its run.

    Args:
        experiment: the validated preset.
        file: where it came from, with overrides applied: kept as the run's preset.toml.
        name: what the user calls the run; absent: the preset's name.
        device: overrides [compute] device.
        command: the words of the command that asked for it, for the report.
        fresh: train and evaluate everything again, in stages of their own.
        group: runs that belong together.
        base: folder against which relative paths of the preset are taken.
        is_trusted: whether classes of the user's own may be run for it.

    Raises:
        InvalidInputError: something the preset names does not exist, or is not trusted.
        WorkbenchError: the home cannot be written.
    """
    label = _checked_name(name) if name else clean_line(file.label, limit=60)
    salt = f"{time.time_ns()}-{secrets.token_hex(4)}" if fresh else ""
    plan = expand(experiment, base=base, salt=salt)
    if not is_trusted:
        _refuse_own_classes(experiment, plan)
        refuse_own_data(plan)
    for node in plan.nodes.values():
        create_stage(node.key, node.document())
    compute = experiment.compute
    document = {
        "name": label,
        "kind": experiment.kind,
        "title": experiment.title,
        "group": group,
        "tags": [],
        "seed": experiment.seed,
        "device": device or compute.device,
        "threads": compute.threads,
        "slots": compute.slots,
        "version": __version__,
        "nodes": {node.name: _node(node) for node in plan.nodes.values()},
        "expect": {
            **experiment.expect,
            **({"source": experiment.source} if experiment.source else {}),
        },
        "command": list(command),
        "fresh": fresh,
        "trusted": is_trusted,
        "notes": [],
    }
    folder = write_run(document, preset_text(file))
    return Launched(folder.id, plan)


def _checked_name(name: str) -> str:
    """Return the name as given.

    Raises:
        InvalidInputError: users could not refer to a run by it.
    """
    if _NAME.fullmatch(name) is None or name == "last" or name.isdecimal():
        raise InvalidInputError(
            f"--name {clean_line(name, limit=60)!r}: a name has letters, digits, '.', '_' and '-', "
            "at most 60, starts with a letter or digit, is not only digits and not 'last'."
        )
    return name


def _refuse_own_classes(experiment: Experiment, plan: Plan) -> None:
    """Pass when nothing in a plan would run a class of the user's own.

    Raises:
        InvalidInputError: something would, and reuse does not make it needless.
    """
    borrowed = [getattr(node.options, "model", None) for node in plan.nodes.values()]
    for model in (experiment.model, *borrowed):
        if isinstance(model, OwnOptions):
            raise InvalidInputError(untrusted(model.target))


def _node(node: PlannedNode) -> dict[str, Any]:
    return {
        "key": node.key,
        "kind": node.kind,
        "label": node.label,
        "inputs": {role: value.node or value.key for role, value in node.inputs.items()},
        "reused": node.is_reused,
    }


def preset_text(file: TomlFile) -> str:
    """Return the TOML of the experiment as run: the file's text, overrides written into it."""
    document = tomlkit.parse(file.text)
    if document.unwrap() != file.values:
        _write_into(document, file.values)
    return tomlkit.dumps(document)


def _write_into(section: Any, values: Mapping[str, Any]) -> None:
    for key in set(section) - set(values):
        del section[key]
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(section.get(key), dict):
            _write_into(section[key], value)
        elif section.get(key) != value:
            section[key] = value
