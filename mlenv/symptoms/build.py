"""Builds from source that miss a Python module, or failed for reasons of their own."""

from __future__ import annotations

from mlenv.symptoms.address import uv_says
from mlenv.symptoms.finding import either, within, words
from mlenv.symptoms.symptom import Rule

_WHEELS = "take a release that has wheels for this machine and Python: {prefer}"
IN_A_BUILD = words(
    r"failed to (?:download and )?build",
    r"the build backend returned an error",
    r"prepare_metadata_for_build",
    r"getting requirements to build",
    r"build_(?:wheel|sdist|editable|meta)",
    r"subprocess-exited-with-error",
    r"setup\.py (?:egg_info|bdist_wheel|install|clean)",
    r"failed building wheel",
    r"pip-build-env-",
    r"builds-v\d",
)
_MODULE = r"no module named ['\"]?(?P<subject>[\w]{1,80}(?:\.[\w]{1,80}){0,6})"

RULES: tuple[Rule, ...] = (
    Rule(
        id="pkg-resources-removed",
        layer="build",
        effect="permanent",
        meaning="the package needs pkg_resources, which setuptools no longer has",
        remedies=(
            (
                "build with an older setuptools: a file with the line `setuptools<81`, named by "
                "UV_BUILD_CONSTRAINT (uv) or PIP_BUILD_CONSTRAINT (pip)"
            ),
            _WHEELS,
        ),
        find=words(r"no module named ['\"]?pkg_resources", r"cannot import name '[\w]{1,60}' from 'pkg_resources"),
    ),
    Rule(
        id="distutils-removed",
        layer="build",
        effect="permanent",
        meaning="the package needs distutils, which Python has no longer since 3.12",
        remedies=("choose an older Python with --python, or a newer release of the package", _WHEELS),
        find=words(r"no module named ['\"]?distutils", r"cannot import name '[\w]{1,60}' from 'distutils"),
    ),
    Rule(
        id="build-needs-installed-module",
        layer="build",
        effect="permanent",
        meaning="a package imports another one while it is built, and does not say that it needs it",
        remedies=(
            "install {subject} first, then this package without isolation: {without-isolation}",
            "with uv also: [tool.uv.extra-build-dependencies] in pyproject.toml",
            _WHEELS,
        ),
        find=within(
            IN_A_BUILD,
            words(
                rf"modulenotfounderror: {_MODULE}",
                rf"importerror: {_MODULE}",
                r"backendunavailable: cannot import '(?P<subject>[\w.]{1,100})",
            ),
        ),
    ),
    Rule(
        id="build-tool-failed",
        layer="build",
        effect="permanent",
        meaning="a package could not be compiled from its source",
        remedies=(_WHEELS, "or read the first error of the compiler above, not the last"),
        find=words(
            r"error: command '(?P<subject>[^'\n]{1,300})' failed with exit (?:code|status)",
            r"ninja: build stopped",
            r"cmake error at ",
            r"make(?:\[\d\])?: \*\*\* ",
            r"(?:^|\n)[^\n]{0,300}: fatal error c\d{4}:",
            r"error: could not compile ['`](?P<subject>[\w-]{1,100})",
            r"meson\.build:\d+:\d+: error",
            r"collect2: error: ",
            r"command '?\[?'(?P<subject>ninja|cmake|make|gcc|g\+\+|nvcc|cl)\b[^\n]{0,1500}returned non-zero",
        ),
    ),
    Rule(
        id="build-failed",
        layer="wrapper",
        effect="permanent",
        meaning="a package has no wheel for this machine and could not be built from its source",
        remedies=(_WHEELS, "or choose another Python with --python: the newest has the fewest wheels"),
        find=either(
            uv_says("build"),
            words(
                r"failed building wheel for (?P<subject>[\w.-]{1,100})",
                r"failed to build ['`]?(?P<subject>[\w.=-]{1,100})",
                r"metadata-generation-failed",
                r"subprocess-exited-with-error",
                r"the build backend returned an error",
                r"failed to build installable wheels",
            ),
        ),
    ),
)
