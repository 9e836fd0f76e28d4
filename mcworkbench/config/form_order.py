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
# Sections that only some kinds of run use, by kind.
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


def idle_sections(kind: str) -> frozenset[str]:
    """Return the sections that an experiment of a kind makes no use of."""
    everything = {section for sections in USED.values() for section in sections}
    return frozenset(everything.difference(USED.get(kind, everything)))
