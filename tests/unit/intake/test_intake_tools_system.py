"""What names the system, its kernel, its modules and devices, its room and its containers."""

from __future__ import annotations

import pytest

from mlenv.clues.text import normalise
from mlenv.facts.drivers import CudaToolkit, FabricManager, Nvidia
from mlenv.facts.hardware import Memory
from mlenv.facts.system import Account, DeviceNode, DkmsModule, KernelModule, Libc, OperatingSystem, ResourceLimit
from mlenv.intake.forms import (
    boards,
    conda,
    containers,
    gpu_messages,
    jax_info,
    kernel,
    mac,
    modules,
    nodes,
    nvidia_smi,
    pip,
    pip_wanted,
    platform_line,
    python_line,
    python_session,
    rocm,
    storage,
    system,
    system_packages,
    tf_env,
    toolchain,
    variables,
)
from mlenv.intake.forms.blocks import command_of
from mlenv.intake.forms.form import Form, Told

MODULES = (
    *(boards, conda, containers, jax_info, kernel, mac, modules, nodes, nvidia_smi, pip, pip_wanted, platform_line),
    *(gpu_messages, python_session, python_line, rocm, storage, system, system_packages, tf_env, toolchain, variables),
)
FORMS: tuple[Form, ...] = tuple(form for module in MODULES for form in module.FORMS)
MIB = 1024**2


def tell(name: str, text: str) -> list[Told]:
    form = next(form for form in FORMS if form.name == name)
    return [form.read(part) for part in form.find(text if form.raw else normalise(text))]


def only(name: str, text: str) -> Told:
    (told,) = tell(name, text)
    return told


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("$ nvidia-smi", "nvidia-smi"),
        ("(base) me@box:~/x$ pip list", "pip list"),
        ("[me@node01 ~]$ sudo dkms status", "dkms status"),
        ("root@0a1b:/workspace# lsmod", "lsmod"),
        ("PS C:\\Users\\me> nvcc --version", "nvcc --version"),
        ("(ml) C:\\work>pip freeze", "pip freeze"),
        ("me@mac ~ % sw_vers", "sw_vers"),
        (">>> import torch", "import torch"),
        ("In [3]: x", "x"),
        ("!pip list", "pip list"),
        ("# groups", "groups"),
        ("uname -a", "uname -a"),
        ("$", ""),
        ("# A heading", None),
        ("python 3.11.5 h955ad1f_0", None),
        ("torch==2.1", None),
        ("", None),
    ],
)
def test_prompts(line: str, command: str | None) -> None:
    assert command_of(line) == command


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Platform: Linux-6.5.0-14-generic-x86_64-with-glibc2.35",
            OperatingSystem(family="linux", kernel="6.5.0-14-generic", libc=Libc(family="glibc", version="2.35")),
        ),
        (
            "Linux-5.15.133.1-microsoft-standard-WSL2-x86_64-with-glibc2.31",
            OperatingSystem(
                family="linux",
                kernel="5.15.133.1-microsoft-standard-WSL2",
                libc=Libc(family="glibc", version="2.31"),
                wsl=2,
            ),
        ),
        (
            "Linux-5.4.0-90-generic-x86_64-with-glibc2.10",
            OperatingSystem(family="linux", kernel="5.4.0-90-generic"),
        ),
        ("macOS-14.2.1-arm64-arm-64bit", OperatingSystem(family="macos", version="14.2.1")),
        ("macOS-10.16-x86_64-i386-64bit", OperatingSystem(family="macos")),
        ("Windows-10-10.0.22621-SP0", OperatingSystem(family="windows", version="11", kernel="10.0.22621")),
    ],
)
def test_the_answer_of_platform(text: str, expected: OperatingSystem) -> None:
    assert only("platform", text).os == expected


def test_uname() -> None:
    told = only(
        "uname", "$ uname -a\nLinux box 6.8.0-31-generic #31-Ubuntu SMP Sat Apr 20 00:40:06 UTC 2024 aarch64 GNU/Linux"
    )

    assert told.os == OperatingSystem(family="linux", kernel="6.8.0-31-generic")
    assert told.architecture == "aarch64"
    assert tell("uname", "Linux Ubuntu 22.04.3 LTS is what I have") == []


