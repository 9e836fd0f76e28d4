"""`show RUN --confusion`: which classes the networks at one t of a run's paths mix up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcworkbench.cli.consoles import aligned, heading, out, table_width, write, write_json
from mcworkbench.cli.exits import DONE
from mcworkbench.errors import InvalidInputError, unknown_name
from mcworkbench.text import PROGRAM, clean_line

if TYPE_CHECKING:
    from rich.text import Text

    from mcworkbench.reports.gathered_looks import Look
    from mcworkbench.reports.looks import Array, Predictions

_MAX_MATRIX = 30
_NUM_WORST = 20


def show_confusion(reference: str, *, t: float, path: str, as_json: bool) -> int:
    """Write the confusion matrix of every path that kept its predictions, at the nearest t.

    Args:
        reference: the run.
        t: position on the path.
        path: only this one, e.g. "curve"; '' is all.
        as_json: counts as one JSON document.

    Raises:
        InvalidInputError: t lies outside [0, 1], no path kept predictions of classes, or none
            has that name.
    """
    from mcworkbench.reports.gathered_looks import gather_looks
    from mcworkbench.reports.summary import collect
    from mcworkbench.runs.index import find_run
    from mcworkbench.runs.views import RunView

    if not 0 <= t <= 1:
        raise InvalidInputError(f"--at {t:g} lies outside [0, 1].")
    run = RunView(find_run(reference))
    kept = {
        look.path.path: (look, look.predictions)
        for look in gather_looks(run, collect(run, is_private=True))
        if look.predictions is not None and look.predictions.has_classes
    }
    if not kept:
        raise InvalidInputError(
            f"run {run.id} kept no predictions of classes; `{PROGRAM} run PRESET --set "
            "evaluate.store_predictions=true` evaluates its paths again and keeps them."
        )
    if path and path not in kept:
        raise unknown_name(f"path of run {run.id} with predictions", clean_line(path), kept)
    chosen = [kept[path]] if path else list(kept.values())
    if as_json:
        write_json([_document(look, predictions, t) for look, predictions in chosen])
        return DONE
    lines: list[str | Text] = []
    for look, predictions in chosen:
        lines += [*_lines(look, predictions, t), ""]
    write(lines[:-1], out())
    return DONE


def _document(look: Look, predictions: Predictions, t: float) -> dict[str, Any]:
    from mcworkbench.reports.looks import confusion

    counts = confusion(*predictions.at(t))
    return {
        "path": look.path.path,
        "t": float(predictions.ts[predictions.place(t)]),
        "classes": _names(look, len(counts)),
        "counts": counts.tolist(),
    }


def _lines(look: Look, predictions: Predictions, t: float) -> list[str | Text]:
    from mcworkbench.reports.looks import confusion, worst_confusions
    from mcworkbench.reports.quantities import shown

    counts = confusion(*predictions.at(t))
    found = float(predictions.ts[predictions.place(t)])
    right = float(counts.trace() / max(1, counts.sum()))
    names = _names(look, len(counts))
    told = f"{shown('test_accuracy', right)} right of {int(counts.sum())}"
    title = heading(f"{look.path.method}, t = {found:.3g}: {told}")
    if len(counts) <= _MAX_MATRIX:
        table = _matrix(counts, names)
        if not table_width(out()) or max(map(len, table)) <= table_width(out()):
            return [title, "rows: true class; columns: predicted", *table]
    rows = [
        [names[true], names[predicted], str(count)]
        for true, predicted, count in worst_confusions(counts, _NUM_WORST)
    ]
    heads = ["true class", "predicted", "times"]
    return [title, *aligned(heads, rows, num_words=2)]


def _matrix(counts: Array, names: list[str]) -> list[Text]:
    heads = ["", *names, "right"]
    shares = counts.diagonal() / counts.sum(1).clip(1)
    rows = [
        [name, *(str(int(count)) if count else "·" for count in row), f"{100 * share:.1f} %"]
        for name, row, share in zip(names, counts, shares, strict=True)
    ]
    return aligned(heads, rows, num_words=1)


def _names(look: Look, count: int) -> list[str]:
    return list(look.classes) if len(look.classes) == count else [str(n) for n in range(count)]
