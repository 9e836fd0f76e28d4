"""Look at every byte of a finished product before somebody computes with it.

Called by whoever reads a product: the workspace of the next stage, and the export. States and
plans go by sizes alone; so where a digest is wrong the result is taken back here, the stage
counts as unfinished for everybody, and resuming a run that names it makes it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.errors import WorkbenchError
from mcworkbench.folders import move_to_trash, storage_error
from mcworkbench.runs import checkpoints
from mcworkbench.runs.locks import try_lock
from mcworkbench.runs.names import check_file_name, is_run_id
from mcworkbench.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from mcworkbench.runs.stage_folder import StageFolder

_TAKEN_BACK = "result.damaged.json"


def product_problem(stage: StageFolder) -> str | None:
    """Return why a stage's product cannot be used, or None where every byte is right.

    Raises:
        WorkbenchError: the product is damaged and its result cannot be taken back.
    """
    result = stage.result()
    if result is None:
        return "it is not finished"
    problem = stage.artifact_problem(result, verify=True)
    if problem is not None:
        _take_back(stage)
    return problem


def snapshot_problem(stage: StageFolder, name: str) -> str | None:
    """Return why a kept snapshot cannot be used, or None where every byte is right.

    A damaged one goes to the trash, so that the next plan has it trained again on its own.

    Raises:
        WorkbenchError: it is damaged and cannot be moved.
    """
    folder = stage.snapshots / check_file_name(name)
    problem = checkpoints.problem(folder)
    if problem is not None and folder.exists():
        lock = try_lock(stage.lock_path)
        if lock is not None:
            with lock:
                if folder.exists() and checkpoints.problem(folder) is not None:
                    move_to_trash(folder)
    return problem


def check_product(stage: StageFolder, run_id: str, where: str) -> None:
    """Pass where a product is whole.

    Raises:
        WorkbenchError: it is not; the sentence says how to have it made again.
    """
    problem = product_problem(stage)
    if problem is not None:
        raise WorkbenchError(f"{where} cannot be used: {problem}; {remedy(stage, run_id)}.")


def remedy(stage: StageFolder, run_id: str) -> str:
    """Return what a user can do about a product that cannot be used.

    Args:
        stage: whose product it is.
        run_id: the run that needs it, asked before the one that made it.
    """
    makers = [attempt.made_by() for attempt in stage.attempts()[-1:]]
    for maker in filter(is_run_id, [run_id, *makers]):
        document = RunFolder(maker).document()
        if document and any(node.key == stage.key for node in document.nodes.values()):
            return f"`mcworkbench resume {maker}` makes it again"
    return "run the preset that makes it again"


def _take_back(stage: StageFolder) -> None:
    lock = try_lock(stage.lock_path)
    if lock is None:
        return
    with lock:
        result = stage.result()
        # Whoever had the lock before us may have made it again.
        if result is None or stage.artifact_problem(result, verify=True) is None:
            return
        try:
            stage.result_path.replace(stage.result_path.with_name(_TAKEN_BACK))
        except OSError as error:
            raise storage_error(stage.result_path, error) from error
