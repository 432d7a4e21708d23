"""The Dockerfile: its linter finds nothing, and it starts from the right image."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlenv.errors import UsageError
from mlenv.facts.packages import PackageConfiguration
from mlenv.matrix.load import Matrix
from mlenv.plan.forms.dockerfile import quote
from tests.unit.plan.plan_cases import GPU, LINUX, LOCK, MATRIX, WINDOWS, describe, form_for, setting

HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint") or ""
AMD = '\n[rocm]\nversion = "7.0"\n[[gpu]]\nvendor = "amd"\nname = "Radeon RX 7900 XTX"\ngfx = "gfx1100"\n'
LOCAL = PackageConfiguration(
    extra_index_urls=(setting("file:///srv/index/simple"),), find_links=(setting("/srv/my wheels"),)
)
FILES: dict[str, Callable[[], str]] = {
    "cpu": lambda: form_for("dockerfile", "pytorch-cpu"),
    "cuda": lambda: form_for("dockerfile", "pytorch-gpu", machine=describe(LINUX + GPU)),
    "rocm": lambda: form_for("dockerfile", "pytorch-gpu", machine=describe(LINUX + AMD)),
    "java": lambda: form_for("dockerfile", "spark"),
    "pip": lambda: form_for("dockerfile", "starter", manager="pip"),
    "proven": lambda: form_for("dockerfile", "pytorch-cpu", lock=LOCK),
    "variables": lambda: form_for("dockerfile", "keras"),
    "local": lambda: form_for("dockerfile", "starter", machine=describe(packages=LOCAL)),
}


@pytest.mark.skipif(not HADOLINT, reason="needs hadolint")
@pytest.mark.parametrize("name", FILES)
def test_its_linter_finds_nothing(name: str) -> None:
    done = subprocess.run(
        [HADOLINT, "--no-color", "--failure-threshold", "style", "-"],
        input=FILES[name]().encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stdout.decode())


def images(text: str) -> list[str]:
    return re.findall(r"^FROM (\S+)", text, re.MULTILINE)


def test_wheels_that_bring_cuda_need_a_plain_image_and_the_hosts_driver() -> None:
    text = FILES["cuda"]()
    assert ["python:3.12-slim-bookworm"] * 2 == images(text)
    assert "docker run --rm -it --gpus all pytorch-gpu" in text
    assert 'NVIDIA_DRIVER_CAPABILITIES="compute,utility"' in text
    assert 'org.mlenv.driver.lowest="580.65.06"' in text


def test_rocm_needs_its_devices() -> None:
    text = FILES["rocm"]()
    assert "--device /dev/kfd --device /dev/dri --group-add video" in text
    assert "NVIDIA" not in text


def test_the_cpu_needs_neither() -> None:
    text = FILES["cpu"]()
    assert not re.search("gpus all|/dev/|NVIDIA", text)
    assert re.search(r"^RUN /opt/venv/bin/python -c .* torch", text, re.MULTILINE)


def test_what_frameworks_need_beside_packages_is_in_the_image() -> None:
    text = FILES["java"]()
    assert "openjdk-17-jre-headless" in text.split("FROM ")[-1]
    assert "which mlenv does not install" not in text


def test_nobody_runs_it_as_root() -> None:
    last = FILES["cpu"]().split("FROM ")[-1]
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)


def test_its_labels_say_what_it_is_made_from() -> None:
    text = FILES["cuda"]()
    data = MATRIX.data_version
    assert f'org.mlenv.matrix.version="{data.version}"' in text
    assert f'org.mlenv.matrix.digest="{data.digest}"' in text
    assert 'org.mlenv.profile="pytorch-gpu"' in text
    assert re.search('org.opencontainers.image.description="torch 2', text)


def test_local_folders_come_in_at_their_own_paths() -> None:
    text = FILES["local"]()
    assert "--build-context local1=/srv/index --build-context local2='/srv/my wheels'" in text
    assert "--mount=type=bind,from=local1,target=/srv/index" in text
    assert '"--mount=type=bind,from=local2,target=/srv/my wheels"' in text


def test_a_folder_that_a_mount_cannot_name_is_refused() -> None:
    packages = PackageConfiguration(find_links=(setting("/srv/a,b"),))
    with pytest.raises(UsageError, match="a letter that a mount"):
        form_for("dockerfile", "starter", machine=describe(packages=packages))


def test_a_proven_plan_is_not_resolved_again() -> None:
    text = FILES["proven"]()
    assert "pip compile" not in text
    assert LOCK in text


def test_a_plan_for_windows_has_no_container() -> None:
    with pytest.raises(UsageError, match="the plan is for windows"):
        form_for("dockerfile", "starter", machine=describe(WINDOWS))


def test_a_site_has_its_own_images(tmp_path: Path) -> None:
    row = (
        '{ id = "python", title = "ours", image = "registry.example/python:{python}", python = true, glibc = "2.36",'
        ' accelerators = ["cpu"], platforms = ["linux-x86_64"], source = ["us"] }'
    )
    head = 'checked_on = 2026-11-22\nuse = []\n[sources]\nus = "us"\n'
    (tmp_path / "images.toml").write_text(head.replace("use = []", f"image = [{row}]\nuse = []"))
    matrix = Matrix(site=tmp_path)
    assert ["registry.example/python:3.12"] * 2 == images(form_for("dockerfile", "starter", matrix=matrix))


@pytest.mark.parametrize(
    ("value", "expected"), [("plain", '"plain"'), ('a "b" $c \\', '"a \\"b\\" \\$c \\\\"'), ("a\nb", '"a b"')]
)
def test_values_are_quoted(value: str, expected: str) -> None:
    assert expected == quote(value)


def test_a_build_that_needs_rocm_starts_from_an_image_that_has_it() -> None:
    machine = describe(LINUX.replace("2.35", "2.39") + AMD)
    text = form_for("dockerfile", "jax-gpu", machine=machine)
    assert ["rocm/dev-ubuntu-24.04:7.2-complete"] * 2 == images(text)
    assert "UV_PYTHON_PREFERENCE=only-managed" in text
    assert "COPY --from=build /opt/python /opt/python" in text
    assert "which mlenv does not install" not in text


def test_pip_cannot_bring_a_python_into_an_image() -> None:
    machine = describe(LINUX.replace("2.35", "2.39") + AMD)
    with pytest.raises(UsageError, match=r"has no Python 3\.12, which pip cannot bring"):
        form_for("dockerfile", "jax-gpu", machine=machine, manager="pip")
