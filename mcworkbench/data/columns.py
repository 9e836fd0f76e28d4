"""A table of numbers in one .npy file: every column an input but the last, which is the target.

The loader is named by the catalogue and called by `decoded`. Nothing in the file can run code.
Shape letters: N = examples, F = inputs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mcworkbench.data.draws import permutation
from mcworkbench.data.raw import Array, RawData
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import file_sha256

if TYPE_CHECKING:
    from mcworkbench.config.options.data import DataOptions
    from mcworkbench.data.raw import Report

_EXPECTED = "expected is one array (N, F + 1) of finite numbers, its last column the target"
_TEST_SHARE = 0.2
# As the TensorFlow port of the reference splits its regression data: a fifth, with seed 1.
_SPLIT_SEED = 1


def load(path: str, options: DataOptions, report: Report) -> RawData:
    """Return the rows of an .npy file, a seeded fifth of them for testing.

    Raises:
        InvalidInputError: the file is absent, damaged, changed since the plan was made, or no
            table of numbers.
    """
    file = Path(path).expanduser()
    where = f"npy:{path}"
    if not path or not file.is_file():
        raise InvalidInputError(f"{where}: there is no such file; {_EXPECTED}.")
    if options.digest and options.digest != file_sha256(file):
        raise InvalidInputError(f"{where}: the file changed after the run was planned; start anew.")
    try:
        table = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InvalidInputError(f"{where}: cannot be read as an .npy file; {_EXPECTED}.") from error
    if (
        not isinstance(table, np.ndarray)
        or table.dtype.kind not in "iuf"
        or table.ndim != 2  # noqa: PLR2004
        or table.shape[1] < 2  # noqa: PLR2004
        or len(table) < 2  # noqa: PLR2004
        or not np.isfinite(table.astype(np.float32)).all()
    ):
        shape = getattr(table, "shape", "none")
        raise InvalidInputError(f"{where}: holds shape {shape}; {_EXPECTED}.")
    report("read", 1, 1)
    return values_of(table)


def values_of(table_NF: Array) -> RawData:
    """Return a table of inputs and one target as a data set, a seeded fifth of it for testing."""
    num = len(table_NF)
    order = permutation(num, _SPLIT_SEED, "columns-test")
    num_test = max(1, round(_TEST_SHARE * num))
    test, train = np.sort(order[:num_test]), np.sort(order[num_test:])
    inputs = table_NF[:, :-1].astype(np.float32)
    targets = table_NF[:, -1:].astype(np.float32)
    return RawData(
        inputs[train],
        targets[train],
        inputs[test],
        targets[test],
        classes=(),
        mean=(0.0,),
        std=(1.0,),
    )