@pytest.mark.parametrize(
    ("name", "text", "distribution", "version"),
    [
        ("os_release", '$ cat /etc/os-release\nNAME="Rocky Linux"\nID="rocky"\nVERSION_ID="9.3"\n$', "rocky", "9.3"),
        ("os_release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\n", "ubuntu", "22.04"),
        ("lsb_release", "Distributor ID:\tDebian\nDescription:\tDebian\nRelease:\t12\n", "debian", "12"),
        ("redhat_release", "CentOS Linux release 7.9.2009 (Core)", "centos", "7.9.2009"),
        ("os_title", "- OS: Ubuntu 20.04.6 LTS (Focal Fossa)", "ubuntu", "20.04"),
        ("os_title", "Fedora 41", "fedora", "41"),
    ],
)
def test_distributions(name: str, text: str, distribution: str, version: str) -> None:
    told = only(name, text)

    assert told.os is not None
    assert (told.os.distribution, told.os.version) == (distribution, version)


def test_alpine_has_musl() -> None:
    told = only("os_release", "ID=alpine\nVERSION_ID=3.19.1\n")

    assert told.os is not None
    assert told.os.libc == Libc(family="musl", version="1.2")


@pytest.mark.parametrize(
    ("text", "family", "version"),
    [
        ("ldd (Ubuntu GLIBC 2.35-0ubuntu3.8) 2.35", "glibc", "2.35"),
        ("ldd (GNU libc) 2.17", "glibc", "2.17"),
        ("musl libc (x86_64)\nVersion 1.2.4\nDynamic Program Loader", "musl", "1.2.4"),
    ],
)
def test_the_c_library(text: str, family: str, version: str) -> None:
    told = only("ldd_version", text)

    assert told.os is not None
    assert told.os.libc == Libc(family=family, version=version)


def test_windows_macos_and_wsl() -> None:
    assert only("windows_version", "Microsoft Windows [Version 10.0.19045.3803]").os == OperatingSystem(
        family="windows", version="10", kernel="10.0.19045"
    )
    assert only("sw_vers", "ProductName:\tmacOS\nProductVersion:\t15.1\nBuildVersion:\t24B83").os == OperatingSystem(
        family="macos", version="15.1"
    )
    assert only("wsl", "* Ubuntu-22.04    Running         1").os == OperatingSystem(family="linux", wsl=1)
    info = (
        "Host Name:  X\nOS Name:  Microsoft Windows 11 Pro\n"
        "OS Version:  10.0.22631 N/A Build 22631\nSystem Type: x64-based PC\n"
    )
    told = only("systeminfo", info)
    assert (told.os and told.os.version, told.architecture) == ("11", "x86_64")


def test_compilers() -> None:
    text = (
        "$ nvcc --version\nnvcc: NVIDIA (R) Cuda compiler driver\nCuda compilation tools, release 12.2, V12.2.140\n"
        "$ which nvcc\n/usr/local/cuda-12.2/bin/nvcc\n$ gcc --version\ngcc (Debian 12.2.0-14) 12.2.0\n"
    )

    assert only("nvcc", text).toolkit == "12.2"
    assert only("cuda_folder", text).cuda_toolkits == (CudaToolkit(version="12.2", path="/usr/local/cuda-12.2"),)
    assert only("compiler", text).remarks == {"gcc": "12.2.0"}


def test_loaded_modules() -> None:
    text = (
        "$ lsmod | grep -e nvidia -e nouveau\nnvidia_uvm  1380352  0\n"
        "nvidia 54000000 1 nvidia_uvm\nmxm_wmi 12288 1 nouveau\n$"
    )

    assert only("lsmod", text).kernel_modules == (KernelModule(name="nvidia_uvm"), KernelModule(name="nvidia"))


def test_a_question_without_an_answer_and_one_that_is_cut() -> None:
    assert only("lsmod", "me@box:~$ lsmod | grep nvidia\nme@box:~$ ls\n").kernel_modules == ()
    assert tell("lsmod", "me@box:~$ lsmod | grep nvidia\n") == []


@pytest.mark.parametrize(
    ("text", "version", "is_open"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  545.23.06  Sun Oct 15 17:43:11 UTC 2023", "545.23.06", False),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  565.77  Release Build", "565.77", True),
    ],
)
def test_the_driver_s_own_file(text: str, version: str, is_open: bool) -> None:
    assert only("nvidia_version_file", text).nvidia == Nvidia(kernel_module=version, open_kernel_module=is_open)


