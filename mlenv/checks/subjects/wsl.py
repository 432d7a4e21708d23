"""The Windows Subsystem for Linux, where the GPU's driver is that of Windows."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import quote_messages
from mlenv.checks.finding import Finding, Fix, Grade
from mlenv.checks.messages import NO_GPU, first_told, present
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.situation import gpu_is_seen_to_work, in_wsl
from mlenv.facts.pattern import lazy
from mlenv.matrix.load import Matrix

LIBRARY = "/usr/lib/wsl/lib"
_HIDDEN = (
    "libcuda-missing",
    "no-nvidia-driver",
    "cuda-no-device",
    "no-cuda-driver-found",
    "no-visible-gpu",
    "cuda-init-failed",
    "accelerator-not-used",
    "tensorflow-sees-no-gpu",
    "nvml-library-missing",
    "smi-not-found",
)
_MESSAGES = (
    *NO_GPU,
    "nvml-version-mismatch",
    "driver-api-mismatch",
    "cuda-driver-mismatch",
    "cuda-compat-unsupported",
    "nvml-blocked-by-system",
    "container-image-has-driver",
)
# Packages that bring the user-space part of the Linux driver; nvidia-cuda-toolkit and its like do not.
_DRIVER = lazy(
    r"(?:lib)?nvidia-(?:compute|driver|utils|kernel|dkms|gl)[\w.-]*|libcuda1|cuda-drivers[\w.-]*"
    r"|xserver-xorg-video-nvidia\S*"
)


@check("wsl-linux-driver-installed", subject="gpu")
def wsl_linux_driver_installed(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Linux packages of NVIDIA's driver inside WSL, whose libraries hide those of Windows' driver."""
    _require_wsl(case)
    clue = first_told(case, "wsl-linux-driver", "linux-libcuda-first")
    named = clue is not None and (clue.id == "wsl-linux-driver")
    packages = _driver_packages(case)
    libraries = _linux_libcuda(case)
    # Windows' own libraries fit its driver: others that do not were installed here.
    apart = first_told(case, "nvml-version-mismatch", "driver-api-mismatch")
    if clue is None and not packages and not libraries and apart is None:
        return
    if gpu_is_seen_to_work(case) and not (clue and clue.told):
        return
    failed = first_told(case, *_MESSAGES)
    yield Finding(
        id="wsl-linux-driver-installed",
        severity="error" if failed or (clue and clue.told) else "warning",
        title="A Linux NVIDIA driver is installed inside WSL",
        cause="In WSL the driver is that of Windows, and its libraries lie in /usr/lib/wsl/lib; those of a "
        "Linux driver "
        "come before them and find no GPU.",
        evidence=(
            *((f"installed: {', '.join(packages[:4])}",) if packages else ()),
            *libraries[:2],
            *quote_messages(case, "wsl-linux-driver", "linux-libcuda-first"),
        ),
        fix=(
            Fix(
                text="Remove the Linux driver inside WSL",
                command="sudo apt purge 'nvidia-driver-*' 'libnvidia-compute-*' 'nvidia-utils-*' 'cuda-drivers*'",
            ),
            Fix(text="Install CUDA toolkits there only from packages named cuda-toolkit-*, which bring no driver"),
            Fix(text="Then restart WSL, in PowerShell:", command="wsl --shutdown"),
        ),
        grade="named" if named else "shown" if clue or packages or libraries else "likely",
        explains=present(case, *_MESSAGES, "wsl-linux-driver", "linux-libcuda-first"),
    )


@check("wsl-libcuda-path", subject="gpu")
def wsl_libcuda_path(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """The libcuda of WSL, which programs do not find."""
    _require_wsl(case)
    clue, failed = first_told(case, "wsl-libcuda-no-link"), first_told(case, *_HIDDEN)
    if clue is None and (failed is None or gpu_is_seen_to_work(case)):
        return
    # A container gets the library from its engine, wherever the distribution looks for it.
    if clue is None and case.machine.os.container:
        return
    if clue is None and (_driver_packages(case) or case.clue("container-image-has-driver")):
        return
    grade: Grade = "named" if clue else "shown" if case.clue("libcuda-missing") else "likely"
    yield Finding(
        id="wsl-libcuda-path",
        severity="error",
        title="Programs do not find WSL's libcuda",
        cause=f"Windows gives WSL its driver's libraries in {LIBRARY}, and there they are not found: the folder is not "
        "on the search path, or libcuda.so.1 is a copy where a link should be.",
        evidence=quote_messages(case, "wsl-libcuda-no-link", *_HIDDEN),
        fix=(
            Fix(
                text="See whether the GPU is there at all; if not, install the newest NVIDIA driver on Windows",
                command=f"{LIBRARY}/nvidia-smi",
            ),
            Fix(
                text="Put the folder on the search path", command=f'export LD_LIBRARY_PATH="{LIBRARY}:$LD_LIBRARY_PATH"'
            ),
            Fix(
                text="Or for every program",
                command=f"echo {LIBRARY} | sudo tee /etc/ld.so.conf.d/ld.wsl.conf && sudo ldconfig",
            ),
        ),
        grade=grade,
        explains=present(case, "wsl-libcuda-no-link", *_HIDDEN),
    )


def _driver_packages(case: Case) -> list[str]:
    packages = case.report.system_packages if case.report else {}
    return [name for name in packages if _DRIVER.match(name)]


def _linux_libcuda(case: Case) -> list[str]:
    libraries = case.machine.libraries or ()
    return [row.path for row in libraries if row.name in ("cuda", "libcuda") and LIBRARY not in row.path]


def _require_wsl(case: Case) -> None:
    if not in_wsl(case):
        raise Skip("this is no WSL")
