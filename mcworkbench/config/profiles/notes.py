"""What a translated profile tells: defaults that it took over, keys that mean nothing here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.config.profiles.profile import Profile

_TRAINING = ("epochs", "lr", "batch_size", "momentum", "wd", "seed")
_ON_CURVE = ("num_bends", "fix_start", "fix_end")
# Keys that change nothing here, and why.
_IDLE = {
    "dir": "runs and stages have a home of their own",
    "data_path": "data sets have a cache of their own",
    "file_name_appendix": "`mcworkbench export --layout tf` names its files by the epoch",
}


def notes_of(used: Sequence[Profile]) -> list[str]:
    """Return one sentence for everything about these profiles that a user should know."""
    notes = _left(used)
    curves = [profile for profile in used if profile.options.curve is not None]
    if curves:
        notes.append("num-bends counts inner nodes only, as `bends` does here.")
    if any(not profile.is_evaluation for profile in used):
        notes += [
            "wd is taken as the penalty ½·wd·‖w‖² on the network, at t for a curve; there it is "
            "wd·‖w‖² of every node, which pulls twice as hard: double weight_decay to have that.",
            "The schedule of that system is `reference` here.",
        ]
    for profile in used:
        if profile.options.ckpt is not None and not profile.is_evaluation:
            notes.append(
                f"[{clean_line(profile.name)}] goes on for {profile.num_epochs} epochs and, as "
                f"there, takes the schedule of {profile.options.epochs} epochs up at epoch "
                f"{profile.epochs_before + 1}."
            )
    if any(profile.options.model == "CNNBN" for profile in curves):
        notes.append(
            "Batch norm is recomputed on the training images at every t; there the last batch "
            "decides nearly alone."
        )
    idle = dict.fromkeys(key for profile in used for key in _IDLE if profile.given(key))
    if idle:
        told = "; ".join(f"{key.replace('_', '-')} ({_IDLE[key]})" for key in idle)
        notes.append(f"Without effect here: {told}.")
    return notes


def _left(used: Sequence[Profile]) -> list[str]:
    """Return what profiles leave out and then have by default, those alike in one sentence."""
    alike: dict[str, list[str]] = {}
    for profile in used:
        keys = _ON_CURVE if profile.options.curve is not None else ()
        keys = () if profile.is_evaluation else (*_TRAINING, *keys)
        absent = [
            f"{key.replace('_', '-')} = {_toml(getattr(profile.options, key))}"
            for key in keys
            if not profile.given(key)
        ]
        if absent:
            alike.setdefault(", ".join(absent), []).append(f"[{clean_line(profile.name)}]")
    return [
        f"Taken from that system's defaults: {told} in {', '.join(names)}."
        for told, names in alike.items()
    ]


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
