from __future__ import annotations

import pytest
from checks_cases import write_matrix

from mlenv.matrix.load import Matrix


@pytest.fixture(scope="session")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    return write_matrix(tmp_path_factory.mktemp("matrix"))
