from __future__ import annotations

import pytest

from mlenv.matrix.load import Matrix
from tests.unit.checks.checks_cases import FOLDER


@pytest.fixture(scope="session")
def matrix() -> Matrix:
    return Matrix(FOLDER)
