"""What is typed differently for each package manager."""

from __future__ import annotations

from mlenv.facts.pattern import lazy

FAMILIES = {"mamba": "conda", "micromamba": "conda"}
"""Managers that are spoken to as another one."""

WAYS: dict[str, dict[str, str]] = {
    "drop": {
        "uv": "`uv cache clean {package}`",
        "pip": "`pip cache purge`",
        "conda": "`conda clean --packages --tarballs --index-cache`",
        "pixi": "`pixi clean cache`",
    },
    "free": {
        "uv": "`uv cache prune`",
        "pip": "`pip cache purge`",
        "conda": "`conda clean --all`",
        "pixi": "`pixi clean cache`",
    },
    "cache": {
        "uv": "UV_CACHE_DIR",
        "pip": "PIP_CACHE_DIR",
        "conda": "CONDA_PKGS_DIRS",
        "pixi": "PIXI_CACHE_DIR",
    },
    "trust": {
        "uv": "SSL_CERT_FILE=FILE, or UV_SYSTEM_CERTS=1 for the certificates of the system",
        "pip": "PIP_CERT=FILE",
        "conda": "a line `ssl_verify: FILE` in .condarc",
        "pixi": "SSL_CERT_FILE=FILE, or `pixi config set --global tls-root-certs native` for those of the system",
    },
    "login": {
        "uv": "`uv auth login HOST`, or a line in ~/.netrc",
        "pip": "a line in ~/.netrc, or the keyring",
        "conda": "a token in the channel's address in .condarc",
        "pixi": "`pixi auth login HOST`",
    },
    "patience": {
        "uv": "UV_HTTP_TIMEOUT=300",
        "pip": "PIP_DEFAULT_TIMEOUT=300",
        "conda": "a line `remote_read_timeout_secs: 300` in .condarc",
        "pixi": "`pixi config set --global concurrency.downloads 4`",
    },
    "prefer": {
        "uv": "`--only-binary :all:`",
        "pip": "`--only-binary :all:`",
        "conda": "a build of conda-forge",
        "pixi": "a build of conda-forge",
    },
    "without-isolation": {
        "uv": "`uv pip install --no-build-isolation`",
        "pip": "`pip install --no-build-isolation`",
        "conda": "`pip install --no-build-isolation`",
        "pixi": "`no-build-isolation` under [pypi-options] in pixi.toml",
    },
}
_PACKAGE = lazy(r"([A-Za-z0-9][A-Za-z0-9._-]{0,100}?)(?:\[[^\]]{0,100}\])?(?:[=<>~!@].{0,200})?$")
_FILE = lazy(r"([A-Za-z0-9][A-Za-z0-9._-]{0,100}?)-v?[0-9]")
_FILES = (".whl", ".gz", ".zip", ".conda", ".bz2", ".tar", ".json", ".xz", ".zst")


def word_remedy(remedy: str, subject: str, manager: str) -> str:
    """A remedy with its braces filled in: for one manager, or for each where ``manager`` is none of them."""
    for way, by_manager in WAYS.items():
        if f"{{{way}}}" in remedy:
            remedy = remedy.replace(f"{{{way}}}", _word_way(by_manager, manager))
    return remedy.replace("{package}", _package(subject)).replace("{subject}", subject)


def _word_way(by_manager: dict[str, str], manager: str) -> str:
    family = FAMILIES.get(manager, manager)
    if family in by_manager:
        return by_manager[family].replace("`conda ", f"`{manager} ")
    return "; ".join(f"{name}: {words}" for name, words in by_manager.items())


def _package(subject: str) -> str:
    """The name of the package that a requirement, file or address is of; the word PACKAGE where it is none."""
    file = subject.endswith(_FILES)
    match = _FILE.match(subject.rpartition("/")[2]) if file else _PACKAGE.match(subject)
    return match[1] if match else "PACKAGE"
