"""What an installation will take, and what stands in its way."""

from __future__ import annotations

import msgspec
import pytest

from mlenv.facts.hardware import Disk, Memory
from mlenv.facts.machine import Machine
from mlenv.plan.outlook import look_ahead, say_bytes
from mlenv.plan.plan import Plan
from tests.unit.plan.plan_cases import describe, plan_of, sources_for

GB = 10**9
SIZES = (900_000_000, 90_000_000, 10_000_000)


@pytest.fixture
def plan() -> Plan:
    """A plan whose lock has three files of a gigabyte together."""
    rows = "".join(
        f'\n[[packages]]\nname = "p{number}"\nversion = "1"\n[[packages.wheels]]\n'
        f'url = "https://a.example/p{number}-1-py3-none-any.whl"\nsize = {size}\nhashes.sha256 = "{"0" * 64}"\n'
        for number, size in enumerate(SIZES)
    )
    return msgspec.structs.replace(plan_of(sources_for("starter")), lock=f'lock-version = "1.0"\n{rows}')


def machine(*, environment: float = 100, cache: float | None = None, temporary: float = 100, **more: object) -> Machine:
    """A machine with so many free gigabytes."""
    places = {"environment": environment, "cache": environment if cache is None else cache, "temporary": temporary}
    disks = tuple(
        Disk(purpose=purpose, path=f"/{purpose}", free_bytes=round(free * GB), total_bytes=500 * GB, writable=True)  # type: ignore[arg-type]
        for purpose, free in places.items()
    )
    return msgspec.structs.replace(describe(), disks=disks, memory=Memory(available_bytes=16 * GB), **more)


def test_the_size_of_the_download_and_its_time(plan: Plan) -> None:
    outlook = look_ahead(plan, machine(), fetched=3, pace=10_000_000)
    assert "3 packages, 1.0 GB to download (about 2 min), about 3.0 GB on the disk" == outlook.describe()
    assert ((), ()) == (outlook.obstacles, outlook.doubts)


def test_what_the_cache_holds_is_not_counted(plan: Plan) -> None:
    outlook = look_ahead(plan, machine(), fetched=2)
    assert 990_000_000 == outlook.download_bytes


def test_what_cannot_fit_is_not_begun(plan: Plan) -> None:
    (obstacle,) = look_ahead(plan, machine(environment=0.8), fetched=3).obstacles
    assert ("/environment: has 800 MB free, and at least 1.3 GB are needed") == obstacle[0]
    assert "uv cache prune" in obstacle[1]


def test_what_may_not_fit_is_said(plan: Plan) -> None:
    outlook = look_ahead(plan, machine(environment=2.0), fetched=3)
    assert () == outlook.obstacles
    assert "/environment has 2.0 GB free" in outlook.doubts[0]


def test_one_package_of_several_may_be_the_smallest(plan: Plan) -> None:
    assert () == look_ahead(plan, machine(environment=0.8), fetched=1).obstacles


def test_a_cache_on_a_small_disk_of_its_own(plan: Plan) -> None:
    (obstacle,) = look_ahead(plan, machine(cache=0.1), fetched=3).obstacles
    assert obstacle[0].startswith("/cache: has 100 MB free")
    assert "UV_CACHE_DIR" in obstacle[1]


def test_without_knowledge_only_the_barest_is_asked_for(plan: Plan) -> None:
    assert () == look_ahead(plan, machine(environment=0.1)).obstacles
    (obstacle,) = look_ahead(plan, machine(environment=0.01)).obstacles
    assert "at least 64 MB" in obstacle[0]


def test_a_full_temporary_folder_is_said(plan: Plan) -> None:
    (obstacle,) = look_ahead(plan, machine(temporary=0.0)).obstacles
    assert obstacle[0].startswith("/temporary: ")
    assert "TMPDIR" in obstacle[1]


def test_a_place_that_may_not_be_written_to(plan: Plan) -> None:
    closed = Disk(purpose="environment", path="/usr/env", writable=False)
    outlook = look_ahead(plan, msgspec.structs.replace(machine(), disks=(closed,)))
    assert (("/usr/env: cannot be written to", "name a folder of your own with --env"),) == outlook.obstacles


def test_little_memory_is_said(plan: Plan) -> None:
    found = msgspec.structs.replace(machine(), memory=Memory(available_bytes=200_000_000))
    assert "only 200 MB of memory are free" in look_ahead(plan, found).doubts[0]


def test_an_unknown_machine_has_no_obstacles(plan: Plan) -> None:
    assert () == look_ahead(plan, msgspec.structs.replace(describe(), disks=()), fetched=3).obstacles


@pytest.mark.parametrize(("size", "text"), [(1, "1 MB"), (136_000_000, "136 MB"), (2_100_000_000, "2.1 GB")])
def test_sizes_in_words(size: int, text: str) -> None:
    assert text == say_bytes(size)
