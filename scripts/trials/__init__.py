"""The rooms of ``scripts/faults.py``: one for each kind of misfortune that an installation may meet."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:  # the stands live with the tests
    sys.path.append(str(ROOT))
