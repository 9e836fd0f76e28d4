"""The command `mcworkbench`, and `python -m mcworkbench`.

Answers `--version` from the package alone; everything else is imported only when asked for.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if sys.argv[1:] == ["--version"]:
        from mcworkbench import __version__

        sys.stdout.write(f"mcworkbench {__version__}\n")
        sys.exit(0)
    from mcworkbench.cli.entry import enter

    sys.exit(enter(sys.argv[1:]))


if __name__ == "__main__":
    main()
