"""The way in: the ``mlenv`` command and ``python -m mlenv``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; the one question that scripts ask most is answered before it is loaded."""
    if sys.argv[1:] == ["--version"]:
        from mlenv import __version__

        sys.stdout.write(f"mlenv {__version__}\n")
        return
    from mlenv.cli import main as run

    run()


if __name__ == "__main__":
    main()