def test_the_module_s_file() -> None:
    text = (
        "filename:       /lib/modules/6.1.0-20-amd64/updates/dkms/nvidia.ko\n"
        "version:        545.23.06\nlicense:        NVIDIA\n"
    )

    assert only("modinfo", text).nvidia == Nvidia(module_on_disk="545.23.06", open_kernel_module=False)
    assert only("modinfo", "modinfo: ERROR: Module nvidia not found.").remarks == {
        "modinfo": "no module for the running kernel"
    }


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "nvidia/545.23.06, 6.1.0-20-amd64, x86_64: installed",
            DkmsModule(name="nvidia", version="545.23.06", kernel="6.1.0-20-amd64", state="installed"),
        ),
        (
            "nvidia, 460.91, 5.4.0-90-generic, x86_64: built (WARNING! Diff between built and installed module!)",
            DkmsModule(name="nvidia", version="460.91", kernel="5.4.0-90-generic", state="built"),
        ),
        ("nvidia/545.23.06: added", DkmsModule(name="nvidia", version="545.23.06", state="added")),
        (
            (
                "dkms install nvidia/545.23.06 -k 6.9.1\n"
                "Error! Bad return status for module build on kernel: 6.9.1 (x86_64)"
            ),
            DkmsModule(name="nvidia", version="545.23.06", kernel="6.9.1", state="broken"),
        ),
    ],
)
def test_dkms(line: str, expected: DkmsModule) -> None:
    assert only("dkms", line).dkms == (expected,)


@pytest.mark.parametrize(
    ("line", "enabled"), [("SecureBoot enabled", True), ("Secure Boot: off", False), ("secure boot is disabled", False)]
)
def test_secure_boot(line: str, enabled: bool) -> None:
    assert only("secure_boot", line).os == OperatingSystem(family="linux", secure_boot=enabled)


def test_services() -> None:
    text = (
        "● nvidia-fabricmanager.service - NVIDIA fabric manager service\n"
        "     Loaded: loaded (/lib/systemd/system/nvidia-fabricmanager.service; enabled)\n     Active: {} since Mon\n"
    )

    running, failed = (
        only("services", text.format(state)) for state in ("active (running)", "failed (Result: exit-code)")
    )

    assert running.nvidia == Nvidia(fabric_manager=FabricManager(running=True))
    assert failed.nvidia == Nvidia(fabric_manager=FabricManager(running=False))
    assert only("services", "Unit nvidia-fabricmanager.service could not be found.").nvidia == failed.nvidia


def test_device_nodes() -> None:
    text = (
        "$ ls -l /dev/nvidia*\ncrw-rw-rw- 1 root root 195,   0 Mar  4 10:11 /dev/nvidia0\n"
        "crw-rw---- 1 root video 195, 255 Mar  4 10:11 /dev/nvidiactl\n$ exit\n"
    )

    rows, listed = tell("device_nodes", text)

    assert rows.device_nodes == (
        DeviceNode(path="/dev/nvidia0", readable=True, writable=True, mode="0666", owner="root", group="root"),
        DeviceNode(path="/dev/nvidiactl", mode="0660", owner="root", group="video"),
    )
    assert listed.missing_nodes == ("/dev/nvidia-uvm",)


def test_a_list_that_may_be_cut_misses_nothing() -> None:
    assert [told.missing_nodes for told in tell("device_nodes", "$ ls /dev/nvidia*\n/dev/nvidia0 /dev/nvidiactl")] == [
        ()
    ]


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("ls: cannot access '/dev/nvidia-uvm': No such file or directory", "/dev/nvidia-uvm"),
        ("stat /dev/kfd: no such file or directory", "/dev/kfd"),
        ("/dev/nvidia-uvm does not exist", "/dev/nvidia-uvm"),
    ],
)
def test_nodes_that_are_missing(line: str, missing: str) -> None:
    assert only("device_nodes", line).missing_nodes == (missing,)


def test_accounts_have_groups_and_no_name() -> None:
    told = only("account", "uid=1000(me) gid=1000(me) groups=1000(me),27(sudo),109(render)")

    assert told.account == Account(groups=("me", "sudo", "render"), administrator=False)
    assert only("account", "$ groups\nme video\n").account == Account(groups=("me", "video"))
    assert tell("account", "we are groups of people") == []


def test_room_on_disks() -> None:
    text = (
        "$ df -h\nFilesystem      Size  Used Avail Use% Mounted on\n/dev/sda2       100G   99G  1.0G  99% /\n"
        "tmpfs            64M     0   64M   0% /dev/shm\n/dev/sdb1       1.0T  1.0G  1.0T   1% /data\n"
    )

    told = only("df", text)

    assert [(disk.purpose, disk.free_bytes) for disk in told.disks] == [
        ("environment", 1024 * MIB),
        ("shared-memory", 64 * MIB),
    ]
    assert only("df", "Filesystem 1K-blocks Used Available Use% Mounted on\nshm 65536 8 65528 1% /dev/shm").disks[
        0
    ].total_bytes == (64 * MIB)


