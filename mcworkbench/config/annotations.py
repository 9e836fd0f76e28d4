"""What the annotation of an options field allows, in the words of forms and documentation.

Used by `config.fields` alone.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args, get_origin

Kind: TypeAlias = Literal["integer", "number", "text", "true/false", "choice", "list", "table"]
PLAIN: dict[type, Kind] = {int: "integer", float: "number", str: "text", bool: "true/false"}


def described(annotation: Any) -> tuple[list[Kind], list[str], list[str]]:
    """Return what a field may be: its kinds, the same in words, and its choices."""
    kinds: list[Kind] = []
    words: list[str] = []
    choices: list[str] = []
    for kind in _members(annotation):
        if get_origin(kind) is Literal:
            choices += map(str, get_args(kind))
            is_text = isinstance(get_args(kind)[0], str)
            words += [f'"{choice}"' if is_text else str(choice) for choice in get_args(kind)]
            kinds.append("choice" if is_text else "integer")
        elif kind is not type(None):
            is_list = tuple in {kind, get_origin(kind)}
            plain: Kind = "list" if is_list else PLAIN.get(kind, "table")
            kinds.append(plain)
            words.append(plain)
    return kinds, words, choices


def item_kind(annotation: Any) -> Kind:
    """Return the kind of a list's items, "text" where it is no list."""
    for kind in _members(annotation):
        if get_origin(kind) is tuple:
            return PLAIN.get(_members(get_args(kind)[0])[0], "text")
    return "text"


def _members(annotation: Any) -> list[Any]:
    if get_origin(annotation) in {Literal, tuple, dict} or not get_args(annotation):
        return [annotation]
    if hasattr(annotation, "__metadata__"):
        return _members(get_args(annotation)[0])
    return [member for part in get_args(annotation) for member in _members(part)]


def limits_in_words(metadata: list[Any]) -> str:
    """Return the range of a number: "0 to 64", or ''."""
    found = {
        word: getattr(one, word)
        for one in metadata
        for word in ("ge", "gt", "le", "lt")
        if getattr(one, word, None) is not None
    }
    if set(found) == {"ge", "le"}:
        return f"{found['ge']:,} to {found['le']:,}"
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    shown = [f"{words[word]} {limit:,}" for word, limit in found.items() if limit != 2**31]
    return ", ".join(shown)
