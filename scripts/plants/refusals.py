"""Policies and baselines that cannot be followed, and measured times that fell behind a baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from plants.ground import Ground
from plants.plant import Call, Plant, Sign
from plants.policies import HEALTHY, holding


def holding_raw(data: bytes) -> Callable[[Ground], Call]:
    """A policy of these bytes."""

    def put(ground: Ground) -> Call:
        ground.add("healthy", "")
        path = ground.folder / "policy.toml"
        path.write_bytes(data)
        return Call((*HEALTHY, "--policy", str(path)))

    return put


def naming(option: str, text: str | None, *words: str) -> Callable[[Ground], Call]:
    """A file that is named on the command line; None for one that is not there."""

    def put(ground: Ground) -> Call:
        ground.add("healthy", "")
        path = str(ground.folder / "named.file") if text is None else ground.write("named.file", text)
        return Call((*HEALTHY, option, path, *words))

    return put


def slow_down(ground: Ground) -> Call:
    """A package that takes much longer than the baseline says."""
    ground.add("slow", "import time\ntime.sleep(6)\n")
    row = '{"framework": "slow", "check": "import", "seconds": 0.1}'
    text = f'{{"schema": "mlenv.baseline/1", "frameworks": {{"slow": "0.9"}}, "times": [{row}]}}'
    return Call(("--only", "slow", "--level", "deep", "--baseline", ground.write("rates.json", text)))


def lose_rates(policy: str) -> Callable[[Ground], Call]:
    """A baseline with a rate that is not measured this time."""

    def put(ground: Ground) -> Call:
        ground.add("healthy", "")
        row = (
            '{"framework": "torch", "metric": "bf16_tflops", "device": "cuda:0", "value": 700.0, "card": "NVIDIA H200"}'
        )
        path = ground.write("rates.json", f'{{"schema": "mlenv.baseline/1", "rates": [{row}]}}')
        words = (*HEALTHY, "--level", "deep")
        if not policy:
            return Call((*words, "--baseline", path))
        return Call((*words, "--policy", ground.write("policy.toml", f"schema = 1\n{policy}")))

    return put


def name_folder(ground: Ground) -> Call:
    ground.add("healthy", "")
    return Call((*HEALTHY, "--policy", str(ground.folder)))


def all_plants() -> Iterator[Plant]:
    """Every fault of this subject."""
    for variant, put, *says in REFUSED:
        yield Plant("policy refused", variant, put, 2, says=("error: ", *says))
    for variant, put, *says in BASELINES:
        yield Plant("baseline", variant, put, 2, says=("error: ", *says))
    slower = Sign("baseline.seconds", "warn", "slower-than-baseline", ("import took", "0.1 s in the baseline"))
    yield Plant("baseline", "an import takes much longer", slow_down, 0, slower)
    lost = Sign("baseline.bf16", "skip", "not-measured", ("700 TFLOP/s of NVIDIA H200; it was not measured",))
    yield Plant("baseline", "a rate that was not measured", lose_rates(""), 0, lost)
    dark = Sign("policy.performance.baseline", "error", "not-checked")
    asked = lose_rates('[performance]\nbaseline = "rates.json"\n')
    yield Plant("baseline", "a rate that was not measured, by policy", asked, 5, dark, also=(lost,))


# What must be said on standard error of a policy that cannot be followed.
REFUSED = (
    (
        "a typo in a key",
        holding("[gpu]\ndriverr = '>=580'\n"),
        "policy.toml: `gpu.driverr` is an unknown key",
        "did you mean `driver`?",
    ),
    (
        "a typo in a table",
        holding("[frameworkz.torch]\nversion = '>=2'\n"),
        "`frameworkz` is an unknown key",
        "did you mean `frameworks`?",
    ),
    (
        "a typo in a value",
        holding("[verify]\nlevel = 'standart'\n"),
        '`verify.level` is "standart"',
        'did you mean "standard"?',
    ),
    (
        "a device that there is not",
        holding("[frameworks.torch]\ndevice = 'cudaa'\n"),
        "`frameworks.torch.device`",
        'did you mean "cuda"?',
    ),
    ("a number where a condition belongs", holding("[host]\nram_gb = 16\n"), "`host.ram_gb` is 16", '">=16"'),
    (
        "a text where true or false belongs",
        holding("[env]\npip_check = 'yes'\n"),
        "`env.pip_check`",
        "write true or false",
    ),
    ("a bad condition of numbers", holding("[host]\nram_gb = '>= lots'\n"), "`host.ram_gb`", "which is no condition"),
    ("a bad condition of drivers", holding("[gpu]\ndriver = '580+'\n"), "`gpu.driver`", "which is no condition"),
    (
        "a bad specifier of versions",
        holding("[frameworks.torch]\nversion = '>=2.x.y'\n"),
        "`frameworks.torch.version`",
        "which is no condition",
    ),
    ("a bad requirement", holding("[env]\nrequire = ['numpy >> 2']\n"), "`env.require[0]`", "which is no requirement"),
    (
        "a waiver without a reason",
        holding("[[waive]]\ncheck = 'env.pip_check'\nexpires = 2099-01-01\n"),
        "`waive[0].reason` is missing",
    ),
    (
        "a waiver with an empty reason",
        holding("[[waive]]\ncheck = 'env.x'\nreason = ' '\nexpires = 2099-01-01\n"),
        "`waive[0].reason` is empty",
    ),
    (
        "a waiver without an end",
        holding("[[waive]]\ncheck = 'env.x'\nreason = 'so'\n"),
        "`waive[0].expires` is missing",
    ),
    (
        "a waiver of everything",
        holding("[[waive]]\ncheck = '*'\nreason = 'so'\nexpires = 2099-01-01\n"),
        "would waive everything",
    ),
    (
        "a day that there is not",
        holding("[[waive]]\ncheck = 'env.x'\nreason = 'so'\nexpires = 2027-02-30\n"),
        "2027-02-30",
        "2027-03-31",
    ),
    (
        "a tolerance without a baseline",
        holding("[performance]\nbaseline_tolerance = 0.1\n"),
        "`performance.baseline_tolerance` has no baseline",
    ),
    (
        "extra packages without a lock",
        holding("[env]\nextra_packages = 'forbid'\n"),
        "`env.extra_packages` has no lock",
    ),
    ("a schema of the future", holding_raw(b"schema = 2\n"), "`schema` is 2", "update mlenv"),
    ("no schema", holding_raw(b"name = 'x'\n"), "`schema` is missing"),
    ("no TOML", holding_raw(b"schema = 1\n[gpu\n"), "is not valid TOML", "line 2"),
    ("a key that is there twice", holding_raw(b"schema = 1\nschema = 1\n"), "is not valid TOML"),
    ("bytes that are no text", holding_raw(b"schema = 1\nname = '\xff\xfe'\n"), "is not a text file in UTF-8"),
    ("a control character", holding_raw(b'schema = 1\nname = "a\\u001b[31mred"\n'), "holds a control character"),
    ("a control character in a key", holding_raw(b'schema = 1\n"gpu\\u001b]0;x" = 1\n'), "holds a control character"),
    ("a raw control character", holding_raw(b"schema = 1\nname = '\x1b[31mred'\n"), "is not valid TOML"),
    ("tables without an end", holding_raw(b"schema = 1\nx = " + b"[" * 5000), "is not valid TOML"),
    ("a file that is not there", naming("--policy", None), "named.file: cannot be read"),
    ("a folder in place of a file", name_folder, "cannot be read"),
    (
        "its baseline is not there",
        holding("[performance]\nbaseline = 'none.json'\n"),
        "none.json: the baseline cannot be read",
    ),
)

BASELINES = (
    ("no JSON", naming("--baseline", '{"schema": '), "named.file: it is no JSON"),
    ("of another kind", naming("--baseline", '{"schema": "mlenv.machine/1"}'), "schema is 'mlenv.machine/1'"),
    (
        "with a text for a rate",
        naming("--baseline", '{"schema": "mlenv.baseline/1", "rates": [{"value": "fast"}]}'),
        "named.file: ",
    ),
    ("that is not there", naming("--baseline", None), "the baseline cannot be read"),
    ("with control characters", naming("--baseline", '{"schema": "\\u001b[31mred"}'), "schema is"),
)
