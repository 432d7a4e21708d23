"""Why an installer found nothing that fits: the fact that decides between Python, platform and C library."""

from __future__ import annotations

import datetime as dt

import msgspec

from mlenv.checks.finding import Grade
from mlenv.checks.interpreters import AskedPython, asked_python
from mlenv.checks.messages import REFUSALS, value
from mlenv.checks.registry import Case
from mlenv.checks.situation import is_apple_silicon
from mlenv.checks.wheel_tag import Tag, read_tag
from mlenv.checks.wording import all_words
from mlenv.clues.clue import Clue
from mlenv.facts.pattern import lazy
from mlenv.facts.version import at_least, numbers, series
from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Framework, Release

# Packages that come as source or for every processor: their absence has other reasons.
WITH_32_BIT = ("numpy", "scipy", "pandas", "matplotlib", "pillow", "scikit-learn", "onnxruntime", "opencv-python")
_ALIASES = {"jaxlib": "jax", "pytorch": "torch", "tensorflow-intel": "tensorflow", "tensorflow-macos": "tensorflow"}
# Linux and Windows only.
_NO_MAC = ("nvidia-", "triton", "flash-attn", "xformers-cuda", "jax-cuda", "onnxruntime-gpu", "bitsandbytes-cuda")
YOUNG = dt.timedelta(days=300)
"""Frameworks follow a new series of Python within some months; TensorFlow took ten for 3.13."""
# Series of Python that ended before the matrix begins, and the last day of their support (PEPs 373 to 537).
_ENDED = {
    "2.7": dt.date(2020, 1, 1),
    "3.4": dt.date(2019, 3, 18),
    "3.5": dt.date(2020, 9, 30),
    "3.6": dt.date(2021, 12, 23),
    "3.7": dt.date(2023, 6, 27),
}
_LISTED = lazy(r"\d[\w.!+-]{0,40}")


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """What an installer refused: the package, the version where one was asked for, and what it was offered.

    ``offered`` are the versions that fit the machine, None where the message does not list them.
    """

    clue: Clue
    package: str = ""
    version: str = ""
    offered: tuple[str, ...] | None = None
    tags: tuple[Tag, ...] = ()
    here: tuple[Tag, ...] = ()


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The cause of a refusal: the id of its finding, how it is known, and the reason in one clause."""

    slug: str
    grade: Grade
    reason: str


def find_refusal(case: Case) -> Refusal | None:
    """The refusal that a report tells of, put together from all of its messages."""
    clues = [clue for slug in REFUSALS for clue in case.clues_of(slug)]
    if not clues:
        return None
    told = [clue for clue in clues if clue.told] or clues
    main = told[0]
    file = next((read_tag(name) for clue in clues if (name := value(clue, "file"))), None)
    package = value(main, "package") or next((name for clue in clues if (name := value(clue, "package"))), "")
    return Refusal(
        clue=main,
        package=(file.package if file and not package else package).lower().replace("_", "-").replace(".", "-"),
        version=_version(case, clues, package) or (file.version if file else ""),
        offered=_offered(clues),
        tags=tuple(_tags(clues, "tags")) + ((file,) if file else ()),
        here=tuple(_tags(clues, "tag", "here")),
    )


def _version(case: Case, clues: list[Clue], package: str) -> str:
    named = next((text for clue in clues if (text := value(clue, "version")) and value(clue, "package") == package), "")
    if named or case.report is None:
        return named.rstrip(".*") if named[:1].isdigit() else ""
    asked = (row.version for row in case.report.wanted if row.name == package.lower().replace("_", "-"))
    return next((text.lstrip("=") for text in asked if text), "")


def _offered(clues: list[Clue]) -> tuple[str, ...] | None:
    listed = next((text for clue in clues if (text := value(clue, "offered"))), None)
    if listed is None:
        return None
    return () if listed.strip().lower() == "none" else tuple(_LISTED.findall(listed))


def _tags(clues: list[Clue], *names: str) -> list[Tag]:
    found = (value(clue, name) for clue in clues for name in names)
    return [
        tag
        for text in found
        if text
        for word in text.replace(",", " ").split()
        if (tag := read_tag(word.strip("'`().:")))
    ]


def judge(case: Case, matrix: Matrix, refusal: Refusal) -> Verdict | None:
    """The fact that decides; None where the report has none that does."""
    python = asked_python(case)
    for rule in (
        _by_requirement,
        _by_tags,
        _by_c_library,
        _by_word_size,
        _by_platform,
        _by_thread,
        _by_python,
        _by_floor,
    ):
        verdict = rule(case, matrix, refusal, python)
        if verdict is not None:
            return verdict
    return None


# ---------------------------------------------------------------- what the message itself names


def _by_requirement(_case: Case, _matrix: Matrix, refusal: Refusal, _python: AskedPython) -> Verdict | None:
    """``3.8.10 not in '>=3.9'``: the project's own statement."""
    here, wanted = value(refusal.clue, "python"), value(refusal.clue, "range")
    if not here or not wanted:
        return None
    floors = [part.strip(" >=") for part in wanted.split(",") if part.strip().startswith(">")]
    old = any(not at_least(here, floor) for floor in floors)
    bounds = f"it states Python {wanted}, and Python {here} runs here"
    return Verdict(slug="python-too-old" if old else "python-too-new", grade="named", reason=bounds)


