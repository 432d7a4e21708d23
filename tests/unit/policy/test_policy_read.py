"""What is wrong with a policy file is said with file, key and remedy."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import msgspec
import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from mlenv.errors import UsageError
from mlenv.policy.read import find_beside, parse_policy, read_policy
from mlenv.report.schema import json_schema

EXAMPLE = """
schema = 1
name = "ws-pytorch-2026q4"
[host]
ram_gb = ">=16"
disk_free_gb = ">=20"
python = ">=3.11,<3.14"
forbid_eol_python = true
[gpu]
vendor = "nvidia"
count = ">=1"
vram_gb = ">=12"
driver = ">=580"
compute_capability = ">=8.0"
health = "standard"
[frameworks.torch]
version = ">=2.14,<2.16"
build = "cu130"
device = "cuda"
precision = ["ieee", "tf32"]
[env]
lock = "pylock.toml"
pip_check = true
forbid = ["onnxruntime-gpu+onnxruntime"]
[performance]
ratios = { bf16 = 0.6, memory = 0.65 }
[verify]
level = "standard"
fail_on = "warn"
[[waive]]
check = "gpu.pcie_width"
reason = "x8 slot by design"
expires = 2027-03-31
"""


def test_the_example_is_read(tmp_path: Path) -> None:
    (tmp_path / "team.toml").write_text(EXAMPLE)
    policy = read_policy(tmp_path / "team.toml")
    assert ("ws-pytorch-2026q4", "standard", 0.6) == (policy.name, policy.gpu.health, policy.performance.ratios.bf16)
    assert (("ieee", "tf32"), True) == (policy.frameworks["torch"].precision, policy.frameworks["torch"].required)


def test_the_schema_takes_the_example_and_no_typo() -> None:
    schema = msgspec.json.decode(json_schema("policy"))
    data = msgspec.to_builtins(tomli.loads(EXAMPLE))
    jsonschema.validate(data, schema)
    mistakes: list[dict[str, object]] = [
        {"gpu": {"drivr": ">=1"}},
        {"gpu": {"driver": "580"}},
        {"host": {"ram_gb": "16"}},
        {"hots": {}},
    ]
    for wrong in mistakes:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**data, **wrong}, schema)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[gpu]\ndrivr = ">=580"', "`gpu.drivr` is an unknown key: did you mean `driver`?"),
        ("[hots]", "`hots` is an unknown key: did you mean `host`?"),
        ("[gpu]\nxyz = 1", "`gpu.xyz` is an unknown key: known keys are vendor, names"),
        ("[gpu]\ncount = 2", '`gpu.count` is 2: write a condition, as in ">=2"'),
        ('[gpu]\ndriver = "580"', '`gpu.driver` is "580", which is no condition: write it as in ">=580.65"'),
        ('[gpu]\nvendor = "nvidai"', '`gpu.vendor` is "nvidai": did you mean "nvidia"?'),
        ('[gpu]\necc = "yes"', '`gpu.ecc` is "yes": write true or false'),
        ('[gpu]\nhealth = "standart"', 'did you mean "standard"?'),
        ('[gpu]\nnames = "A100"', '`gpu.names` is "A100": write a list'),
        ('gpu = "nvidia"', '`gpu` is "nvidia": write a table'),
        ('[frameworks]\ntorch = ">=2"', '`frameworks.torch` is ">=2": write a table'),
        ('[frameworks.torch]\nversion = "=>2"', '`frameworks.torch.version` is "=>2", which is no condition'),
        ('[frameworks.torch]\nprecision = ["tf23"]', '`frameworks.torch.precision[0]` is "tf23": did you mean "tf32"?'),
        ('[frameworks."a b"]\nrequired = true', "`frameworks.a b` is no name of a framework"),
        ('[env]\nforbid = ["a[b]"]', '`env.forbid[0]` is "a[b]", which names no packages'),
        ('[env]\nrequire = ["numpy>>2"]', "which is no requirement"),
        ('[env]\nextra_packages = "forbid"', "`env.extra_packages` has no lock to compare with"),
        ("[performance.ratios]\nbf16 = 60", "`performance.ratios.bf16` is 60: write a number above 0 and at most 1"),
        ("[performance.ratios]\nbf16 = nan", "write a number above 0"),
        ("[performance]\nbaseline_tolerance = 0.1", "has no baseline"),
        ('[verify]\nfail_on = "warning"', 'did you mean "warn"?'),
        ('[[waive]]\ncheck = "x"\nexpires = 2027-01-01', "`waive[0].reason` is missing: add reason"),
        ('[[waive]]\ncheck = "x"\nexpires = 2027-01-01\nreason = " "', "`waive[0].reason` is empty"),
        ('[[waive]]\ncheck = "x"\nreason = "y"', "`waive[0].expires` is missing: add expires = 2027-03-31"),
        ('[[waive]]\ncheck = "x"\nreason = "y"\nexpires = "soon"', "write a day, as in 2027-03-31"),
        ('[[waive]]\ncheck = "x"\nreason = "y"\nexpires = 2027-01-01T10:00:00', "write a day"),
        ('[[waive]]\ncheck = "*"\nreason = "y"\nexpires = 2027-01-01', "would waive everything"),
        ('waive = "x"', '`waive` is "x": write a list'),
    ],
)
def test_each_mistake_has_one_line(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_policy(f"schema = 1\n{text}", origin="team.toml")
    assert caught.value.message.startswith("team.toml: `")
    assert words in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "`schema` is missing: add schema = 1"),
        ('schema = "1"', '`schema` is "1": write 1'),
        ("schema = true", "`schema` is true"),
        ("schema = 2\nnew_key = 1", "`schema` is 2, and this mlenv knows 1: update mlenv"),
        ("schema = ", "is not valid TOML"),
        ("schema = 1\nexpires = 2027-13-01", "line 2"),
        ("schema = " + "9" * 5000, "a number in it is too long"),
        ('schema = 1\nname = "a\\u001b[2J"', "holds a control character"),
    ],
)
def test_what_is_no_policy(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=r"^team\.toml") as caught:
        parse_policy(text, origin="team.toml")
    assert words in caught.value.message


def test_a_wrong_day_is_quoted_with_a_right_one() -> None:
    with pytest.raises(UsageError) as caught:
        parse_policy("schema = 1\n[[waive]]\nexpires = 2027-13-01\n", origin="team.toml")
    assert "`expires = 2027-13-01`" in caught.value.message
    assert "a day is written as in 2027-03-31" == caught.value.hint


def test_other_mistakes_are_named_beside_the_first() -> None:
    with pytest.raises(UsageError) as caught:
        parse_policy('schema = 1\n[gpu]\ncount = 2\ndrivr = "x"\n', origin="team.toml")
    assert "also wrong: `gpu.drivr`" in caught.value.hint


def test_files_are_named_from_the_policy_s_folder() -> None:
    assert Path("ops/pylock.toml") == find_beside(Path("ops/team.toml"), "pylock.toml")
    assert Path("/locks/pylock.toml") == find_beside(Path("ops/team.toml"), "/locks/pylock.toml")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_policy(tmp_path / "none.toml")


leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12))
KEYS = st.sampled_from(["schema", "host", "gpu", "env", "waive", "frameworks", "ram_gb", "health", "check", "\x9b2J"])
trees = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))


@given(st.dictionaries(KEYS, trees, max_size=5))
def test_any_file_is_a_policy_or_a_sentence(data: dict[str, object]) -> None:
    import tomli_w

    try:
        text = tomli_w.dumps(_without_none(data))
    except (ValueError, TypeError):
        return
    assert _complaint(text).isprintable()


def _complaint(text: str) -> str:
    """What is said of a file; empty where it is a policy."""
    try:
        parse_policy(text, origin="team.toml")
    except UsageError as error:
        return error.message
    return ""


def _without_none(value: object) -> dict[str, object]:
    def strip(part: object) -> object:
        if isinstance(part, dict):
            return {key: strip(item) for key, item in part.items() if item is not None}
        return [strip(item) for item in part if item is not None] if isinstance(part, list) else part

    found = strip(value)
    assert isinstance(found, dict)
    return found
