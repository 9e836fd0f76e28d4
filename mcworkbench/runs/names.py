"""The names that become parts of paths, and the only ones that may.

Run ids and stage keys are made by us; free text is a label and never reaches a path. Every
folder class calls these checks first, so a hostile name is refused before any system call.
"""

from __future__ import annotations

import base64
import re
import secrets
import time

from mcworkbench.errors import InvalidInputError
from mcworkbench.text import clean_line

_RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{7,63}", re.ASCII)
_STAGE_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]{0,127}", re.ASCII)
_RANDOM_BYTES = 4
_NUM_RANDOM = 6


def is_run_id(name: str) -> bool:
    """Return whether `name` can be the id of a run."""
    return _RUN_ID.fullmatch(name) is not None


def is_stage_key(name: str) -> bool:
    """Return whether `name` can be the key of a stage: 64 hex digits."""
    return _STAGE_KEY.fullmatch(name) is not None


def is_file_name(name: str) -> bool:
    """Return whether `name` can be a file of ours: one part, no separator, no leading dot."""
    return _FILE_NAME.fullmatch(name) is not None


def check_run_id(name: str) -> str:
    """Return `name`.

    Raises:
        InvalidInputError: it is not the id of a run.
    """
    if not is_run_id(name):
        raise InvalidInputError(
            f"'{clean_line(name, limit=80)}' is not a run id: ids are 8 to 64 of a-z, 0-9 and "
            "'-'; `mcworkbench list` shows them."
        )
    return name


def check_stage_key(name: str) -> str:
    """Return `name`.

    Raises:
        InvalidInputError: it is not the key of a stage.
    """
    if not is_stage_key(name):
        raise InvalidInputError(
            f"'{clean_line(name, limit=80)}' is not a stage key: keys are 64 hex digits; "
            "`mcworkbench show RUN` lists them."
        )
    return name


def check_file_name(name: str) -> str:
    """Return `name`.

    Raises:
        InvalidInputError: it could leave its folder or hide in it.
    """
    if not is_file_name(name):
        raise InvalidInputError(
            f"'{clean_line(name, limit=80)}' is not a file name of a run: use letters, digits, "
            "'.', '_', '@' and '-', not starting with a dot."
        )
    return name


def new_run_id(kind: str) -> str:
    """Return a fresh id, yyyymmdd-hhmmss-<kind>-<6 base32>, in local time."""
    token = base64.b32encode(secrets.token_bytes(_RANDOM_BYTES)).decode().lower()[:_NUM_RANDOM]
    return check_run_id(f"{time.strftime('%Y%m%d-%H%M%S')}-{kind}-{token}")
