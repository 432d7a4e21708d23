"""What a machine reached once, as a file, and later results held against it.

A baseline made on one machine serves others with the same card: clones of a golden image.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from mlenv.errors import UsageError
from mlenv.facts.machine import Machine
from mlenv.matrix.toml_file import one_line
from mlenv.typed import decode_json
from mlenv.verify.cards import find_card
from mlenv.verify.result import Result, ResultStatus, Verification

SCHEMA = "mlenv.baseline/1"
CHECKS = {
    "bf16_tflops": "baseline.bf16",
    "memory_gb_per_s": "baseline.membw",
    "host_to_device_gb_per_s": "baseline.h2d",
    "device_to_host_gb_per_s": "baseline.d2h",
    "busbw_gb_per_s": "baseline.busbw",
}
"""The rates that a baseline keeps, and the names of the checks that compare them."""

TOLERANCE = 0.05
"""SuperBench calls a node defective that is more than 5 % below its baseline."""
# Ours: three times as far no boost clock and no neighbour explains it.
GRAVER = 3.0
# Ours too: what begins in half a minute and used to take five seconds has a slow disk or a slow processor.
TIMES_LONGER = 2.0
SECONDS_LONGER = 5.0


class BaselineRate(msgspec.Struct, frozen=True, kw_only=True):
    """One rate, in the unit that ``metric`` ends with; ``uuid`` and ``card`` are empty where not known."""

    framework: str
    metric: str
    device: str
    value: float
    card: str = ""
    uuid: str = ""


class BaselineTime(msgspec.Struct, frozen=True, kw_only=True):
    """How many seconds a check took."""

    framework: str
    check: str
    seconds: float
    device: str = ""


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The rates and times of one verification, and the versions of the frameworks that reached them."""

    schema: str
    environment: str = ""
    driver: str = ""
    frameworks: dict[str, str] = {}
    rates: tuple[BaselineRate, ...] = ()
    times: tuple[BaselineTime, ...] = ()


# ---------------------------------------------------------------- making and reading


def make_baseline(verification: Verification, machine: Machine) -> bytes:
    """A verification's rates and times as a file; only checks that passed count."""
    passed = [result for result in verification.results if result.status in ("pass", "warn")]
    baseline = Baseline(
        schema=SCHEMA,
        environment=verification.environment,
        driver=(machine.nvidia.driver if machine.nvidia else None) or "",
        frameworks={result.framework: result.version for result in passed if result.version},
        rates=tuple(rate for result in passed for rate in _read_rates(result, machine)),
        times=tuple(
            BaselineTime(
                framework=result.framework, check=result.check, device=result.device or "", seconds=result.seconds
            )
            for result in passed
            if result.group == "framework" and result.seconds
        ),
    )
    return msgspec.json.format(msgspec.json.encode(baseline), indent=2) + b"\n"


def _read_rates(result: Result, machine: Machine | None = None) -> Iterator[BaselineRate]:
    """The rates of GPUs in a result; of a judgement that repeats one there is nothing to keep."""
    if result.group != "framework" or (result.device or "cpu").startswith("cpu"):
        return
    card = find_card(result, machine) if machine else None
    for metric in CHECKS:
        value = result.measured.get(metric)
        if isinstance(value, float) and value > 0:
            yield BaselineRate(
                framework=result.framework,
                metric=metric,
                device=result.device or "",
                value=value,
                card=card.name if card else str(result.measured.get("card", "")),
                uuid=card.uuid if card else result.about,
            )


def read_baseline(path: str | os.PathLike[str]) -> Baseline:
    """A baseline; :class:`UsageError` names the file, and the key that is wrong."""
    hint = "make one with: mlenv verify --level deep --save-baseline FILE"
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: the baseline cannot be read: {error.strerror or error}", hint=hint) from None
    try:
        baseline = decode_json(data, Baseline)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: {one_line(str(error))}", hint=hint) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: it is no JSON: {one_line(str(error))}", hint=hint) from None
    if baseline.schema != SCHEMA:
        raise UsageError(f"{path}: schema is {baseline.schema!r}, and this program reads {SCHEMA!r}", hint=hint)
    return baseline


# ---------------------------------------------------------------- comparing


def compare_with_baseline(
    baseline: Baseline, results: Sequence[Result], *, tolerance: float = TOLERANCE
) -> tuple[Result, ...]:
    """A result of the group ``performance`` for each rate that was measured, and for each that was not this time.

    A GPU is held against itself, on another machine against those of its name; times that have
    grown much are warnings.  A rate lower by more than ``tolerance`` is a warning, and by three times
    that it bears ``measured["limit"] = "fail"``, for a policy that makes a failure of it.
    """
    measured = [(result, rate) for result in results for rate in _measured(result)]
    compared = tuple(_compare(baseline, result, rate, tolerance) for result, rate in measured)
    return compared + tuple(_find_missing(baseline, measured)) + tuple(_compare_times(baseline, results))