@pytest.mark.parametrize(
    ("text", "total"),
    [
        (
            (
                "       total  used  free  shared buff/cache available\n"
                "Mem:   31Gi  2Gi  20Gi  1Mi  9Gi  28Gi\nSwap:  0B 0B 0B"
            ),
            31 * 1024,
        ),
        ("$ free -m\n   total used free shared buff/cache available\nMem:   900  200  100  0  100  500", 900),
        ("   total used free\nMem:   8388608  200  100", 8192),
    ],
)
def test_memory(text: str, total: int) -> None:
    memory = only("free", text).memory

    assert memory is not None
    assert memory.total_bytes == total * MIB


def test_a_number_without_a_unit_that_could_be_any_is_unknown() -> None:
    assert only("free", "total used free\nMem: 31 2 20").memory is None
    assert only("meminfo", "MemTotal:       8388608 kB\nMemFree: 1 kB").memory == Memory(total_bytes=8192 * MIB)


def test_limits() -> None:
    text = (
        "open files                          (-n) 1024\n"
        "max locked memory           (kbytes, -l) 64\nstack size (kbytes, -s) unlimited"
    )

    assert only("ulimit", text).limits == (
        ResourceLimit(name="open-files", soft=1024),
        ResourceLimit(name="locked-memory", soft=65536),
        ResourceLimit(name="stack"),
    )


@pytest.mark.parametrize("spoil", [str, normalise])
def test_the_kernel_s_log(spoil: type[str]) -> None:
    text = (
        "$ dmesg | tail\nMar  4 10:11:12 box kernel: NVRM: Xid (PCI:0000:41:00): 48, pid=77, DBE detected\n"
        "[  99.0] Out of memory: Killed process 4242 (python) total-vm:1kB\nsome words about nvidia\n"
    )

    events = only("kernel_log", spoil(text)).kernel_events or ()

    assert [(event.kind, event.code) for event in events] == [("xid", 48), ("out-of-memory", None)]
    assert tell("kernel_log", "my nvidia card and nouveau") == []


def test_the_bus() -> None:
    text = (
        "$ lspci -k | grep -A3 VGA\n"
        "41:00.0 VGA compatible controller: NVIDIA Corporation GA102GL [RTX A4500] (rev a1)\n"
        "\tSubsystem: Dell Device 1234\n\tKernel driver in use: nouveau\n\tKernel modules: nouveau, nvidia\n$"
    )

    told = only("lspci", text)

    assert [(gpu.vendor, gpu.driver, gpu.pci_address) for gpu in told.gpus or ()] == [
        ("nvidia", "nouveau", "0000:41:00.0")
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("export LD_LIBRARY_PATH=/opt/cuda/lib64:$LD_LIBRARY_PATH", ("LD_LIBRARY_PATH", "/opt/cuda/lib64")),
        ("CUDA_VISIBLE_DEVICES=", ("CUDA_VISIBLE_DEVICES", "")),
        ("$ CUDA_VISIBLE_DEVICES=3 python train.py", ("CUDA_VISIBLE_DEVICES", "3")),
        ("set CUDA_VISIBLE_DEVICES=-1", ("CUDA_VISIBLE_DEVICES", "-1")),
        ("$env:CUDA_VISIBLE_DEVICES = '0'", ("CUDA_VISIBLE_DEVICES", "0")),
        ("os.environ['CUDA_VISIBLE_DEVICES'] = '7'", ("CUDA_VISIBLE_DEVICES", "7")),
        ('os.environ["HSA_OVERRIDE_GFX_VERSION"]="10.3.0"', ("HSA_OVERRIDE_GFX_VERSION", "10.3.0")),
        ("ENV NVIDIA_DRIVER_CAPABILITIES utility", ("NVIDIA_DRIVER_CAPABILITIES", "utility")),
        ("$ echo $LD_LIBRARY_PATH\n/usr/lib/wsl/lib\n$", ("LD_LIBRARY_PATH", "/usr/lib/wsl/lib")),
        ("PYTHONPATH: /home/me/lib", ("PYTHONPATH", "/home/me/lib")),
    ],
)
def test_variables(line: str, expected: tuple[str, str]) -> None:
    assert [(row.name, row.value) for row in only("variables", line).variables] == [expected]


