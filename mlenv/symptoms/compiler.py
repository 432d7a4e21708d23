"""Builds from source that miss a compiler, its parts, or a header."""

from __future__ import annotations

from mlenv.symptoms.finding import words
from mlenv.symptoms.symptom import Rule

_WHEELS = "take a release that has wheels for this machine: {prefer}"
_C_COMPILERS = r"(?:[\w.-]{0,40}-)?(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+)(?:-\d{1,3})?"

RULES: tuple[Rule, ...] = (
    Rule(
        id="python-headers-missing",
        layer="build",
        effect="permanent",
        meaning="a package is built from source and needs the headers of Python (Python.h)",
        remedies=(
            "use a Python of uv, which brings them: `uv python install VERSION`",
            (
                "or, as administrator: `apt install python3-dev` (Debian, Ubuntu), "
                "`dnf install python3-devel` (Fedora, RHEL)"
            ),
            _WHEELS,
        ),
        find=words(
            r"\bpython\.h['\"`]?:? [^\n]{3,120}",
            r"include file: ['\"]?python\.h",
            r"could not find python[^\n]{0,60}(?:development|include_dirs?)",
        ),
    ),
    Rule(
        id="header-missing",
        layer="build",
        effect="permanent",
        meaning="a package is built from source and needs a header of a library that is not here",
        remedies=(
            (
                "install the library's development files ({subject}): `apt-file search {subject}` (Debian, Ubuntu), "
                "`dnf provides '*/{subject}'` (Fedora, RHEL), `brew search` (macOS)"
            ),
            _WHEELS,
        ),
        # gcc's own words are translated, their order is not.
        find=words(
            (
                r":\d{1,6}:\d{1,6}: (?!warning|note)[^:\n]{3,60}: "
                r"'?(?P<subject>[\w./+-]{1,120}\.(?:h|hpp|hh|hxx|cuh|inc))'?"
                r"(?:: | file not found)[^\n]{0,120}"
            ),
            r"\bc1083: [^\n]{3,120}?: ?['\"](?P<subject>[\w./\\+-]{1,120})['\"]",
            r"install a library that provides ['`](?P<subject>[\w./+-]{1,120})['`]",
        ),
    ),
    Rule(
        id="library-missing",
        layer="build",
        effect="permanent",
        meaning="a package is built from source and needs a library that the linker does not find",
        remedies=(
            "install its development files: lib{subject}-dev (Debian, Ubuntu), {subject}-devel (Fedora, RHEL)",
            _WHEELS,
        ),
        find=words(
            r"ld(?:\.[\w]{1,10})?: cannot find -l(?P<subject>[\w+.-]{1,80})",
            r"ld: library '?-?l?(?P<subject>[\w+.-]{1,80})'? not found",
            r"lnk1181: [^\n]{0,60}'(?P<subject>[\w+.-]{1,80})\.lib'",
            r"lnk1104: [^\n]{0,60}'(?P<subject>[\w+.-]{1,80})\.lib'",
        ),
    ),
    Rule(
        id="rust-missing",
        layer="build",
        effect="permanent",
        meaning="a package is built from source and needs Rust",
        remedies=(_WHEELS, "or install Rust: `conda install rust -c conda-forge`, or rustup from rustup.rs"),
        find=words(
            r"can'?t find rust compiler",
            r"cargo, the rust package manager, is not installed",
            r"rust compiler[^\n]{0,40}(?:not found|not installed|is required)",
            r"no such file or directory: '(?:cargo|rustc)'",
            r"(?:cargo|rustc): (?:command )?not found",
        ),
    ),
    Rule(
        id="cmake-missing",
        layer="build",
        effect="permanent",
        meaning="a package is built from source and needs CMake",
        remedies=("`uv pip install cmake` (or pip) in the environment, or of the system", _WHEELS),
        find=words(
            r"cmake must be installed",
            r"cmake: (?:command )?not found",
            r"no such file or directory: ['`]cmake['`]",
            r"could not find cmake\b",
            r"cmake (?:is not installed|executable not found|>=? ?[\d.]{1,8} (?:is )?required)",
            r"cmake \d[\d.]{0,8} or higher is required",
            r"'cmake' is not recognized",
        ),
    ),
    Rule(
        id="cmake-too-new",
        layer="build",
        effect="permanent",
        meaning="CMake here no longer accepts what the package asks for",
        remedies=(
            "CMAKE_POLICY_VERSION_MINIMUM=3.5 for this build",
            "or an older one: `uv pip install 'cmake<4'`",
            _WHEELS,
        ),
        find=words(r"compatibility with cmake < 3\.\d{1,2} has been removed"),
    ),
    Rule(
        id="ninja-missing",
        layer="build",
        effect="permanent",
        meaning="a package is built from source and needs Ninja",
        remedies=("`uv pip install ninja` (or pip) in the environment, or of the system", _WHEELS),
        find=words(
            r"ninja is required to load c\+\+ extensions",
            r"ninja: (?:command )?not found",
            r"no such file or directory: '[^'\n]{0,300}ninja'",
            r"(?:could not|unable to) find (?:ninja|a build program corresponding to \"?ninja)",
            r"could not detect ninja",
            r"unable to find a build program corresponding to \"ninja",
            r"[\\/]ninja' '--version'\s{1,40}failed with",
        ),
    ),
    Rule(
        id="compiler-missing",
        layer="build",
        effect="permanent",
        meaning="a package is built from source, and there is no C or C++ compiler",
        remedies=(
            _WHEELS,
            (
                "or install one, as administrator: `apt install build-essential` (Debian, Ubuntu), "
                "`dnf install gcc gcc-c++` (Fedora, RHEL), `xcode-select --install` (macOS), "
                "`winget install Microsoft.VisualStudio.2022.BuildTools` with the C++ workload (Windows)"
            ),
            "or without administrator: `conda install compilers -c conda-forge`",
        ),
        find=words(
            rf"command '(?P<subject>[^'\n]{{0,200}}{_C_COMPILERS})' failed: no such file",
            rf"unable to execute '(?P<subject>{_C_COMPILERS})'",
            rf"no such file or directory: '(?P<subject>{_C_COMPILERS})'",
            rf"(?:^|[\s:/])(?P<subject>{_C_COMPILERS}): (?:command )?not found",
            r"command '(?P<subject>[\w.+/-]{1,200})' failed: no such file or directory",
            r"microsoft visual c\+\+ [\d.]{1,6} (?:or greater )?is required",
            r"unable to find vcvarsall\.bat",
            r"no cmake_c(?:xx)?_compiler could be found",
            r"cmake_c(?:xx)?_compiler not set",
            r"unknown compiler\(s\): \[\[?",
            r"invalid active developer path",
            r"(?:no acceptable|could not find a) c compiler",
            r"error checking compiler version for cl",
            r"command 'cl\.exe' failed: (?:none|no such file)",
            r"which: no (?:gcc|cc|g\+\+) in",
        ),
    ),
)
