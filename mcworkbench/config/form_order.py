"""Which sections a kind of run uses, and which of their keys come first in a form."""

from __future__ import annotations

# What somebody who only tries things out wants to see, set or not.
MAIN: dict[tuple[str, ...], tuple[str, ...]] = {
    (): ("kind", "title", "seed"),
    ("data",): ("name",),
    ("model",): ("name", "widths", "depth", "batch_norm", "widen", "width"),
    ("ends",): ("seeds", "use"),
    ("train",): ("epochs", "lr", "batch_size"),
    ("curve",): ("name", "bends", "epochs", "lr"),
    ("loss",): ("name",),
    ("evaluate",): ("points",),
    ("path",): ("use",),
    ("fge",): ("epochs", "cycle", "lr", "lr_min", "start_at"),
    ("snapshot",): ("epochs", "cycle", "lr"),
    ("swa",): ("epochs", "average_from", "lr", "swa_lr"),
    ("swag",): ("samples", "scale", "rank"),
    ("ensemble",): ("use", "path", "positions", "soups"),
    ("import",): ("files",),
}
# Sections that only some kinds of run use, by kind; "loss" only where the network reconstructs.
USED = {
    "curve": ("ends", "train", "loss", "curve", "evaluate"),
    "chain": ("ends", "train", "loss", "evaluate"),
    "autoencoder": ("ends", "train", "loss", "curve", "evaluate", "pictures", "latent"),
    "endpoints": ("ends", "train", "loss"),
    "evaluate": ("loss", "evaluate", "path"),
    "fge": ("ends", "train", "fge"),
    "snapshot": ("ends", "train", "snapshot"),
    "swa": ("ends", "train", "swa"),
    "swag": ("ends", "train", "swa", "swag"),
    "ensemble": ("ends", "train", "ensemble"),
    "import": ("import",),
}


def idle_sections(kind: str, *, reconstructs: bool) -> frozenset[str]:
    """Return the sections that an experiment makes no use of.

    Args:
        kind: of the experiment; one that is not known has a use for everything.
        reconstructs: its network reconstructs what it is given, so that its loss can be chosen.
    """
    everything = {section for sections in USED.values() for section in sections}
    used = set(USED.get(kind, everything))
    if kind in USED and not reconstructs:
        used.discard("loss")
    return frozenset(everything - used)
