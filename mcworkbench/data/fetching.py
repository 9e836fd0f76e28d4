"""Fetch a published file once, check it against its published checksum, unpack it.

Used by the modules of published data sets. A file that was put in its place by hand is used as
it is where its checksum is right; nothing is fetched but what a run, or `data get`, asks for.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import tarfile
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from mcworkbench import folders
from mcworkbench.config.stored_data import downloads_folder
from mcworkbench.errors import WorkbenchError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from mcworkbench.data.raw import Report

_CHUNK_BYTES = 1 << 20
_TIMEOUT_S = 30
_NETWORK_ERRORS = (
    urllib.error.URLError,
    http.client.HTTPException,
    TimeoutError,
    ConnectionError,
    ValueError,
)


def downloads_root() -> Path:
    """Return the folder of downloaded files, in torchvision's layout."""
    return downloads_folder()


def stored(target: Path, md5: str, urls: list[str], report: Report, needed: Sequence[str]) -> Path:
    """Return `target`, fetched unless it is there with the right bytes; see `fetch`."""
    if not target.is_file() or md5_of(target) != md5:
        folders.make_private(target.parent)
        fetch(target, md5, urls, report, needed)
    return target


def fetch(target: Path, md5: str, urls: list[str], report: Report, needed: Sequence[str]) -> None:
    """Download `target` from the first address that gives the right bytes.

    Args:
        target: where it goes, whole or not at all.
        md5: its published checksum.
        urls: addresses in the order they are tried.
        report: told how much has arrived; may raise to abort.
        needed: names of the files that somebody without a network would put there.

    Raises:
        WorkbenchError: no address gives those bytes; the sentence says where files can be put.
    """
    reason = "no address"
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        for url in urls:
            try:
                digest = _read_url(url, aside, report)
            except _NETWORK_ERRORS as error:
                reason = str(getattr(error, "reason", "") or error) or type(error).__name__
                continue
            except OSError as error:
                raise folders.storage_error(target, error) from error
            if digest == md5:
                aside.replace(target)
                folders.sync_folder(target.parent)
                return
            reason = "the bytes differ from the published checksum"
    finally:
        aside.unlink(missing_ok=True)
    raise WorkbenchError(
        f"{target.name} could not be downloaded ({reason}); without a network, put "
        f"{', '.join(needed)} into {target.parent}."
    )


def _read_url(url: str, aside: Path, report: Report) -> str:
    """Write what an address gives to a file, never all of it in memory; returns its MD5."""
    request = urllib.request.Request(url, headers={"User-Agent": "mcworkbench"})
    digest = hashlib.md5(usedforsecurity=False)
    done = 0
    with (
        urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response,
        aside.open("wb") as written,
    ):
        total = int(response.headers.get("Content-Length") or 0)
        while part := response.read(_CHUNK_BYTES):
            written.write(part)
            digest.update(part)
            done += len(part)
            report("download", done, max(done, total))
        written.flush()
        os.fsync(written.fileno())
    return digest.hexdigest()


def unpack_archive(
    archive: Path, root: Path, base_folder: str, skipped: Collection[str] = ()
) -> None:
    """Unpack `base_folder` of a tar archive into `root`, whole or not at all.

    Args:
        archive: the file.
        root: where the folder goes; one of that name is replaced.
        base_folder: the only folder that is taken.
        skipped: members that nobody here needs, by name inside the folder.
    """
    scratch = folders.scratch_folder(root)
    target = root / base_folder
    left_out = {f"{base_folder}/{name}" for name in skipped}
    try:
        with tarfile.open(archive) as opened:
            wanted = [one for one in opened if one.name.removeprefix("./") not in left_out]
            opened.extractall(scratch, wanted, filter="data")
        if target.exists():
            folders.remove_quietly(target)
        (scratch / base_folder).rename(target)
    except OSError as error:
        raise folders.storage_error(target, error) from error
    finally:
        folders.remove_quietly(scratch)


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of bytes, as hex digits."""
    return hashlib.sha256(content).hexdigest()


def md5_of(file: Path) -> str:
    """Return the MD5 of a file, as published checksums are."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
