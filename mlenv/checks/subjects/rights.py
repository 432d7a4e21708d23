"""Who may write where: system Pythons and folders of others."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import quote
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.messages import present, value
from mlenv.checks.registry import Case, Skip, check
from mlenv.clues.clue import Clue
from mlenv.facts.pattern import lazy
from mlenv.matrix.load import Matrix

_PACKAGES = (
    "site-packages", "dist-packages", "anaconda", "miniconda", "miniforge", "mambaforge", "conda-meta", "/opt/conda",
    "/lib/python2", "/lib/python3", "/lib64/python", "/venv/", "/.venv/", "\\venv\\", "\\.venv\\", "\\scripts\\",
    "program files\\python",
)  # fmt: skip
# Folders of the system: of packages only where an installer wrote there.
_SYSTEM = ("/usr/", "/opt/", "program files", "programdata", "\\lib\\")
_OTHER_PACKAGES = ("node_modules", "/gems/", "/perl5/")
# A folder called cache, or by the name of one that keeps models; `cached_results` is none.
_CACHE = lazy(
    r"(?i)[\\/](?:\.?(?:[\w.-]*[-_.])?caches?|\.?huggingface[\w-]*|\.keras|\.triton|\.nv|\.torch|torch[\\/]hub"
    r"|\.?matplotlib(?:-\w+)?|nltk_data|\.u2net|\.insightface|\.paddle\w*)(?:[\\/]|$)"
)
_SERVERS = lazy(r"(?i)^/var/cache/|nginx|squid|varnish|apache")


@check("permission-denied-install", subject="environment")
def permission_denied_install(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A folder of packages that this user may not write to."""
    clue = find_denied_install(case)
    if clue is None:
        raise Skip("no message is about rights in a folder of packages")
    windows = case.machine.os.family == "windows"
    yield Finding(
        id="permission-denied-install",
        severity="error",
        title="This user may not install there",
        cause=f"The packages belong into {value(clue, 'path') or 'a folder'}, where this user may not write, "
        "since it is the system's, another user's, or in use.",
        evidence=quote(clue),
        fix=(
            Fix(text="Make an environment of your own and install into it", command="python -m venv .venv"),
            Fix(text="Or let mlenv make one", command="mlenv install --profile pytorch"),
            Fix(
                text="Where the environment is yours: end the programs that use it"
                + (", such as notebooks and editors" if windows else ", and give back what root made there"),
                command=None if windows else 'sudo chown -R "$USER" FOLDER',
            ),
        ),
        grade="named",
        explains=present(case, "permission-denied", "install-rights-hint"),
    )


def find_denied_install(case: Case) -> Clue | None:
    """The message that names a folder of packages, or that an installer wrote."""
    denied = case.clues_of("permission-denied")
    installing = case.clue("installing") is not None
    placed = [clue for clue in denied if _is_of_packages(value(clue, "path"), installing=installing)]
    if placed:
        return placed[0]
    hint = case.clue("install-rights-hint")
    if hint is not None:
        return denied[0] if denied else hint
    writing = [
        clue
        for clue in denied
        if "environmentnotwritable" in clue.line.lower() or "environment location" in clue.line.lower()
    ]
    if writing:
        return writing[0]
    bare = [clue for clue in denied if not value(clue, "path")]
    return bare[0] if bare and installing else None


def _is_of_packages(path: str, *, installing: bool) -> bool:
    """Whether a path is of a folder of Python's packages; one of the system counts while something is installed."""
    lowered = path.lower()
    if is_cache(path) or any(part in lowered for part in _OTHER_PACKAGES):
        return False
    return any(part in lowered for part in (*_PACKAGES, *(_SYSTEM if installing else ())))


def is_cache(path: str) -> bool:
    """Whether a path is of a cache, or of models that a framework keeps."""
    if "site-packages" in path.lower() or _SERVERS.search(path):
        return False
    return _CACHE.search(path) is not None
