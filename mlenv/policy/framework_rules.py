"""Rules about frameworks, judged by what they were seen to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase

from msgspec.structs import replace

from mlenv.policy.conditions import admits, word_condition
from mlenv.policy.model import FrameworkPolicy
from mlenv.policy.rule import Answer, PolicyCase, Rule, breaks, passed_over, passes, unchecked, unknown
from mlenv.policy.waivers import WAIVED
from mlenv.verify.result import Result

ACCELERATORS = ("cuda", "rocm", "xpu", "mps", "tpu")
_FLOAT32 = ("compute", "precision", "matmul", "conv", "attention")
"""Checks whose ``arithmetic`` is that of float32; others ask for a shorter format on purpose."""

_NO_WORK = ("import", "version", "device", "exit", "idle-gpu")
"""Checks that prove no computation."""


def framework_rules(name: str, policy: FrameworkPolicy) -> Iterator[Rule]:
    """The rules of the table ``[frameworks.NAME]``."""
    text = f"{name} is installed and can be imported."
    if not policy.required:
        text = f"{name} can be imported where it is installed."
    yield Rule(
        key=f"frameworks.{name}",
        wanted="present" if policy.required else "optional",
        text=text,
        judge=lambda case: _judge_presence(case, name, policy.required),
        framework=name,
    )
    if policy.version is not None:
        yield _rule(name, "version", policy.version, f"{name} is {word_condition(policy.version)}.", _judge_version)
    if policy.build is not None:
        yield _rule(name, "build", policy.build, f"{name} is the build {policy.build}.", _judge_build)
    if policy.device is not None:
        place = "an accelerator" if policy.device in ("gpu", "auto") else policy.device
        text = f"{name} is seen to compute on {place}, which is read back from its results."
        yield _rule(name, "device", policy.device, text, _judge_device)
    if policy.precision:
        allowed = ", ".join(policy.precision)
        text = f"{name} computes float32 as {' or '.join(policy.precision)}, by its measured error."
        yield _rule(name, "precision", allowed, text, _judge_precision)


Judge = Callable[[PolicyCase, str, str], Answer]


def _rule(name: str, key: str, wanted: str, text: str, judge: Judge) -> Rule:
    """A rule that does not arise where the framework is not there: that is said once."""

    def judge_present(case: PolicyCase) -> Answer:
        if _is_absent(case, name):
            return passed_over(f"{name} is not there: see policy.frameworks.{name}")
        return judge(case, name, wanted)

    return Rule(key=f"frameworks.{name}.{key}", wanted=wanted, text=text, judge=judge_present, framework=name)


def results_of(case: PolicyCase, name: str) -> tuple[Result, ...]:
    """The results of a framework, named by its id or its distribution."""
    wanted = identify(case, name)
    return tuple(row for row in case.results if row.group == "framework" and row.framework == wanted)


def identify(case: PolicyCase, name: str) -> str:
    """The id of a framework; the normalised name where the matrix does not know it."""
    from packaging.utils import canonicalize_name

    key = canonicalize_name(name)
    return key if key in case.matrix.framework_ids else case.matrix.distributions.get(key, key)


def _is_absent(case: PolicyCase, name: str) -> bool:
    results = results_of(case, name)
    if results:
        return any(row.reason == "not-installed" and row.check == "import" for row in results)
    return case.environment is not None and find_version(case, name) is None


def find_version(case: PolicyCase, name: str) -> str | None:
    """The version of the distribution that is installed for a framework, by its metadata."""
    wanted = identify(case, name)
    found = (
        row.version
        for row in (case.environment.distributions if case.environment else ())
        if case.matrix.distributions.get(row.name, row.name) == wanted
    )
    return next(found, None)


def _judge_presence(case: PolicyCase, name: str, required: bool) -> Answer:
    if _is_absent(case, name):
        return _judge_absence(case, name) if required else passed_over(f"{name} is not installed, and need not be")
    found = next((row for row in results_of(case, name) if row.check == "import"), None)
    if found is None or found.status in ("skip", "error"):
        return unchecked(f"{name} was not imported")
    if found.reason == WAIVED:
        return passes(found.detail, WAIVED)
    if found.status == "fail":
        return breaks(f"{name} cannot be imported: {found.detail}", found.reason, action="reinstall_env")
    return passes(f"{name} {found.version or ''} was imported".replace("  ", " "), found.version or "")


def _judge_absence(case: PolicyCase, name: str) -> Answer:
    known = identify(case, name) in case.matrix.framework_ids
    near = [] if known else get_close_matches(name.lower(), case.matrix.framework_ids, 1)
    remedy = f"did you mean [frameworks.{near[0]}]?" if near else f"install it: mlenv install --with {name}"
    return breaks(f"{name} is not installed", "not installed", remedy=remedy)


def _judge_version(case: PolicyCase, name: str, wanted: str) -> Answer:
    found = next((row.version for row in results_of(case, name) if row.version), None)
    verdict = admits("version", wanted, found) if found else None
    words = word_condition(wanted)
    if found is None:
        return unchecked(f"{name} stated no version; {words} is asked for")
    if verdict is None:
        return unknown(f"{name}'s version {found} cannot be compared; {words} is asked for")
    if verdict:
        return passes(f"{name} is {found}; {words} is asked for", found)
    return breaks(f"{name} is {found}, and not {words}", found, action="reinstall_env")


def _judge_build(case: PolicyCase, name: str, wanted: str) -> Answer:
    found = find_build(case, name)
    if found is None:
        return unknown(f"{name} does not say which build it is; {wanted} is asked for")
    if fnmatchcase(found.lower(), wanted.lower()):
        return passes(f"{name} is the build {found}", found)
    return breaks(f"{name} is the build {found}, and not {wanted}", found, action="reinstall_env")


def find_build(case: PolicyCase, name: str) -> str | None:
    """As the framework itself said, else as the files of its distribution say."""
    results = results_of(case, name)
    said = [str(row.measured["build"]) for row in results if "build" in row.measured]
    local = [row.version.partition("+")[2] for row in results if row.version and "+" in row.version]
    filed = [
        row.build
        for row in (case.environment.distributions if case.environment else ())
        if row.build and case.matrix.distributions.get(row.name, row.name) == identify(case, name)
    ]
    return next(iter([*said, *local, *filed]), None)


def find_work(case: PolicyCase, name: str) -> list[Result]:
    """The results that tell where a framework computed and how that went."""
    return [row for row in results_of(case, name) if row.device and row.check not in _NO_WORK and is_seen(row)]


def is_seen(result: Result) -> bool:
    """Whether a result tells what really happened; a failure that was waived is no proof of the contrary."""
    return result.status != "skip" and result.reason != WAIVED


def is_on(result: Result, wanted: str) -> bool:
    """Whether a result lies on a kind of device; ``gpu`` and ``auto`` are any accelerator."""
    kind = (result.device or "").split(":")[0]
    return kind in ACCELERATORS if wanted in ("gpu", "auto") else kind == wanted


def _judge_device(case: PolicyCase, name: str, wanted: str) -> Answer:
    work = find_work(case, name)
    there = [row for row in work if is_on(row, wanted)]
    done = [row for row in there if row.status in ("pass", "warn")]
    bad = [row for row in there if row.status in ("fail", "error")]
    if bad:
        return breaks(f"{name} failed on {bad[0].device}: {bad[0].detail}", bad[0].device or "", about=bad[0].about)
    if done:
        places = ", ".join(dict.fromkeys(row.device or "" for row in done))
        return passes(f"{name} computed on {places} ({done[0].check})", places)
    missing = next((row for row in results_of(case, name) if row.check == "device" and row.status == "fail"), None)
    if missing is not None:
        return breaks(f"{name} reaches no {wanted}: {missing.detail}", missing.reason, remedy=missing.remedy)
    elsewhere = ", ".join(dict.fromkeys(row.device or "" for row in work if row.status == "pass"))
    if elsewhere:
        return breaks(f"{name} computed on {elsewhere}, and not on {wanted}", elsewhere)
    return unchecked(f"{name} was not seen to compute on any device")


def find_arithmetic(case: PolicyCase, name: str) -> list[Result]:
    """The results that measured with which arithmetic float32 was computed."""
    return [row for row in results_of(case, name) if row.check in _FLOAT32 and row.measured.get("arithmetic")]


def _judge_precision(case: PolicyCase, name: str, wanted: str) -> Answer:
    allowed = {plain_arithmetic(part) for part in wanted.split(", ")}
    measured = find_arithmetic(case, name)
    if not measured:
        return unchecked(f"the arithmetic of {name} was not measured", "mlenv verify --level standard")
    bad = [row for row in measured if not allowed & set(read_arithmetic(row))]
    if bad:
        found = str(bad[0].measured["arithmetic"])
        where = f"on {bad[0].device} ({bad[0].check})"
        answer = breaks(f"{name} computes float32 as {found} {where}, and not as {wanted}", found)
        return replace(answer, about=bad[0].about)
    shown = ", ".join(dict.fromkeys(f"{row.measured['arithmetic']} on {row.device}" for row in measured))
    return passes(f"{name} computes float32 as {shown}", shown)


def read_arithmetic(result: Result) -> list[str]:
    """What a result says of its arithmetic; where the error does not tell two apart (``tf32 or fp16``), both."""
    return [plain_arithmetic(part) for part in str(result.measured["arithmetic"]).split(" or ")]


def plain_arithmetic(name: str) -> str:
    """``ieee`` is another word for ``fp32``, and what is more accurate than that is as good."""
    return "fp32" if name.lower() in ("ieee", "fp64") else name.lower()