def _by_tags(case: Case, _matrix: Matrix, refusal: Refusal, python: AskedPython) -> Verdict | None:
    """What the wheels are for, and what is here."""
    if is_apple_silicon(case) and any(tag.system == "macos" and tag.processor == "x86_64" for tag in refusal.here):
        return Verdict(
            slug="rosetta-x86-python", grade="shown", reason="the Python is one for Intel on Apple's processor"
        )
    for tag in refusal.here:
        verdict = _of_tag(tag, refusal)
        if verdict is not None:
            return verdict
    return _of_file(case, refusal, python)


def _of_tag(tag: Tag, refusal: Refusal) -> Verdict | None:
    if tag.free_threaded:
        return Verdict(slug="python-free-threaded-no-wheel", grade="named", reason=f"no wheel is for {tag.text}")
    if tag.libc == "musl":
        return Verdict(slug="musl-no-wheel", grade="named", reason=f"no wheel is for {tag.text}")
    if tag.processor == "x86":
        return Verdict(slug="python-32bit", grade="named", reason=f"no wheel is for {tag.text}")
    if tag.system == "macos" and tag.processor == "x86_64" and _no_tag(refusal, "macos", "x86_64"):
        return Verdict(slug="macos-x86-no-wheel", grade="named", reason=f"no wheel is for {tag.text}")
    if tag.processor == "aarch64" and tag.system != "macos" and _no_tag(refusal, tag.system, "aarch64"):
        return Verdict(slug="arm-no-wheel", grade="named", reason=f"no wheel is for {tag.text}")
    if tag.python and refusal.tags:
        listed = [other.python for other in refusal.tags if other.python]
        if listed and tag.python not in listed:
            newer = all(numbers(tag.python) > numbers(other) for other in listed)
            slug = "python-too-new" if newer else "python-too-old"
            return Verdict(
                slug=slug, grade="named", reason=f"the wheels are for Python {', '.join(dict.fromkeys(listed))}"
            )
    return None


def _no_tag(refusal: Refusal, system: str, processor: str) -> bool:
    """Whether the wheels that are named are for others, as far as any are."""
    return not any(tag.system == system and tag.processor in (processor, "any") for tag in refusal.tags)


def _of_file(case: Case, refusal: Refusal, python: AskedPython) -> Verdict | None:
    """A wheel that was named by its file, held against the machine."""
    files = [tag for tag in refusal.tags if tag.package]
    if not files:
        return None
    tag, machine = files[0], case.machine
    if tag.system == "linux" and tag.libc == "glibc" and _is_musl(case):
        return Verdict(slug="musl-no-wheel", grade="shown", reason="the file is for glibc, and this system has musl")
    if tag.processor == "x86_64" and python.bits == 32:
        return Verdict(slug="python-32bit", grade="shown", reason="the file is for 64 bits, and this Python has 32")
    libc = machine.os.libc
    if tag.glibc and libc and libc.family == "glibc" and not at_least(libc.version, tag.glibc):
        reason = f"the file asks for glibc {tag.glibc}, and this system has {libc.version}"
        return Verdict(slug="glibc-too-old", grade="shown", reason=reason)
    if (
        tag.system == "macos"
        and is_apple_silicon(case)
        and tag.processor == "aarch64"
        and python.architecture == "x86_64"
    ):
        return Verdict(
            slug="rosetta-x86-python", grade="shown", reason="the file is for Arm, and this Python for Intel"
        )
    if tag.python and python.version and series(python.version) != tag.python and not tag.stable:
        newer = numbers(series(python.version)) > numbers(tag.python)
        reason = f"the file is for Python {tag.python}, and Python {series(python.version)} runs here"
        return Verdict(slug="python-too-new" if newer else "python-too-old", grade="shown", reason=reason)
    return None


# ---------------------------------------------------------------- what the facts say


def _is_musl(case: Case) -> bool:
    libc = case.machine.os.libc
    if libc is not None:
        return libc.family == "musl"
    distribution = (case.machine.os.distribution or "").lower()
    return "alpine" in distribution or (not distribution and case.clue("musl-system") is not None)


