"""What the resolver answers on described machines, with the real matrix."""

from __future__ import annotations

import msgspec
import pytest

from mlenv.facts.machine import Machine
from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.resolve.request import Request, Wanted, make_request
from mlenv.resolve.resolution import Impossible, Resolution
from mlenv.resolve.solve import resolve
from mlenv.supply.offers import Offer, Source, Supply

MATRIX = Matrix()


def describe(
    gpu: str = "", *, system: str = "", driver: str = "", python: str = '["3.12.4"]', flags: str = '["avx"]'
) -> Machine:
    head = system or 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"'
    nvidia = f'[nvidia]\ndriver = "{driver}"\n' if driver else ""
    return parse_description(f"{head}\npython = {python}\n[cpu]\nflags = {flags}\n{nvidia}{gpu}", origin="test")


def nvidia(name: str, driver: str, capability: str = "", **more: str) -> Machine:
    line = f'compute_capability = "{capability}"\n' if capability else ""
    return describe(f'[[gpu]]\nvendor = "nvidia"\nname = "{name}"\n{line}', driver=driver, **more)


def ask(
    machine: Machine, *names: str, accelerator: str = "auto", supply: Supply | None = None
) -> Resolution | Impossible:
    request = Request(wanted=tuple(Wanted(name=name) for name in names), accelerator=accelerator)
    return resolve(request, machine, MATRIX, supply)


def answer_of(machine: Machine, *names: str, accelerator: str = "auto", supply: Supply | None = None) -> Resolution:
    answer = ask(machine, *names, accelerator=accelerator, supply=supply)
    assert isinstance(answer, Resolution)
    return answer


def chosen(answer: Resolution) -> dict[str, str]:
    return {pick.framework: f"{pick.release.version} {pick.build.variant}" for pick in answer.picks}


WINDOWS = 'os = "windows"\narch = "x86_64"'
MAC = 'os = "macos"\nos_version = "15.1"\narch = "arm64"'
OLD_MAC = 'os = "macos"\nos_version = "13.4"\narch = "arm64"'
OLD_LINUX = 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.17"'
WSL = 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\nwsl = true'
ARM = 'os = "linux"\narch = "aarch64"\nlibc = "glibc 2.39"'
APPLE_GPU = '[[gpu]]\nvendor = "apple"\nname = "Apple M3"\n'
RADEON = '[[gpu]]\nvendor = "amd"\nname = "AMD Radeon RX 7900 XT"\ngfx = "gfx1100"\n'
OLD_RADEON = '[[gpu]]\nvendor = "amd"\nname = "AMD Radeon RX 570"\ngfx = "gfx803"\n'
ARC = '[[gpu]]\nvendor = "intel"\nname = "Intel Arc A770 Graphics"\n'


@pytest.mark.parametrize(
    ("machine", "name", "expected"),
    [
        pytest.param(describe(), "torch", "2.15.0 cpu", id="cpu"),
        pytest.param(nvidia("GeForce GTX 1070", "580.95.05", "6.1"), "torch", "2.14.1 cu126", id="pascal"),
        pytest.param(nvidia("Tesla P100-PCIE-16GB", "535.54.03", "6.0"), "torch", "2.14.1 cu126", id="p100"),
        pytest.param(nvidia("NVIDIA A30", "580.95.05", "8.0"), "torch", "2.15.0 cu132", id="ampere-new-driver"),
        pytest.param(nvidia("NVIDIA A30", "550.54.14", "8.0"), "torch", "2.14.1 cu126", id="ampere-minor-compat"),
        pytest.param(nvidia("NVIDIA L4", "470.57.02", "8.9"), "torch", "2.15.0 cpu", id="ada-driver-too-old"),
        pytest.param(nvidia("NVIDIA GeForce RTX 5080", "572.16", "12.0"), "torch", "2.13.0 cu129", id="blackwell-12.9"),
        pytest.param(
            nvidia("NVIDIA GeForce RTX 3070", "581.29", "8.6", system=WINDOWS), "torch", "2.14.1 cu132", id="windows"
        ),
        pytest.param(nvidia("NVIDIA GeForce RTX 3060", "560.94", "8.6", system=WSL), "torch", "2.14.1 cu126", id="wsl"),
        pytest.param(describe(APPLE_GPU, system=MAC), "torch", "2.15.0 cpu", id="mac"),
        pytest.param(describe(APPLE_GPU, system=OLD_MAC), "torch", "2.10.0 cpu", id="old-mac"),
        pytest.param(describe(RADEON), "torch", "2.13.0 rocm7.2", id="radeon"),
        pytest.param(describe(OLD_RADEON), "torch", "2.15.0 cpu", id="old-radeon"),
        pytest.param(describe(ARC), "torch", "2.14.1 xpu", id="arc"),
        pytest.param(describe(system=OLD_LINUX), "torch", "2.6.0 cpu", id="glibc-2.17"),
        pytest.param(describe(system=ARM), "torch", "2.15.0 cpu", id="arm"),
        pytest.param(describe(), "tensorflow", "2.21.0 cpu", id="tf-cpu"),
        pytest.param(nvidia("NVIDIA GeForce RTX 4070", "550.54.14", "8.9"), "tensorflow", "2.21.0 cu12", id="tf-ada"),
        pytest.param(
            nvidia("NVIDIA GeForce RTX 5090", "580.95.05", "12.0"), "tensorflow", "2.21.0 cpu", id="tf-blackwell"
        ),
        pytest.param(
            nvidia("NVIDIA GeForce GTX 970", "550.54.14", "5.2"), "tensorflow", "2.16.2 cu12", id="tf-maxwell"
        ),
        pytest.param(describe(APPLE_GPU, system=MAC), "tensorflow", "2.19.1 metal", id="tf-metal"),
        pytest.param(nvidia("NVIDIA A30", "580.95.05", "8.0"), "jax", "0.12.0.1 cuda13", id="jax-13"),
        pytest.param(nvidia("NVIDIA A30", "550.54.14", "8.0"), "jax", "0.12.0.1 cuda12", id="jax-12"),
        pytest.param(nvidia("NVIDIA TITAN V", "580.95.05", "7.0"), "jax", "0.12.0.1 cuda12", id="jax-volta"),
        pytest.param(describe(system=WINDOWS), "jax", "0.12.0.1 cpu", id="jax-windows"),
    ],
)
def test_the_newest_that_truly_runs(machine: Machine, name: str, expected: str) -> None:
    assert {name: expected} == chosen(answer_of(machine, name))


