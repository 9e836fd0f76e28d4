"""What the shell offers after TAB: presets, runs, nodes. Quick, and silent about trouble."""

from __future__ import annotations


def preset_names(incomplete: str) -> list[tuple[str, str]]:
    """Return the presets that begin so, with their titles; [] where nothing can be read."""
    # An error would be printed into the line that is being typed.
    try:
        from mcworkbench.config.presets import list_presets

        found = [(preset.name, preset.title) for preset in list_presets()]
    except Exception:  # noqa: BLE001
        return []
    return [pair for pair in found if pair[0].startswith(incomplete)]


def run_names(incomplete: str) -> list[tuple[str, str]]:
    """Return the ids and names of runs that begin so, newest first, each with the other."""
    return _runs(incomplete, only_running=False)


def running_names(incomplete: str) -> list[tuple[str, str]]:
    """Return the same of runs that are at work."""
    return _runs(incomplete, only_running=True)


def _runs(incomplete: str, *, only_running: bool) -> list[tuple[str, str]]:
    try:
        from mcworkbench.runs.index import run_ids
        from mcworkbench.runs.run_folder import RunFolder

        folders = [RunFolder(run_id) for run_id in sorted(run_ids(), reverse=True)]
        wanted = [f for f in folders if not only_running or f.is_supervised()]
        known = [document for f in wanted if (document := f.document()) is not None]
    except Exception:  # noqa: BLE001
        return []
    found = [(run.id, run.name) for run in known if run.id.startswith(incomplete)]
    # Of several runs of one name the name means the newest, which comes first.
    names: dict[str, str] = {}
    for run in known:
        names.setdefault(run.name, run.id)
    found += [
        (name, run_id) for name, run_id in names.items() if name and name.startswith(incomplete)
    ]
    if known and known[0].id == folders[0].id and "last".startswith(incomplete):
        found.append(("last", "the newest run"))
    return found


def node_names(incomplete: str) -> list[tuple[str, str]]:
    """Return runs, and after a slash the nodes of the run before it, as RUN/NODE."""
    reference, slash, start = incomplete.partition("/")
    if not slash:
        return run_names(incomplete)
    try:
        from mcworkbench.runs.index import find_run
        from mcworkbench.runs.run_folder import RunFolder

        document = RunFolder(find_run(reference)).document()
    except Exception:  # noqa: BLE001
        return []
    nodes = document.nodes if document is not None else {}
    return [(f"{reference}/{name}", n.label) for name, n in nodes.items() if name.startswith(start)]


def model_names(incomplete: str) -> list[tuple[str, str]]:
    """Return the families and published names of networks that begin so."""
    from mcworkbench.catalogue import MODELS
    from mcworkbench.config.published import PUBLISHED, told_as

    found = [(name, one.title) for name, one in MODELS.items()]
    found += [(name, told_as(one.family, one.given)) for name, one in PUBLISHED.items()]
    return [pair for pair in found if pair[0].startswith(incomplete)]


def dataset_names(incomplete: str) -> list[tuple[str, str]]:
    """Return the data sets of the catalogue that begin so."""
    from mcworkbench.catalogue import DATASETS

    return [(name, one.title) for name, one in DATASETS.items() if name.startswith(incomplete)]


def kind_names(incomplete: str) -> list[str]:
    """Return the kinds of run that begin so."""
    from mcworkbench.config.experiment import KINDS

    return [kind for kind in KINDS if kind.startswith(incomplete)]