def _by_c_library(case: Case, matrix: Matrix, refusal: Refusal, _python: AskedPython) -> Verdict | None:
    if not _is_musl(case):
        return None
    if any(build.musl for build in _builds(matrix, refusal, None)):
        return None
    return Verdict(slug="musl-no-wheel", grade="shown", reason="this system has musl, and the wheels are for glibc")


def _by_word_size(case: Case, _matrix: Matrix, refusal: Refusal, python: AskedPython) -> Verdict | None:
    if refusal.package in WITH_32_BIT or not (python.bits == 32 or case.machine.architecture == "x86"):
        return None
    return Verdict(slug="python-32bit", grade="shown", reason="this Python has 32 bits, and the wheels are for 64")


_OTHER_PROCESSORS = lazy(r"\b(?:armv[67]l?|armhf|linux_armv\dl|ppc64le|s390x|riscv64|loongarch64|i[36]86)\b")


def _by_platform(case: Case, matrix: Matrix, refusal: Refusal, python: AskedPython) -> Verdict | None:
    """A system or processor that the wanted release has no wheels for."""
    machine = case.machine
    platform = machine.platform
    if is_apple_silicon(case) and python.architecture == "x86_64":
        return Verdict(
            slug="rosetta-x86-python", grade="shown", reason="the Python is one for Intel on Apple's processor"
        )
    other = _OTHER_PROCESSORS.search(all_words(case)) if machine.architecture is None else None
    if other is not None:
        return _of_processor(other[0])
    if machine.architecture is None and not (machine.os.family == "macos" and case.clue("apple-processor")):
        return None
    if platform.startswith("macos") and refusal.package.startswith(_NO_MAC):
        reason = f"{refusal.package} is published for Linux and Windows only"
        return Verdict(slug="platform-no-wheel", grade="shown", reason=reason)
    builds = _builds(matrix, refusal, None)
    if builds:
        served = any(platform in build.platforms for build in builds)
        return None if served else Verdict(slug=_slug_of(platform), grade="shown", reason=_none_for(refusal, platform))
    if platform in ("macos-x86_64", "linux-aarch64", "windows-aarch64") and not _is_framework_of(matrix, refusal):
        return Verdict(slug=_slug_of(platform), grade="likely", reason=_none_for(refusal, platform))
    return None


def _of_processor(name: str) -> Verdict:
    slug = "arm-no-wheel" if name.startswith(("arm", "linux_arm")) else "platform-no-wheel"
    slug = "python-32bit" if name in ("i386", "i686") else slug
    return Verdict(slug=slug, grade="shown", reason=f"the processor is {name}, for which no wheels are published")


def _slug_of(platform: str) -> str:
    if platform == "macos-x86_64":
        return "macos-x86-no-wheel"
    return "arm-no-wheel" if platform in ("linux-aarch64", "windows-aarch64") else "platform-no-wheel"


def _none_for(refusal: Refusal, platform: str) -> str:
    return f"{refusal.package or 'it'}{' ' + refusal.version if refusal.version else ''} has no wheels for {platform}"


def _by_thread(_case: Case, matrix: Matrix, refusal: Refusal, python: AskedPython) -> Verdict | None:
    if not python.free_threaded:
        return None
    builds = _builds(matrix, refusal, None)
    if python.series and any(python.series in build.pythons for build in builds):
        return None
    reason = f"the free-threaded Python{' ' + python.series if python.series else ''} needs wheels of its own"
    return Verdict(slug="python-free-threaded-no-wheel", grade="shown", reason=reason)


def _by_python(case: Case, matrix: Matrix, refusal: Refusal, python: AskedPython) -> Verdict | None:
    """A series of Python that the wanted release, or all that there were on the day, have no wheels for."""
    told = python.version or next((tag.python for tag in refusal.here if tag.python), "")
    if not told:
        return None
    if numbers(told)[:1] == (2,):
        return Verdict(slug="python-too-old", grade="shown", reason="Python 2 has had no new wheels since 2020")
    platform = case.machine.platform if case.machine.architecture else None
    builds = _builds(matrix, refusal, platform) or _builds(matrix, refusal, None)
    served = sorted({name for build in builds for name in build.pythons if not name.endswith("t")}, key=numbers)
    here = series(told)
    if platform == "macos-x86_64" and here not in served and _has_left(matrix, refusal, platform):
        return Verdict(slug="macos-x86-no-wheel", grade="shown", reason=f"newer releases have no wheels for {platform}")
    if served and here not in served:
        slug = "python-too-new" if numbers(here) > numbers(served[-1]) else "python-too-old"
        reason = f"there are wheels for Python {served[0]} to {served[-1]}, and Python {here} runs here"
        return Verdict(slug=slug, grade="shown", reason=reason)
    return None if served else _by_age(matrix, refusal, here)