def test_the_weakest_of_mixed_gpus_decides() -> None:
    gpus = '[[gpu]]\nvendor = "nvidia"\nname = "A"\ncompute_capability = "{}"\n'
    machine = describe(gpus.format("8.9") + gpus.format("6.1"), driver="580.95.05")
    assert {"torch": "2.14.1 cu126"} == chosen(answer_of(machine, "torch"))


def test_a_product_name_is_enough() -> None:
    assert {"torch": "2.14.1 cu126"} == chosen(answer_of(nvidia("NVIDIA GeForce GTX 1080 Ti", "580.95.05"), "torch"))


@pytest.mark.parametrize(
    ("machine", "about"),
    [
        pytest.param(describe(), "no GPU is known", id="no-gpu"),
        pytest.param(nvidia("NVIDIA GeForce RTX 4080", "418.87", "8.9"), "needs driver", id="driver"),
        pytest.param(describe(OLD_RADEON), "gfx803", id="gfx"),
        pytest.param(nvidia("Mystery GPU", "580.95.05"), "compute capability", id="unknown-gpu"),
        pytest.param(describe('[[gpu]]\nvendor = "nvidia"\nname = "NVIDIA A30"\n'), "none is known", id="no-driver"),
    ],
)
def test_a_refusal_gives_its_reason(machine: Machine, about: str) -> None:
    answer = ask(machine, "torch", accelerator="gpu")
    assert isinstance(answer, Impossible)
    assert about in " ".join([*(row.text for row in answer.reasons), *(row.text for row in answer.rejected)])
    assert "use the CPU: --accelerator cpu" in answer.remedies


def test_an_old_driver_is_told_which_one_would_do() -> None:
    answer = ask(nvidia("NVIDIA GeForce RTX 5070", "535.54.03", "12.0"), "torch", accelerator="gpu")
    assert isinstance(answer, Impossible)
    assert "update the NVIDIA driver to 570 or newer: then torch 2.13.0 cu129 runs here" in answer.remedies


def test_missing_avx_rules_out_tensorflow_and_not_numpy() -> None:
    machine = describe(flags='["sse4_2"]')
    assert isinstance(ask(machine, "tensorflow", accelerator="cpu"), Impossible)
    assert isinstance(ask(machine, "numpy", accelerator="cpu"), Resolution)


def test_musl_has_no_torch() -> None:
    machine = describe(system='os = "linux"\narch = "x86_64"\nlibc = "musl 1.2.4"')
    answer = ask(machine, "torch", accelerator="cpu")
    assert isinstance(answer, Impossible)
    assert "musl" in answer.rejected[0].text


def test_an_unknown_libc_is_not_taken_for_a_good_one() -> None:
    machine = describe(system='os = "linux"\narch = "x86_64"')
    assert isinstance(ask(machine, "torch", accelerator="cpu"), Impossible)


def test_companions_follow_torch() -> None:
    picks = chosen(answer_of(nvidia("NVIDIA A30", "550.54.14", "8.0"), "torch", "torchvision"))
    assert picks["torch"].split()[1] == picks["torchvision"].split()[1] == "cu126"


def test_an_environment_has_one_cuda_major() -> None:
    answer = answer_of(nvidia("NVIDIA A30", "580.95.05", "8.0"), "torch", "jax")
    assert {"cu13"} == {pick.build.runtime for pick in answer.picks}


