#!/usr/bin/env python3
"""Refresh ``compat_matrix/`` of this checkout from its public sources: a thin caller of mlenv.

refresh_matrix.py            shows what differs
refresh_matrix.py --check    and exits with status 1 where something does
refresh_matrix.py --write    writes it, in canonical form, after checking it
"""

from __future__ import annotations

import sys
from pathlib import Path

from mlenv.__main__ import main

DATA = Path(__file__).resolve().parent.parent / "compat_matrix"

if __name__ == "__main__":
    sys.argv = ["mlenv", "matrix", "update", "--into", str(DATA), *sys.argv[1:]]
    main()
