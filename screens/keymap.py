"""The actions that have a name, and which keys of a user's own may stand for them.

`keys.toml` maps names to keys; what cannot be used is told in one sentence each, never dropped
in silence. The table of the documentation is made from the same names.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import TYPE_CHECKING, Any

from textual.binding import Binding, BindingsMap
from textual.keys import Keys

from mcworkbench import screens
from mcworkbench.errors import nearest
from mcworkbench.screens.widgets.hints import key_text
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_FILE = "keys.toml"
_MODIFIERS = ("ctrl", "alt", "shift", "super", "hyper", "meta")
_PUNCTUATION = "!\"#$%&'()*+-./:;<=>?@[\\]^_`{|}~"
_MAX_SHOWN = 40


def classes_with_keys() -> Iterator[type]:
    """Yield every class of the screens that declares bindings; the app is not among them."""
    for found in pkgutil.walk_packages(screens.__path__, f"{screens.__name__}."):
        module = importlib.import_module(found.name)
        for _, member in inspect.getmembers(module, inspect.isclass):
            if member.__module__ == module.__name__ and "BINDINGS" in member.__dict__:
                yield member


def bindings_of(owner: type) -> list[Binding]:
    """Return the bindings that a class itself declares."""
    declared: Any = owner.__dict__.get("BINDINGS", ())
    return [one if isinstance(one, Binding) else Binding(*one) for one in declared]


def checked_keymap(
    given: Mapping[str, str], owners: Iterable[type]
) -> tuple[dict[str, str], list[str]]:
    """Return the keys that can be used as Textual names them, and a sentence for each other.

    Args:
        given: keys by the names of actions, as a user wrote them.
        owners: the classes whose bindings have the names.
    """
    classes = list(owners)
    known = {binding.id for owner in classes for binding in bindings_of(owner) if binding.id}
    keymap: dict[str, str] = {}
    problems: list[str] = []
    for name, written in given.items():
        shown = clean_line(name, limit=_MAX_SHOWN)
        keys = key_names(written)
        if name not in known:
            guess = nearest(shown, known)
            hint = f" Did you mean '{guess}'?" if guess else ""
            problems.append(
                f"{_FILE}: no action is called '{shown}'.{hint} `mcworkbench keys` lists them."
            )
        elif keys is None:
            problems.append(
                f"{_FILE}, {shown}: '{clean_line(written, limit=_MAX_SHOWN)}' is no key; "
                "write one like 'Y', 'f8' or 'ctrl+w'."
            )
        else:
            keymap[name] = ",".join(keys)
    return keymap, [*problems, *_clashes(keymap, classes)]


def key_names(written: str) -> list[str] | None:
    """Return the names of keys written with commas between them, None where one is no key."""
    parts = [written] if written == "," else written.split(",")
    found = [_key_name(part.strip() or part) for part in parts]
    names = [name for name in found if name is not None]
    return names if len(names) == len(found) else None


def _key_name(written: str) -> str | None:
    *before, last = written.split("+") if len(written) > 1 else [written]
    modifiers = [modifier.lower() for modifier in before]
    name = _last_name(last)
    if name is None or not set(modifiers) <= set(_MODIFIERS):
        return None
    if len(name) == 1 and modifiers == ["shift"]:
        return name.upper()
    # A terminal knows no ctrl with a capital letter.
    name = name.lower() if modifiers else name
    return "+".join([*(one for one in _MODIFIERS if one in modifiers), name])


def _last_name(written: str) -> str | None:
    if written in _AS_SHOWN:
        return _AS_SHOWN[written]
    if len(written) == 1:
        return _character_name(written) if written.isprintable() else None
    return written.lower() if written.lower() in _NAMES else None


def _character_name(character: str) -> str:
    """Return what Textual calls a character: "Y", "question_mark"."""
    return "comma" if character == "," else next(
        iter(BindingsMap([Binding(character, "")]).key_to_bindings)
    )  # fmt: skip


_NAMES = frozenset(
    [*(key.value.rpartition("+")[2] for key in Keys), *map(_character_name, _PUNCTUATION)]
)
# A key may be written as the hints and the documentation show it, too.
_AS_SHOWN = {key_text(name): name for name in sorted(_NAMES)}


def _clashes(keymap: Mapping[str, str], classes: Iterable[type]) -> Iterator[str]:
    """Yield a sentence for each key that was given to one action and is another's beside it."""
    told: set[tuple[str, str, str]] = set()
    for owner in classes:
        held: dict[str, str] = {}
        for binding in (one for base in owner.__mro__ for one in bindings_of(base)):
            name = binding.id or ""
            keys = key_names(keymap.get(name, binding.key)) or []
            for key in keys:
                other = held.setdefault(key, name)
                first, second = sorted((other, name))
                is_new = (key, first, second) not in told
                if other != name and {first, second} & set(keymap) and is_new:
                    told.add((key, first, second))
                    yield (
                        f"{_FILE}: '{key_text(key)}' stands for {first or 'another action'} and "
                        f"{second}; give one of them another key."
                    )