def test_shared_cuda_libraries_decide_the_joint_answer() -> None:
    answer = answer_of(nvidia("NVIDIA A30", "550.54.14", "8.0"), "torch", "tensorflow", accelerator="cuda")
    runtimes = {pick.build.runtime for pick in answer.picks if pick.build.runtime}
    assert {"cu12"} == runtimes
    nccl = {pick.build.nccl for pick in answer.picks if pick.framework == "torch"}
    asked = {pick.build.requires.get("nvidia-nccl-cu12") for pick in answer.picks if pick.framework == "tensorflow"}
    assert len(nccl) == len(asked) == 1


def test_the_order_of_requests_does_not_change_the_answer() -> None:
    machine = nvidia("NVIDIA A30", "580.95.05", "8.0")
    assert chosen(answer_of(machine, "numpy", "pandas", "jax")) == chosen(answer_of(machine, "jax", "pandas", "numpy"))


def test_an_installed_python_is_preferred_when_nothing_is_lost() -> None:
    answer = answer_of(describe(python='["3.13.1", "3.12.4", "3.9.2"]'), "torch")
    assert ("3.13", "3.13.1") == (answer.python, answer.interpreter and answer.interpreter.version)


def test_a_python_is_brought_when_the_installed_ones_are_too_old() -> None:
    answer = answer_of(describe(python='["3.8.10"]'), "torch")
    assert answer.interpreter is None
    assert answer.python == "3.14"


def test_a_pinned_python_holds() -> None:
    request = make_request(MATRIX, [MATRIX.profile("jax-cpu")], python="3.11")
    answer = resolve(request, describe(), MATRIX)
    assert isinstance(answer, Resolution)
    assert {"jax": "0.10.2 cpu"} == chosen(answer)


def test_as_of_knows_only_that_day() -> None:
    import datetime as dt

    then = Matrix(as_of=dt.date(2024, 7, 1))
    answer = resolve(make_request(then, [then.profile("pytorch-cpu")]), describe(), then)
    assert isinstance(answer, Resolution)
    assert chosen(answer)["torch"] == "2.3.1 cpu"


FOLDER = Source(id="links-1", kind="links", address="/wheels", origin="pip.conf", state="answered")
INDEX = Source(id="pytorch-cpu", kind="framework", address="https://index.example", origin="matrix")
DEFAULT = Source(id="default", kind="default", address="", origin="default")
WHEEL = Offer(distribution="torch", version="2.13.0", local="cpu", pythons=("3.11",), source="links-1")


def supply_of(*sources: Source, offers: tuple[Offer, ...] = (), pythons: bool | None = None) -> Supply:
    listed = tuple((source.id, "torch") for source in sources if source.kind in ("links", "index"))
    return Supply(sources=sources, offers=offers, listed=listed, pythons_on_demand=pythons)


def blocked(source: Source) -> Source:
    return msgspec.structs.replace(source, state="unreachable", detail="no network")


def test_a_blocked_index_gives_way_to_a_folder_of_wheels() -> None:
    machine = describe(python='["3.12.4", "3.11.2"]')
    answer = answer_of(machine, "torch", supply=supply_of(blocked(INDEX), FOLDER, DEFAULT, offers=(WHEEL,)))
    assert {"torch": "2.13.0 cpu"} == chosen(answer)
    assert ("links-1", "cpu", "3.11") == (answer.picks[0].source, answer.picks[0].local, answer.python)
    assert any("pytorch-cpu" in row.text for row in answer.rejected)


def test_an_index_that_answers_comes_before_a_folder() -> None:
    answer = answer_of(describe(), "torch", supply=supply_of(INDEX, FOLDER, DEFAULT, offers=(WHEEL,)))
    assert {"torch": "2.15.0 cpu"} == chosen(answer)


def test_the_default_index_is_the_last_resort() -> None:
    answer = answer_of(describe(), "torch", supply=supply_of(blocked(INDEX), DEFAULT))
    assert "default" == answer.picks[0].source
    assert any("carries GPU libraries" in warning for warning in answer.warnings)


def test_nothing_answers() -> None:
    answer = ask(describe(), "torch", accelerator="cpu", supply=supply_of(blocked(INDEX), blocked(DEFAULT)))
    assert isinstance(answer, Impossible)
    assert ["supply", "source-unreachable", "source-unreachable"] == [row.rule for row in answer.rejected]


def test_a_pinned_python_without_wheels_is_named() -> None:
    request = make_request(MATRIX, [MATRIX.profile("pytorch-cpu")], python="3.8", extras=["torch>=2.14"])
    answer = resolve(request, describe(), MATRIX)
    assert isinstance(answer, Impossible)
    assert "python" == answer.rejected[0].rule
    assert any("--python" in remedy for remedy in answer.remedies)
