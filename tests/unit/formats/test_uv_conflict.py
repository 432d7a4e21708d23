"""uv's explanations and failures, as its releases 0.9 to 0.13 word them."""

from __future__ import annotations

import pytest

from mlenv.formats.uv_annotations import parse_uv_annotations
from mlenv.formats.uv_conflict import Mention, UvConflict, parse_uv_conflict
from mlenv.formats.uv_failure import parse_uv_failure

OLD = """\
  × No solution found when resolving dependencies:
  ╰─▶ Because tensorflow==2.16.1 depends on numpy>=1.26.0,<2.0.0 and
      mlenv-environment depends on tensorflow==2.16.1, we can conclude that
      mlenv-environment depends on numpy>=1.26.0,<2.0.0.
      And because mlenv-environment depends on numpy==2.1.0, we can conclude
      that your requirements are unsatisfiable.
"""
NEW = """\
error: No solution found when resolving dependencies
  cause: Because tensorflow==2.16.1 depends on numpy>=1.26.0,<2.0.0 and mlenv-environment depends on \
tensorflow==2.16.1, we can conclude that mlenv-environment depends on numpy>=1.26.0,<2.0.0.
         And because mlenv-environment depends on numpy==2.1.0, we can conclude that your requirements are \
unsatisfiable.
"""
TYPER = """\
  × No solution found when resolving dependencies:
  ╰─▶ Because typer-slim[standard]==0.12.0 depends on rich>=10.11.0 and
      typer==0.12.0 depends on typer-slim[standard]==0.12.0, we can conclude
      that typer==0.12.0 depends on rich>=10.11.0.
      And because only the following versions of typer are available:
          typer<=0.12.0
          typer==0.12.1
          typer==0.12.2
          typer==0.12.3
          typer==0.12.4
          typer==0.12.5
          typer==0.13.0
      and typer>=0.12.1,<=0.23.1 depends on rich>=10.11.0, we can conclude
      that typer>=0.12.0,<0.23.2 depends on rich>=10.11.0.
      And because mlenv-environment depends on rich<10 and typer>=0.12, we can
      conclude that your requirements are unsatisfiable.

      hint: Pre-releases are available for `typer` in the requested
      range (e.g., 0.12.1.dev2), but pre-releases weren't enabled (try:
      `--prerelease=allow`)
"""


def conflict(text: str) -> UvConflict:
    found = parse_uv_conflict(text)
    assert found is not None
    return found


def said(cause: str) -> str:
    return f"error: No solution found when resolving dependencies\n  cause: {cause}\n"


def test_old_and_new_frames_say_the_same() -> None:
    assert conflict(OLD) == conflict(NEW)


def test_packages_versions_and_ranges() -> None:
    expected = (
        Mention(name="tensorflow", condition="==2.16.1"),
        Mention(name="numpy", condition=">=1.26.0,<2.0.0"),
        Mention(name="numpy", condition="==2.1.0"),
    )
    assert expected == conflict(NEW).mentions


def test_the_text_is_one_line_in_plain_words() -> None:
    text = conflict(OLD).text
    assert text.startswith("Because tensorflow==2.16.1 depends on numpy>=1.26.0,<2.0.0 and the request asks for")
    assert text.endswith("because the request asks for numpy==2.1.0, we can conclude that the request cannot be met.")
    assert "\n" not in text


def test_a_long_list_of_versions_is_shortened_and_hints_are_apart() -> None:
    found = conflict(TYPER)
    assert "typer<=0.12.0 ... typer==0.13.0 and typer>=0.12.1" in found.text
    assert {"typer", "typer-slim", "rich"} == found.names
    (hint,) = found.hints
    assert hint.startswith("Pre-releases are available for `typer`")


@pytest.mark.parametrize(
    ("cause", "names"),
    [
        ("Because there is no version of jax==0.99 and mlenv-environment depends on jax==0.99, we", {"jax"}),
        ("Because scikit-lern was not found in the package registry and mlenv-environment depends on", {"scikit-lern"}),
        ("Because all versions of pydotplus have no usable wheels and causalml==0.15.5 depends on pydotplus, we can",
         {"pydotplus", "causalml"}),
        ("Because ray==2.1 depends on attrs and all of: ray==2.1 ray==2.2 depend on Redis_py<4, we can",
         {"ray", "attrs", "redis-py"}),
        ("Because all versions of lower depend on upper<2 and the", {"lower", "upper"}),
        ("Because all versions of lower depend on upper and mlenv-environment depends on", {"lower", "upper"}),
        ("Because a{python_full_version < '3.13'}==1 depends on b{sys_platform == 'linux'}>2, we can", {"a", "b"}),
    ],
)  # fmt: skip
def test_names(cause: str, names: set[str]) -> None:
    assert names == conflict(said(cause)).names


