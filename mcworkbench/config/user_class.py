"""Where the source of a class or function of the user's own is, and what it is known by.

Sources are found and read, never imported: a plan is made in the interface, which runs no code
of others and loads no torch. Who may run it is said here, too: `permit` is called by processes
whose user gave `--trust`.

Networks, data sets and tasks may be such; the key of a preset that names one is `where` below.
It has no version that could be raised when its numbers change, so its source is part of the
stage's key: the file that defines it, and the files beside it that this imports, directly or
through others. What it imports from elsewhere counts as the environment does: not at all.
"""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, final

from mcworkbench.errors import InvalidInputError, nearest
from mcworkbench.folders import canonical_json, file_sha256
from mcworkbench.text import PROGRAM, clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_FILES = 2000
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_permissions: list[bool] = []


@final
@dataclass(frozen=True, slots=True)
class Source:
    """The source of a class.

    Attributes:
        root: the folder that its top module or package lies in.
        file: the module's file.
        digest: of that file and of what it imports beside it.
    """

    root: Path
    file: Path
    digest: str


def permit() -> None:
    """Let this process run classes of the user's."""
    _permissions.append(True)


def is_code_name(name: str) -> bool:
    """Return whether a name has the form `package.module:attribute`."""
    return _NAME.fullmatch(name) is not None


def require_permission(target: str, where: str = "[model]") -> None:
    """Pass when this process may run code of the user's.

    Raises:
        InvalidInputError: nobody said so.
    """
    if not _permissions:
        raise InvalidInputError(untrusted(target, where))


def untrusted(target: str, where: str = "[model]") -> str:
    """Return the sentence for code that nobody trusted."""
    what = "this network is code" if where == "[model]" else "this is code"
    return (
        f"{where} {clean_line(target)}: {what} that would run with your rights; if "
        f"you know what it does, add --trust, e.g. `{PROGRAM} run PRESET --trust`."
    )


def find_source(target: str, base: Path, key: str = "[model]") -> Source:
    """Return the source of a class or function in `base`, or else among the installed packages.

    Args:
        target: as `package.module:attribute`.
        base: the folder that is looked in first.
        key: of the preset, which names it; for messages.

    Raises:
        InvalidInputError: there is no such module or class, or its source cannot be read.
    """
    where = f"{key} {clean_line(target)}"
    if not is_code_name(target):
        raise InvalidInputError(f"{where}: write PACKAGE.MODULE:NAME, e.g. mine.sets:load.")
    module, _, name = target.partition(":")
    parts = module.split(".")
    for root in _roots(parts[0], base):
        file = _file_of(root, parts)
        if file is not None:
            is_installed = root != base.resolve()
            tree = _tree(file, where)
            _require_class(tree, name, file, where)
            return Source(root, file, _digest(root, file, parts[0] if is_installed else "", where))
    raise InvalidInputError(
        f"{where}: there is no module '{clean_line(module)}' in {clean_line(str(base))} nor among "
        f"the installed packages; stand in the folder of {clean_line(parts[0])}.py, or install it."
    )


def code_digest(target: str, base: Path, key: str = "[data] name") -> str:
    """Return one digest of a name and of its source: a file may hold many functions.

    Raises:
        InvalidInputError: as `find_source`.
    """
    return digest_of(target, find_source(target, base, key))


def digest_of(target: str, source: Source) -> str:
    """Return one digest of a name and of its source."""
    return hashlib.sha256(canonical_json([target, source.digest])).hexdigest()


def _roots(top: str, base: Path) -> Iterator[Path]:
    yield base.resolve()
    elsewhere = [place for place in sys.path if place and Path(place).resolve() != base.resolve()]
    try:
        spec = PathFinder.find_spec(top, elsewhere)
    except (ImportError, ValueError):
        return
    if spec is None:
        return
    places = list(spec.submodule_search_locations or ()) or [spec.origin or ""]
    yield from (Path(place).resolve().parent for place in places if place)


def _file_of(root: Path, parts: list[str]) -> Path | None:
    """Return the file of a module below `root`; a package's is its __init__.py."""
    plain = root.joinpath(*parts)
    for file in (plain / "__init__.py", plain.with_suffix(".py")):
        if file.is_file():
            return file
    return None


def _tree(file: Path, where: str) -> ast.Module:
    try:
        return ast.parse(file.read_bytes())
    except SyntaxError as error:
        raise InvalidInputError(
            f"{where}: {clean_line(file.name)} line {error.lineno}: "
            f"{clean_line(error.msg)}; Python cannot read it."
        ) from error
    except (OSError, ValueError) as error:
        raise InvalidInputError(
            f"{where}: {clean_line(str(file))} cannot be read ({clean_line(str(error))})."
        ) from error


def _require_class(tree: ast.Module, name: str, file: Path, where: str) -> None:
    known: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            known.add(node.name)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            known |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            known.add(node.id)
    if name in known or "*" in known:
        return
    found = (node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef))
    names = sorted(node.name for node in found)
    guess = nearest(name, names)
    hint = f" Did you mean '{guess}'?" if guess else ""
    raise InvalidInputError(
        f"{where}: {clean_line(file.name)} has no '{clean_line(name)}'.{hint} "
        f"It has: {', '.join(names[:12]) or 'none'}."
    )


def _digest(root: Path, file: Path, package: str, where: str) -> str:
    """Return one digest of a file and of those below `root` that it makes Python read.

    Args:
        root: where modules are looked for.
        file: the first.
        package: an installed package, outside of which nothing is followed; '' follows all.
        where: for messages.
    """
    seen: set[Path] = set()
    waiting = [file, *_packages_of(root, file)]
    while waiting:
        one = waiting.pop()
        if one in seen or len(seen) >= _MAX_FILES:
            continue
        seen.add(one)
        for parts in _imports(_tree(one, where), root, one):
            if package and parts[0] != package:
                continue
            found = _file_of(root, parts)
            if found is not None:
                waiting += [found, *_packages_of(root, found)]
    named = sorted((one.relative_to(root).as_posix(), file_sha256(one)) for one in seen)
    return hashlib.sha256(canonical_json([list(pair) for pair in named])).hexdigest()


def _packages_of(root: Path, file: Path) -> list[Path]:
    """Return the __init__.py of every package around a file, which Python runs before it."""
    around = list(file.relative_to(root).parents)[:-1]
    found = [root / folder / "__init__.py" for folder in around]
    return [one for one in found if one.is_file() and one != file]


def _imports(tree: ast.Module, root: Path, file: Path) -> Iterator[list[str]]:
    """Yield every module that a file may import, as the parts of its name."""
    own = list(file.relative_to(root).with_suffix("").parts)
    package = own[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - (node.level - 1)] if node.level else []
            module = [*above, *(node.module.split(".") if node.module else [])]
            if module:
                yield module
            # `from package import module` names a module, too.
            yield from ([*module, alias.name] for alias in node.names)