def _has_left(matrix: Matrix, refusal: Refusal, platform: str) -> bool:
    """Whether the newest release has left out a platform that older ones served."""
    framework = _framework(matrix, refusal.package)
    newest = next(iter(query.newest_first(framework)), None) if framework else None
    return newest is not None and not any(platform in build.platforms for build in newest.builds)


def _by_age(matrix: Matrix, refusal: Refusal, here: str) -> Verdict | None:
    """What the dates tell where the matrix has no row: wheels are made after the Python that they are for."""
    offered = [row for row in refusal.offered or () if row]
    if refusal.version and offered and all(numbers(row) > numbers(refusal.version) for row in offered):
        reason = f"for Python {here} there are newer versions only ({offered[0]} and later)"
        return Verdict(slug="python-too-new", grade="shown", reason=reason)
    row = next((row for row in matrix.pythons if row.version == here), None)
    ended = row.end_of_life if row else _ENDED.get(here)
    if ended is not None and ended <= matrix.day:
        return Verdict(
            slug="python-too-old", grade="likely", reason=f"Python {here} has had no support since {ended:%B %Y}"
        )
    if row is not None and matrix.day - row.released <= YOUNG:
        reason = f"Python {here} came out in {row.released:%B %Y}, and wheels follow months later"
        return Verdict(slug="python-too-new", grade="likely", reason=reason)
    newest = matrix.pythons[0].version if matrix.pythons else ""
    if newest and numbers(here) > numbers(newest):
        return Verdict(slug="python-too-new", grade="shown", reason=f"Python {here} was not released yet")
    return _by_oldest_row(matrix, refusal, here)


def _by_oldest_row(matrix: Matrix, refusal: Refusal, here: str) -> Verdict | None:
    """A version older than every row is older than a Python that came after the oldest row."""
    framework = _framework(matrix, refusal.package)
    if framework is None or not framework.release or not refusal.version:
        return None
    oldest = query.newest_first(framework)[-1]
    row = next((row for row in matrix.pythons if row.version == here), None)
    if row is None or numbers(refusal.version) >= numbers(oldest.version) or row.released < oldest.released:
        return None
    reason = f"Python {here} came out after {refusal.package} {refusal.version}"
    return Verdict(slug="python-too-new", grade="shown", reason=reason)


def _by_floor(case: Case, matrix: Matrix, refusal: Refusal, _python: AskedPython) -> Verdict | None:
    """A C library or a macOS older than every wheel asks for."""
    system = case.machine.os
    builds = _builds(matrix, refusal, case.machine.platform)
    floors = [build.glibc for build in builds if build.glibc]
    if system.libc and system.libc.family == "glibc" and floors and len(floors) == len(builds):
        floor = min(floors, key=numbers)
        if not at_least(system.libc.version, floor):
            reason = f"the wheels ask for glibc {floor}, and this system has {system.libc.version}"
            return Verdict(slug="glibc-too-old", grade="shown", reason=reason)
    floors = [build.macos for build in builds if build.macos]
    if (
        system.family == "macos"
        and system.version
        and floors
        and not at_least(system.version, min(floors, key=numbers))
    ):
        reason = f"the wheels ask for macOS {min(floors, key=numbers)}, and this is macOS {system.version}"
        return Verdict(slug="macos-too-old", grade="shown", reason=reason)
    return None


# ---------------------------------------------------------------- rows of the matrix


def _framework(matrix: Matrix, package: str) -> Framework | None:
    name = matrix.distributions.get(package) or _ALIASES.get(package, "")
    return matrix.framework(name) if name in matrix.framework_ids else None


def _is_framework_of(matrix: Matrix, refusal: Refusal) -> bool:
    framework = _framework(matrix, refusal.package)
    return framework is not None and bool(framework.release)


def _builds(matrix: Matrix, refusal: Refusal, platform: str | None) -> list[Build]:
    """The builds that could have been meant: of the version asked for, else of every release of the day."""
    framework = _framework(matrix, refusal.package)
    if framework is None:
        return []
    version, _, local = refusal.version.partition("+")
    releases = [row for row in query.newest_first(framework) if _is_meant(row, version)]
    builds = [build for row in releases for build in row.builds if platform is None or platform in build.platforms]
    builds = [build for build in builds if not local or build.variant == local] or builds
    plain = [build for build in builds if "default" in build.indexes]
    return builds if local or not plain else plain


def _is_meant(release: Release, version: str) -> bool:
    """Whether a release is the one asked for; ``2.5`` names all of its series."""
    return not version or release.version == version or release.version.startswith(f"{version}.")