def test_what_is_not_there_is_told_apart() -> None:
    assert ("scikit-lern",) == conflict(said("Because scikit-lern was not found in the package registry")).not_found
    assert ("jax",) == conflict(said("Because there is no version of jax==0.99 and x depends")).missing
    none = conflict(said("Because all versions of pydotplus have no usable wheels and causalml==0.1 depends on"))
    assert (("pydotplus",), ()) == (none.without_wheels, none.other_tags)
    listed = conflict(said("Because all of: pyfarmhash==0.2.2 pyfarmhash==0.3.2 have no usable wheels and x==1"))
    assert ("pyfarmhash",) == listed.without_wheels
    tags = conflict(said("Because tensorflow==2.10.0 has no wheels with a matching Python ABI tag (e.g., `cp312`)"))
    assert (("tensorflow",), ()) == (tags.other_tags, tags.without_wheels)


def test_the_python_takes_part() -> None:
    cause = "Because the requested Python version (>=3.10) does not satisfy Python>=3.12 and jax==0.12.0.1 depends on"
    found = conflict(said(f"{cause} Python>=3.12, we can conclude that jax==0.12.0.1 cannot be used."))
    assert found.python
    assert {"jax"} == found.names


def test_another_root() -> None:
    assert {"b"} == conflict(said("Because mlenv-environment depends on b>1, we")).names
    found = parse_uv_conflict(said("Because my-project depends on b>1, we"), "my_project")
    assert found is not None
    assert {"b"} == found.names - {"my-project"}


@pytest.mark.parametrize("text", ["", "Resolved 79 packages in 1.01s", "error: Failed to fetch: `x`"])
def test_no_conflict(text: str) -> None:
    assert parse_uv_conflict(text) is None


SENT = """\
error: Request failed after 3 retries in 8.7s
  cause: Failed to fetch: https://index.example/simple/torch/
  cause: error sending request for url (https://index.example/simple/torch/)
  cause: client error (Connect)
  cause: dns error
"""


@pytest.mark.parametrize(
    ("text", "kind", "subject"),
    [
        (SENT, "unreachable", "https://index.example/simple/torch/"),
        ("error: Request failed after 3 retries\n  Caused by: Failed to fetch: `https://index.example/simple/torch/`\n",
         "unreachable", "https://index.example/simple/torch/"),
        ("error: Missing `Content-Type` header for https://index.example/simple/torch/\n",
         "unreachable", "https://index.example/simple/torch/"),
        (NEW + "\nhint: An index URL (https://index.example/simple) could not be queried due to a lack of valid "
         "authentication credentials (401 Unauthorized)", "refused", "https://index.example/simple"),
        (NEW + "\nhint: An index (https://index.example/simple) returned a 403 Forbidden error. Check that",
         "refused", "https://index.example/simple"),
        (OLD + "      hint: Packages were unavailable because the network was disabled. When\n      the",
         "offline", ""),
        ("error: Failed to build `pyfarmhash==0.3.2`\n  cause: The build backend returned an error\n",
         "build", "pyfarmhash==0.3.2"),
        ("  × Failed to download and build `h5py==2.10.0`\n  ├─▶ The build backend returned an error\n",
         "build", "h5py==2.10.0"),
        ("  × Failed to download `torch==2.0`\n  ╰─▶ Hash mismatch for `torch==2.0`\n", "hash", "torch"),
        ("error: No interpreter found for Python 3.99 in managed installations or search path",
         "python", "No interpreter found for Python 3.99 in managed installations or search path"),
        ("error: something new", "other", ""),
        ("", "other", ""),
    ],
)  # fmt: skip
def test_failures_are_told_apart(text: str, kind: str, subject: str) -> None:
    failure = parse_uv_failure(text)
    assert (kind, subject) == (failure.kind, failure.subject)


def test_the_words_of_a_failure_are_one_line() -> None:
    text = "warning: `x` is old\nerror: Request failed\n  cause: Failed to fetch: https://a.example/\n"
    assert "Request failed: Failed to fetch: https://a.example/" == parse_uv_failure(text).text


def test_annotations() -> None:
    text = (
        "filelock==4.2.11          # via torch, -r requirements.in\n"
        "Jinja2==3.1.6 # via torch[opt-einsum]\n"
        "torch==2.13.0+cpu         # via mlenv-environment (folder/pyproject.toml)\n"
        "typing-extensions @ https://a.example/t.whl  # via torch\n"
        "# a comment\n"
    )
    expected = {
        "filelock": ("torch", "-r requirements-in"),
        "jinja2": ("torch",),
        "torch": ("mlenv-environment",),
        "typing-extensions": ("torch",),
    }
    assert expected == parse_uv_annotations(text)
