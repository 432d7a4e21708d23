"""Variables that choose the GPUs a program may use: CUDA_VISIBLE_DEVICES and its like."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import quote_messages
from mlenv.checks.finding import Finding, Fix, Grade
from mlenv.checks.messages import NO_GPU, first_told, present, value
from mlenv.checks.registry import Case, check
from mlenv.checks.situation import VISIBLE, gpu_is_seen_to_fail, gpu_is_seen_to_work, require_concern, variable
from mlenv.checks.subjects.mig import is_split
from mlenv.clues.clue import Clue
from mlenv.matrix.load import Matrix

_NOTHING = ("", "-1", "none", "void", "nodevfiles")
# Words of NVIDIA_VISIBLE_DEVICES and of programs, which these variables do not know.
_WORDS = ("all", "auto", "cuda", "gpu", "true")
_NUMBER = ("cuda-invalid-device", "device-beyond-count", "container-unknown-device")
_NONE = (*NO_GPU, "hip-no-device")


@check("cuda-visible-devices-empty", subject="gpu")
def cuda_visible_devices_empty(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A variable that hides every GPU from programs."""
    require_concern(case)
    name, clue = _find_empty(case), first_told(case, "visible-devices-emptied")
    failed = first_told(case, *_NONE)
    if name is None and (clue is None or _set_values(case)):
        return
    hurts = bool((clue and clue.told) or failed or gpu_is_seen_to_fail(case))
    chooser = name or value(clue, "variable") or VISIBLE[0]
    yield Finding(
        id="cuda-visible-devices-empty",
        severity="error" if hurts else "warning",
        title=f"{chooser} hides every GPU",
        cause=f"{chooser} lists the GPUs that a program may use; it is set and lists none, which is not the same as "
        "unset.",
        evidence=(
            *((f"{chooser} is set to {_value(case, chooser)!r}",) if name else ()),
            *quote_messages(case, "visible-devices-emptied"),
        ),
        fix=_unset(case, chooser),
        grade="named" if clue else "shown",
        explains=present(case, "visible-devices-emptied", *_NONE),
    )


@check("cuda-visible-devices-invalid", subject="gpu")
def cuda_visible_devices_invalid(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A GPU that is asked for by a number or name that no GPU has."""
    require_concern(case)
    asked, none = first_told(case, *_NUMBER), first_told(case, *_NONE)
    values = _set_values(case)
    count = len(case.machine.gpus_of("nvidia")) or None
    beyond = [value for _, value in values if count is not None and _exceeds(value, count)]
    if (gpu_is_seen_to_work(case) and asked is None) or is_split(case):
        return
    if (
        asked is None
        and not beyond
        and not (none and none.told and any(_is_suspect(value, count) for _, value in values))
    ):
        return
    grade: Grade = "named" if asked else "shown" if beyond else "likely"
    hurts = asked is not None or none is not None or gpu_is_seen_to_fail(case)
    yield Finding(
        id="cuda-visible-devices-invalid",
        severity="error" if hurts else "warning",
        title="A GPU is asked for that does not exist",
        cause="The program, or the variable that chooses its GPUs, names a device that is not there; what "
        "stands behind "
        "a wrong entry of CUDA_VISIBLE_DEVICES is hidden too, and the visible devices are counted from 0.",
        evidence=(
            *(f"{name}={value}" for name, value in values),
            *((f"GPUs that are known: {count}",) if count else ()),
            *quote_messages(case, *_NUMBER),
        ),
        fix=(
            Fix(text="List the GPUs", command="nvidia-smi -L"),
            *_unset(case, values[0][0] if values else VISIBLE[0]),
            Fix(text="In the program, count the visible devices from 0, and set the variable before it starts"),
        ),
        grade=grade,
        explains=present(case, *_NUMBER, *_NONE),
    )


def _find_empty(case: Case) -> str | None:
    """The name of a variable that is set to nothing."""
    told = {row.name: row.value for row in case.machine.variables if row.name in VISIBLE}
    return next((name for name, value in told.items() if value.strip().lower() in _NOTHING), None) or next(
        (_name(clue) for clue in _set(case) if value(clue, "value").lower() in _NOTHING), None
    )


def _set_values(case: Case) -> list[tuple[str, str]]:
    """The variables that list some device, and their values."""
    facts = [(row.name, row.value) for row in case.machine.variables if row.name in VISIBLE]
    told = [(_name(clue), value(clue, "value")) for clue in _set(case)]
    pairs = dict.fromkeys((name, listed.strip()) for name, listed in (*facts, *told))
    return [pair for pair in pairs if pair[1].lower() not in _NOTHING]


def _set(case: Case) -> tuple[Clue, ...]:
    return tuple(clue for clue in case.clues_of("visible-devices-set") if _name(clue) in VISIBLE)


def _name(clue: Clue) -> str:
    return value(clue, "variable").upper()


def _value(case: Case, name: str) -> str:
    known = variable(case, name)
    return known if known is not None else value(next(iter(_set(case)), None), "value")


# 2,3
def _exceeds(value: str, count: int) -> bool:
    """Whether a list names a number that no GPU has."""
    numbers = [part.strip().split()[0] for part in value.split(",") if part.strip()]
    return any((part.isdigit() and int(part) >= count) or part.lower() in _WORDS for part in numbers)


def _is_suspect(value: str, count: int | None) -> bool:
    """Whether a list may be wrong: not the first device alone, which every machine with a GPU has."""
    if count is not None and all(part.strip().isdigit() for part in value.split(",")):
        return _exceeds(value, count)
    return value.split()[0].strip(",") != "0" if value.split() else False


def _unset(case: Case, name: str) -> tuple[Fix, ...]:
    if case.machine.os.family == "windows":
        return (Fix(text="Take the variable away, in PowerShell:", command=f"Remove-Item Env:{name}"),)
    return (
        Fix(text="Take the variable away, then start the program again", command=f"unset {name}"),
        Fix(text="See where it is set", command=f"grep -rn {name} ~/.bashrc ~/.profile /etc/environment"),
    )
