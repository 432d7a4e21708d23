"""Why rattler's solver finds nothing."""

from __future__ import annotations

import pytest

from mlenv.formats.rattler_conflict import RattlerConflict, parse_rattler_conflict

HEAD = "Cannot solve the request because of: "
DRIVER = """The following packages are incompatible
├─ __cuda * can be installed with any of the following options:
│  └─ __cuda 12.4
└─ cuda-version 13.0.* cannot be installed because there are no viable options:
   └─ cuda-version 13.0 would constrain
      └─ __cuda >=13, which conflicts with any installable versions previously reported"""
PYTHON = """jaxlib * *cuda* cannot be installed because there are no viable options:
└─ jaxlib 0.9.2 would require
   └─ python >=3.12,<3.13.0a0, for which no candidates were found."""


@pytest.mark.parametrize(
    ("text", "names", "roots", "missing"),
    [
        pytest.param(DRIVER, ("__cuda", "cuda-version"), ("__cuda", "cuda-version"), (), id="two-that-clash"),
        pytest.param(PYTHON, ("jaxlib", "python"), ("jaxlib",), (), id="one-that-has-no-options"),
        pytest.param(
            "No candidates were found for pytorch >=3.", ("pytorch",), ("pytorch",), ("pytorch >=3",), id="no-version"
        ),
        pytest.param(
            "No candidates were found for nothing-here *.",
            ("nothing-here",),
            ("nothing-here",),
            ("nothing-here *",),
            id="no-package",
        ),
    ],
)
def test_conflict(text: str, names: tuple[str, ...], roots: tuple[str, ...], missing: tuple[str, ...]) -> None:
    expected = RattlerConflict(text=text, names=names, roots=roots, missing=missing)
    assert expected == parse_rattler_conflict(f"{HEAD}{text}\n")


def test_an_empty_text_names_nothing() -> None:
    assert RattlerConflict(text="") == parse_rattler_conflict("")