@pytest.mark.parametrize(
    "line",
    ["HF_TOKEN=hf_abc", "LD_LIBRARY_PATH is not set", "A_B=c", "$ echo $LD_LIBRARY_PATH", "if CUDA_HOME == x: pass"],
)
def test_what_is_no_variable_of_interest(line: str) -> None:
    assert tell("variables", line) == []


def test_how_a_container_was_started() -> None:
    text = (
        "docker run --rm -it --gpus all --shm-size=2g -e CUDA_VISIBLE_DEVICES=0 -v /a:/b \\\n"
        "  --device /dev/kfd --device=/dev/dri example/image:1 python x.py --gpus 4"
    )

    told = only("container_run", text)

    assert told.remarks == {
        "container engine": "docker",
        "container gpus": "all",
        "container shm-size": "2g",
        "container devices": "/dev/kfd,/dev/dri",
        "container image": "example/image:1",
    }
    assert [(row.name, row.value) for row in told.variables] == [("CUDA_VISIBLE_DEVICES", "0")]


@pytest.mark.parametrize(
    ("line", "gpus"),
    [
        ("$ sudo docker run -it ubuntu:22.04 nvidia-smi", ""),
        ("podman run --device nvidia.com/gpu=all example", None),
        ("docker run --runtime nvidia example", None),
        ("docker exec -it box bash", None),
    ],
)
def test_a_container_without_a_gpu(line: str, gpus: str | None) -> None:
    assert only("container_run", line).remarks.get("container gpus") == gpus


def test_files_that_describe_containers() -> None:
    compose = (
        "services:\n  train:\n    image: example/x\n    shm_size: 8gb\n"
        "    environment:\n      - NVIDIA_VISIBLE_DEVICES=all\n"
        "    deploy:\n      resources:\n        reservations:\n          devices:\n            - driver: nvidia\n"
        "              capabilities: [gpu]\n"
    )
    pod = (
        "    State:  Terminated\n      Reason:       OOMKilled\n      Exit Code:    137\n"
        "    Limits:\n      nvidia.com/gpu:  1\n"
    )

    told = only("compose", compose)

    assert told.remarks["container gpus"] == "all"
    assert told.remarks["container shm-size"] == "8gb"
    assert [row.value for row in told.variables] == ["all"]
    assert only("kubernetes", pod).remarks == {
        "pod reason": "OOMKilled",
        "pod exit code": "137",
        "pod nvidia.com/gpu": "1",
    }
    assert only("dockerfile", "FROM python:3.11-alpine3.12 AS base").os == OperatingSystem(
        family="linux", distribution="alpine", version="3.12", libc=Libc(family="musl", version="1.1")
    )


EVERYTHING = """\
me@box:~$ uname -a; nvidia-smi -L; pip list; conda list; lsmod; dkms status; df -h; docker run --gpus all x
Linux box 6.8.0-31-generic #31 SMP x86_64 GNU/Linux
GPU 0: NVIDIA A30 (UUID: GPU-0a)
Name: torch
Version: 2.1
pytorch 2.3.0 py3.11_cuda12.1_cudnn8.9.2_0 pytorch
NVRM: Xid (PCI:0000:41:00): 79, GPU has fallen off the bus
crw-rw-rw- 1 root root 195, 0 Mar 4 10:11 /dev/nvidia0
nvidia/545.23.06, 6.1.0-20-amd64, x86_64: installed
tmpfs 64M 0 64M 0% /dev/shm
== check pips ====
41:00.0 VGA compatible controller: NVIDIA Corporation GA102GL (rev a1)
"""


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_no_cut_and_no_noise_raises(form: Form) -> None:
    texts = [EVERYTHING[:end] for end in range(0, len(EVERYTHING), 7)]
    texts += [EVERYTHING[start:] for start in range(0, len(EVERYTHING), 11)]
    texts += ["\0\ufffd" + EVERYTHING.replace(" ", "\t"), EVERYTHING.replace("\n", "\r\n"), EVERYTHING[::-1], "[{" * 99]

    for text in texts:
        for part in form.find(text):
            assert isinstance(form.read(part), Told)
    for text in texts[::9]:
        assert isinstance(form.read(text), Told)


def test_names_of_forms_are_their_own() -> None:
    names = [form.name for form in FORMS]

    assert len(names) == len(set(names))
