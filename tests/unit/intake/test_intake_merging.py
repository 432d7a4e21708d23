"""Several sections as one."""

from __future__ import annotations

from mlenv.facts.drivers import Nvidia
from mlenv.facts.environment import Distribution
from mlenv.facts.gpu import Gpu
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.report import FrameworkView
from mlenv.facts.system import OperatingSystem
from mlenv.intake.forms.form import Told
from mlenv.intake.merging import merge_told


def gpu(name: str | None, **known: object) -> Gpu:
    return Gpu(vendor="nvidia", name=name, **known)  # type: ignore[arg-type]


def test_first_wins_and_gaps_are_filled() -> None:
    merged = merge_told([Told(nvidia=Nvidia(driver="535.54.03")), Told(nvidia=Nvidia(driver="470.1", cuda="12.2"))])
    assert Nvidia(driver="535.54.03", cuda="12.2") == merged.nvidia


def test_a_fuller_version_is_the_same_fact() -> None:
    merged = merge_told([Told(nvidia=Nvidia(driver="535")), Told(nvidia=Nvidia(driver="535.54.03"))])
    assert Nvidia(driver="535.54.03") == merged.nvidia


def test_gpus_of_two_sources_are_joined_by_product() -> None:
    first = Told(gpus=(gpu("NVIDIA GeForce RTX 3090", index=0), gpu("NVIDIA GeForce RTX 3090", index=1)))
    second = Told(gpus=(gpu("NVIDIA GeForce RTX 3090", index=0, memory_bytes=5),))
    merged = merge_told([first, second]).gpus
    assert merged is not None
    assert [5, None] == [row.memory_bytes for row in merged]


def test_a_list_cut_short_is_completed() -> None:
    merged = merge_told(
        [
            Told(gpus=(gpu("A100"),)),
            Told(gpus=(gpu("NVIDIA A100-SXM4-40GB", index=0), gpu("NVIDIA A100-SXM4-40GB", index=1))),
        ]
    )
    assert merged.gpus is not None
    assert ["NVIDIA A100-SXM4-40GB"] * 2 == [row.name for row in merged.gpus]


def test_a_name_cut_off_is_made_whole() -> None:
    merged = merge_told(
        [Told(gpus=(gpu("NVIDIA GeForce RTX 4080 ..."),)), Told(gpus=(gpu("NVIDIA GeForce RTX 4080 Laptop GPU"),))]
    )
    assert merged.gpus is not None
    assert ["NVIDIA GeForce RTX 4080 Laptop GPU"] == [row.name for row in merged.gpus]


def test_other_products_stay_apart() -> None:
    merged = merge_told(
        [Told(gpus=(gpu("RTX 3060"),)), Told(gpus=(Gpu(vendor="intel", name="Intel UHD"), gpu("RTX 4070")))]
    )
    assert merged.gpus is not None
    assert ["RTX 3060", "Intel UHD", "RTX 4070"] == [row.name for row in merged.gpus]


def test_no_gpus_is_told_unlike_unknown_ones() -> None:
    assert merge_told([Told(gpus=()), Told()]).gpus == ()
    assert merge_told([Told(), Told()]).gpus is None


def test_a_local_tag_completes_a_package() -> None:
    rows = (Distribution(name="torch", version="2.9.1"), Distribution(name="numpy", version="2.0"))
    merged = merge_told(
        [Told(distributions=rows), Told(distributions=(Distribution(name="torch", version="2.9.1+cu130"),))]
    )
    assert {"torch": "2.9.1+cu130", "numpy": "2.0"} == {row.name: row.version for row in merged.distributions}


def test_pythons_are_not_mixed() -> None:
    merged = merge_told(
        [
            Told(python=PythonInterpreter(version="3.8.10")),
            Told(python=PythonInterpreter(version="3.12.1", bits=64)),
        ]
    )
    assert PythonInterpreter(version="3.8.10") == merged.python


def test_linux_inside_windows_is_the_system() -> None:
    windows, linux = OperatingSystem(family="windows", version="11"), OperatingSystem(family="linux", wsl=2)
    assert linux == merge_told([Told(os=windows), Told(os=linux)]).os


def test_versions_of_two_distributions_are_not_mixed() -> None:
    first = OperatingSystem(family="linux", distribution="Ubuntu")
    second = OperatingSystem(family="linux", distribution="Debian GNU/Linux", version="12", kernel="6.1.0")
    merged = merge_told([Told(os=first), Told(os=second)]).os
    assert merged is not None
    assert ("Ubuntu", None, "6.1.0") == (merged.distribution, merged.version, merged.kernel)


def test_one_device_that_works_is_enough() -> None:
    views = [FrameworkView(framework="torch", available=state) for state in (False, True)]
    merged = merge_told(Told(views=(view,)) for view in views)
    assert [True] == [view.available for view in merged.views]