def _measured(result: Result) -> Iterable[BaselineRate]:
    return _read_rates(result) if result.status in ("pass", "warn") else ()


def _compare(baseline: Baseline, result: Result, rate: BaselineRate, tolerance: float) -> Result:
    found = _find_expected(baseline, rate)
    if found is None:
        text = f"{rate.value:.4g} {_unit(rate.metric)}; the baseline has no such rate of {rate.card or rate.device}"
        return _note(result, rate, "skip", text, "not-in-baseline", {rate.metric: rate.value})
    expected, whose = found
    ratio = rate.value / expected
    text = f"{rate.value:.4g} {_unit(rate.metric)}, {ratio:.0%} of the {expected:.4g} of {whose}"
    text += _word_version(baseline, result)
    values: dict[str, float | str] = {rate.metric: rate.value, "baseline": expected, "ratio": round(ratio, 4)}
    if ratio >= 1 - tolerance:
        return _note(result, rate, "pass", text, "", values)
    grave = ratio < 1 - GRAVER * tolerance
    limit, bound = ("fail", 1 - GRAVER * tolerance) if grave else ("warn", 1 - tolerance)
    return _note(
        result, rate, "warn", text, "slower-than-baseline", {**values, "limit": limit, "below": round(bound, 4)}
    )


def _find_expected(baseline: Baseline, rate: BaselineRate) -> tuple[float, str] | None:
    """The rate to reach and whose it is: the same GPU's, else the median of those of the same name."""
    alike = [row for row in baseline.rates if (row.framework, row.metric) == (rate.framework, rate.metric)]
    alike = [row for row in alike if row.value > 0 and _count(row.device) == _count(rate.device)]
    same = [row for row in alike if rate.uuid and row.uuid == rate.uuid]
    if same:
        return same[0].value, "the same GPU in the baseline"
    named = [row.value for row in alike if rate.card and row.card == rate.card]
    if not named:
        return None
    return statistics.median(named), f"another {rate.card}, in the baseline"


def _count(device: str) -> int:
    """How many devices took part: the bandwidth of two is not that of eight."""
    return device.count(",") + 1


def _word_version(baseline: Baseline, result: Result) -> str:
    then = baseline.frameworks.get(result.framework)
    if then is None or then == result.version:
        return ""
    return f" (the baseline was made with {result.framework} {then})"


def _find_missing(baseline: Baseline, measured: Sequence[tuple[Result, BaselineRate]]) -> Iterator[Result]:
    """Rates of the baseline that nothing stands for this time: silence must not look like speed."""
    seen = {(rate.framework, rate.metric) for _, rate in measured}
    for row in baseline.rates:
        if (row.framework, row.metric) not in seen and row.metric in CHECKS:
            seen.add((row.framework, row.metric))
            empty = Result(
                framework=row.framework,
                device=row.device,
                check="",
                status="skip",
            )
            text = (
                f"the baseline has {row.value:.4g} {_unit(row.metric)} of {row.card or row.device}; it was not measured"
            )
            yield _note(empty, row, "skip", text, "not-measured", {"baseline": row.value})


def _compare_times(baseline: Baseline, results: Sequence[Result]) -> Iterator[Result]:
    """A warning for each check that takes much longer than it did."""
    times = {(row.framework, row.check, row.device): row.seconds for row in baseline.times}
    for result in results:
        then = times.get((result.framework, result.check, result.device or ""))
        if then is None or result.group != "framework" or result.status not in ("pass", "warn"):
            continue
        if result.seconds > TIMES_LONGER * then and result.seconds > then + SECONDS_LONGER:
            text = f"{result.check} took {result.seconds:.1f} s, and {then:.1f} s in the baseline"
            yield msgspec.structs.replace(
                result,
                check="baseline.seconds",
                status="warn",
                seconds=0.0,
                detail=text + _word_version(baseline, result),
                reason="slower-than-baseline",
                group="performance",
                measured={"check": result.check, "took_seconds": result.seconds, "baseline": then},
            )


def _unit(metric: str) -> str:
    return "TFLOP/s" if metric.endswith("_tflops") else "GB/s"


def _note(
    result: Result, rate: BaselineRate, status: ResultStatus, detail: str, reason: str, measured: dict[str, float | str]
) -> Result:
    return Result(
        framework=rate.framework,
        version=result.version,
        device=rate.device,
        check=CHECKS[rate.metric],
        status=status,
        detail=detail,
        reason=reason,
        group="performance",
        measured=measured,
        about=rate.uuid,
    )
