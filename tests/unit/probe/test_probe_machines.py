"""Whole machines, from a recording to the facts."""

from __future__ import annotations

from typing import Any

import msgspec

from mlenv.facts.drivers import Nvidia, Rocm, RocmRelease
from mlenv.facts.gpu import Gpu
from mlenv.facts.hardware import Cpu, Disk, DiskPurpose, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.system import Account, Containers, Libc, OperatingSystem
from mlenv.probe import probe_machine
from mlenv.probe.host.sysctl import COMMAND
from mlenv.system.host import DiskUsage, Identity, LiveHost
from mlenv.system.process import Completed
from mlenv.system.recording import RecordedCommand, RecordedHost, Recording, RecordingHost
from tests.unit.probe.probe_hosts import GIB, LINUX, answer, command, linux, probe, readings

NVML_LIBRARY = "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1"
CUDA_LIBRARY = "/usr/lib/x86_64-linux-gnu/libcuda.so.1"
SMI = ("nvidia-smi", "--query-gpu=name,uuid,pci.bus_id,compute_cap,memory.total,memory.free,driver_version")
SMI_QUERY = (*SMI, "--format=csv,noheader,nounits")
MODULE = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (builder@host)\n"
RTX_4090 = {
    "index": 0,
    "name": "NVIDIA GeForce RTX 4090",
    "uuid": "GPU-0a",
    "pci_address": "00000000:01:00.0",
    "pci_id": "10de:2684",
    "compute_capability": "8.9",
    "memory_bytes": 24 * GIB,
    "memory_free_bytes": 23 * GIB,
    "mig": None,
    "errors": {},
}
GTX_1080 = {**RTX_4090, "index": 1, "name": "NVIDIA GeForce GTX 1080 Ti", "uuid": "GPU-0b", "compute_capability": "6.1"}
GTX_1080 |= {"pci_address": "00000000:21:00.0", "pci_id": "10de:1b06", "memory_bytes": 11 * GIB}
DEVICE = "/sys/bus/pci/devices/0000:01:00.0"
ON_THE_BUS = {f"{DEVICE}/vendor": "0x10de\n", f"{DEVICE}/class": "0x030000\n", f"{DEVICE}/device": "0x2684\n"}


def with_nvidia(*scripts: RecordedCommand, files: dict[str, str] | None = None, **more: Any) -> Machine:
    """A machine with both libraries of the driver."""
    settings: dict[str, Any] = {
        "existing": ["/", "/home/ada", "/tmp", NVML_LIBRARY, CUDA_LIBRARY],
        "scripts": list(scripts),
        **more,
    }
    return probe(linux({"/proc/driver/nvidia/version": MODULE, **(files or {})}, **settings))


def disk(purpose: DiskPurpose, path: str) -> Disk:
    """The laptop's one disk, for a purpose."""
    return Disk(
        purpose=purpose,
        path=path,
        free_bytes=200 * GIB,
        total_bytes=500 * GIB,
        filesystem="ext4",
        writable=True,
        noexec=False,
        network=False,
    )


def test_debian_laptop_without_gpu() -> None:
    machine = probe(linux())
    expected = Machine(
        os=OperatingSystem(
            family="linux",
            distribution="debian",
            version="12",
            kernel="6.1.0-18-amd64",
            libc=Libc(family="glibc", version="2.36"),
            wsl=0,
            container="",
            virtualization="",
            like=(),
        ),
        architecture="x86_64",
        cpu=Cpu(
            model="Intel(R) Core(TM) i5-8350U CPU @ 1.70GHz",
            vendor="GenuineIntel",
            physical_cores=1,
            logical_cores=2,
            usable_cores=2.0,
            flags=("fpu", "sse4_2", "avx", "avx2", "fma"),
            sockets=1,
        ),
        memory=Memory(total_bytes=16 * GIB, available_bytes=8 * GIB, swap_bytes=2 * GIB),
        disks=(
            disk("environment", "/home/ada/project/.venv"),
            disk("cache", "/home/ada/.cache/uv"),
            disk("temporary", "/tmp"),
            disk("huggingface", "/home/ada/.cache/huggingface/hub"),
            Disk(purpose="shared-memory", path="/dev/shm"),
        ),
        gpus=(),
        pythons=(),
        managers=(),
        model="Lenovo 20L6S0AB00",
        account=Account(groups=(), administrator=False),
        containers=Containers(toolkit=""),
        dkms=(),
        libraries=(),
        network_ports=(),
        readings=machine.readings,
    )
    assert machine == expected
    assert readings(machine, "nvidia.nvml") == [("libnvidia-ml.so.1", "absent", "the library is not on this machine")]


def test_readings_come_in_the_same_order_each_time() -> None:
    assert [probe(linux()).readings for _ in range(5)] == [probe(linux()).readings] * 5


def test_machine_survives_json() -> None:
    machine = with_nvidia(answer("nvml", {"init": "ok", "gpus": [RTX_4090]}))
    assert msgspec.json.decode(msgspec.json.encode(machine), type=Machine) == machine


def test_two_nvidia_gpus() -> None:
    machine = with_nvidia(
        answer("nvml", {"init": "ok", "driver": "580.65.06", "cuda": "13.0", "gpus": [RTX_4090, GTX_1080]}),
        answer("cuda_driver", {"init": "ok", "code": 0, "version": "13.0", "devices": []}),
    )
    assert machine.nvidia == Nvidia(
        driver="580.65.06",
        kernel_module="580.65.06",
        open_kernel_module=True,
        cuda="13.0",
        nvml="ok",
        cuda_init="ok",
        cuda_devices=(),
        mps=False,
    )
    assert machine.gpus is not None
    assert [(gpu.index, gpu.compute_capability, gpu.pci_address) for gpu in machine.gpus] == [
        (0, "8.9", "0000:01:00.0"),
        (1, "6.1", "0000:21:00.0"),
    ]
    assert readings(machine, "nvidia.smi") == []


def test_junk_before_the_marker_is_skipped() -> None:
    machine = with_nvidia(answer("nvml", {"init": "ok", "gpus": [RTX_4090]}, before="mlenv-nvml: \ufffd loading"))
    assert machine.gpus is not None
    assert machine.gpus[0].name == "NVIDIA GeForce RTX 4090"


def test_lost_gpu_stays_in_the_list() -> None:
    lost = "GpuIsLost (15): GPU is lost"
    gpu = {"index": 1, "errors": {"name": lost, "memory": lost, "mig": "NotSupported (3): Not Supported"}}
    machine = with_nvidia(answer("nvml", {"init": "ok", "gpus": [RTX_4090, gpu]}))
    assert machine.gpus is not None
    assert machine.gpus[1] == Gpu(vendor="nvidia", index=1)
    assert readings(machine, "gpu.1") == [("NVML", "unreadable", f"{lost} (name, memory)")]


def test_driver_mismatch_leaves_versions_and_names() -> None:
    information = "Model: \t\t NVIDIA GeForce RTX 4090\nGPU UUID: \t GPU-????????-????\nBus Location: \t 0000:01:00.0\n"
    machine = with_nvidia(
        answer("nvml", {"init": "LibRmVersionMismatch", "detail": "LibRmVersionMismatch (18): mismatch"}),
        answer("cuda_driver", {"init": "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "code": 803}),
        files={"/proc/driver/nvidia/gpus/0000:01:00.0/information": information, **ON_THE_BUS},
        links={NVML_LIBRARY: "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.95.05"},
        directories={"/sys/bus/pci/devices": ["0000:01:00.0"]},
    )
    assert machine.nvidia == Nvidia(
        driver="580.95.05",
        kernel_module="580.65.06",
        open_kernel_module=True,
        library="580.95.05",
        nvml="LibRmVersionMismatch",
        cuda_init="CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
        mps=False,
    )
    assert machine.gpus == (
        Gpu(vendor="nvidia", name="NVIDIA GeForce RTX 4090", pci_address="0000:01:00.0", pci_id="10de:2684"),
    )
    assert readings(machine, "nvidia.nvml") == [("NVML", "unreadable", "LibRmVersionMismatch (18): mismatch")]
    assert readings(machine, "nvidia.cuda_init") == [
        ("cuInit", "unreadable", "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803)")
    ]


def test_crash_of_nvml_is_named_and_smi_answers() -> None:
    line = "NVIDIA GeForce RTX 4090, GPU-0a, 00000000:01:00.0, 8.9, 24564, 23000, 580.65.06\n"
    machine = with_nvidia(
        command("nvml", status=-11),
        existing=["/home/ada", "/tmp", NVML_LIBRARY, "/usr/bin/nvidia-smi"],
        commands=[command(*SMI_QUERY, stdout=line)],
    )
    assert readings(machine, "nvidia.nvml") == [("child process nvml", "unreadable", "ended by SIGSEGV")]
    assert machine.nvidia == Nvidia(
        driver="580.65.06", kernel_module="580.65.06", open_kernel_module=True, nvml="SIGSEGV", mps=False
    )
    assert machine.gpus is not None
    assert [(gpu.name, gpu.memory_bytes) for gpu in machine.gpus] == [("NVIDIA GeForce RTX 4090", 24564 * 1024**2)]


def test_crash_of_nvml_without_another_source_is_unknown() -> None:
    machine = with_nvidia(command("nvml", status=-11), files={"/proc/driver/nvidia/version": ""})
    assert machine.gpus is None


def test_hang_of_nvml_leaves_time_to_ask_smi() -> None:
    hung = RecordedCommand(argv=("nvml",), completed=Completed(status=None, timed_out=True))
    line = "NVIDIA GeForce RTX 4090, GPU-0a, 00000000:01:00.0, 8.9, 24564, 23000, 580.65.06\n"
    machine = with_nvidia(
        hung,
        existing=["/home/ada", "/tmp", NVML_LIBRARY, "/usr/bin/nvidia-smi"],
        commands=[command(*SMI_QUERY, stdout=line)],
    )
    assert machine.nvidia is not None
    assert machine.nvidia.nvml == "timeout"
    assert ["NVIDIA GeForce RTX 4090"] == [gpu.name for gpu in machine.gpus or ()]


def test_gpu_without_driver_is_known_to_exist() -> None:
    machine = probe(linux(ON_THE_BUS, directories={"/sys/bus/pci/devices": ["0000:01:00.0"]}))
    assert machine.nvidia is None
    assert machine.gpus == (Gpu(vendor="nvidia", pci_address="0000:01:00.0", pci_id="10de:2684"),)


def test_gpu_that_the_driver_hides_has_a_reading() -> None:
    machine = with_nvidia(
        answer("nvml", {"init": "ok", "gpus": []}),
        files=ON_THE_BUS,
        directories={"/sys/bus/pci/devices": ["0000:01:00.0"]},
    )
    assert machine.gpus == ()
    assert readings(machine, "gpus.pci")[1] == (
        "/sys/bus/pci/devices",
        "found",
        "0000:01:00.0 10de:2684 is on the bus, and the driver does not list it",
    )


def test_container_with_compute_only_asks_libcuda() -> None:
    device = {"index": 0, "name": "NVIDIA A10G", "uuid": "GPU-0c", "compute_capability": "8.6", "integrated": False}
    machine = probe(
        linux(
            {"/.dockerenv": "", "/proc/driver/nvidia/version": MODULE},
            existing=["/home/ada", "/tmp", CUDA_LIBRARY],
            scripts=[answer("cuda_driver", {"init": "ok", "code": 0, "version": "12.8", "devices": [device]})],
        )
    )
    assert machine.os.container == "docker"
    assert machine.nvidia == Nvidia(
        kernel_module="580.65.06",
        open_kernel_module=True,
        cuda="12.8",
        cuda_init="ok",
        cuda_devices=("GPU-0c",),
        mps=False,
    )
    assert machine.gpus == (
        Gpu(vendor="nvidia", name="NVIDIA A10G", index=0, uuid="GPU-0c", compute_capability="8.6", integrated=False),
    )


def test_amd_box() -> None:
    nodes = "/sys/class/kfd/kfd/topology/nodes"
    processor = "cpu_cores_count 16\nsimd_count 0\ngfx_target_version 0\n"
    card = (
        "cpu_cores_count 0\nsimd_count 192\ngfx_target_version 110000\nvendor_id 4098\ndevice_id 29772\n"
        "location_id 768\ndomain 0\nunique_id 3735928559\n"
    )
    machine = probe(
        linux(
            {
                f"{nodes}/0/properties": processor,
                f"{nodes}/1/properties": card,
                f"{nodes}/1/mem_banks/0/properties": f"heap_type 1\nsize_in_bytes {24 * GIB}\n",
                "/opt/rocm/.info/version": "6.4.1-83\n",
            }
        )
    )
    assert machine.rocm == Rocm(version="6.4.1", releases=(RocmRelease(version="6.4.1", path="/opt/rocm"),))
    assert machine.gpus == (
        Gpu(
            vendor="amd",
            index=0,
            gfx="gfx1100",
            uuid="GPU-00000000deadbeef",
            pci_address="0000:03:00.0",
            pci_id="1002:744c",
            memory_bytes=24 * GIB,
            integrated=False,
        ),
    )
    assert readings(machine, "gpus.amd.device") == [("/dev/kfd", "absent", "")]


def test_intel_graphics_and_an_arc_card() -> None:
    bus = "/sys/bus/pci/devices"
    files: dict[str, str] = {}
    for address, device in (("0000:00:02.0", "0x46a6"), ("0000:03:00.0", "0xe20b")):
        files |= {
            f"{bus}/{address}/{name}": value
            for name, value in (("vendor", "0x8086"), ("class", "0x030000"), ("device", device))
        }
    files[f"{bus}/0000:00:1f.3/vendor"] = "0x8086"
    files[f"{bus}/0000:00:1f.3/class"] = "0x040300"
    machine = probe(linux(files, directories={bus: ["0000:00:02.0", "0000:00:1f.3", "0000:03:00.0"]}))
    assert machine.gpus == (
        Gpu(vendor="intel", pci_address="0000:00:02.0", pci_id="8086:46a6", integrated=True),
        Gpu(vendor="intel", pci_address="0000:03:00.0", pci_id="8086:e20b", integrated=False),
    )


def test_wsl_2_box() -> None:
    identity = Identity(
        system="linux", release="5.15.153.1-microsoft-standard-WSL2", machine="x86_64", libc="glibc 2.39"
    )
    library = "/usr/lib/wsl/lib/libnvidia-ml.so.1"
    machine = probe(
        linux(
            {"/mnt/c/Windows/System32/nvidia-smi": ""},
            identity=identity,
            environ={"PATH": "/usr/bin:/mnt/c/Windows/System32", "WSL_DISTRO_NAME": "Ubuntu"},
            existing=["/home/ada", "/tmp", library],
            scripts=[answer("nvml", {"init": "ok", "driver": "560.94", "cuda": "12.6", "gpus": [RTX_4090]})],
        )
    )
    assert (machine.os.wsl, machine.os.virtualization) == (2, "hyper-v")
    assert machine.nvidia == Nvidia(driver="560.94", cuda="12.6", nvml="ok")


def test_container_with_limits() -> None:
    machine = probe(
        linux(
            {
                "/proc/self/cgroup": "0::/\n",
                "/sys/fs/cgroup/cpu.max": "150000 100000\n",
                "/sys/fs/cgroup/memory.max": f"{2 * GIB}\n",
                "/proc/1/cgroup": "0::/\n",
            },
            environ={"KUBERNETES_SERVICE_HOST": "10.0.0.1"},
        )
    )
    assert machine.os.container == "kubernetes"
    assert machine.cpu.usable_cores == 1.5
    assert machine.memory.limit_bytes == 2 * GIB
    assert readings(machine, "memory.limit") == [("/sys/fs/cgroup/memory.max", "found", "")]


def test_arm_server() -> None:
    table = (
        "processor\t: 0\nFeatures\t: fp asimd sve bf16\nCPU implementer\t: 0x41\nCPU part\t: 0xd4f\n\nprocessor\t: 1\n"
    )
    identity = Identity(system="linux", release="6.5.0-1007-nvidia-64k", machine="aarch64", libc="glibc 2.35")
    machine = probe(linux({"/proc/cpuinfo": table}, identity=identity))
    assert machine.architecture == "aarch64"
    assert machine.platform == "linux-aarch64"
    assert machine.cpu == Cpu(
        model="Neoverse-V2",
        vendor="ARM",
        logical_cores=2,
        usable_cores=2.0,
        flags=("fp", "asimd", "sve", "bf16"),
    )


def test_alpine_asks_the_loader_for_its_version() -> None:
    files = {"/etc/os-release": "ID=alpine\nVERSION_ID=3.19.1\n", "/lib/ld-musl-x86_64.so.1": ""}
    words = "musl libc (x86_64)\nVersion 1.2.4\nDynamic Program Loader\n"
    machine = probe(
        linux(
            files,
            identity=msgspec.structs.replace(LINUX, libc=""),
            commands=[command("/lib/ld-musl-x86_64.so.1", stderr=words, status=1)],
        )
    )
    assert (machine.os.distribution, machine.os.libc) == ("alpine", Libc(family="musl", version="1.2.4"))


def mac(machine: str, sysctl: str) -> Recording:
    plist = (
        "<dict><key>ProductName</key><string>macOS</string>\n<key>ProductVersion</key>\n<string>14.5</string></dict>"
    )
    return Recording(
        identity=Identity(system="macos", release="23.5.0", machine=machine),
        home="/Users/ada",
        cores=8,
        environ={"PATH": "/usr/bin"},
        files={"/System/Library/CoreServices/SystemVersion.plist": plist},
        existing=["/Users/ada", "/tmp"],
        disks={"/Users/ada": DiskUsage(total=GIB, free=GIB), "/tmp": DiskUsage(total=GIB, free=GIB)},
        commands=[command(*COMMAND, stdout=sysctl, stderr="sysctl: unknown oid", status=1)],
        scripts=[answer("memory", {"total": 16 * GIB, "available": 4 * GIB, "swap": 0})],
    )


def test_mac_with_an_apple_chip() -> None:
    text = "machdep.cpu.brand_string: Apple M2\nhw.physicalcpu: 8\nhw.logicalcpu: 8\nhw.optional.arm64: 1\n"
    machine = probe_at_home(mac("arm64", text))
    assert machine.os == OperatingSystem(
        family="macos", distribution="macos", version="14.5", kernel="23.5.0", wsl=0, container="", rosetta=False
    )
    assert machine.platform == "macos-arm64"
    assert machine.cpu == Cpu(model="Apple M2", vendor="Apple", physical_cores=8, logical_cores=8, usable_cores=8.0)
    assert machine.memory == Memory(total_bytes=16 * GIB, available_bytes=4 * GIB, swap_bytes=0)
    assert machine.gpus == (Gpu(vendor="apple", index=0, name="Apple M2", integrated=True),)


def test_python_under_rosetta_is_on_an_arm_mac() -> None:
    text = "machdep.cpu.brand_string: Apple M1\nsysctl.proc_translated: 1\nhw.optional.arm64: 1\n"
    machine = probe_at_home(mac("x86_64", text))
    assert machine.architecture == "arm64"
    assert readings(machine, "os.rosetta")[-1] == ("sysctl", "found", "this Python is translated from x86_64")


def test_mac_with_an_intel_processor_has_no_gpu_that_was_asked() -> None:
    text = "machdep.cpu.brand_string: Intel(R) Core(TM) i7\nmachdep.cpu.features: FPU SSE4.2 AVX1.0\n"
    text += "machdep.cpu.leaf7_features: AVX2 BMI2\n"
    machine = probe_at_home(mac("x86_64", text))
    assert machine.gpus is None
    assert machine.cpu.flags == ("fpu", "sse4_2", "avx", "avx2", "bmi2")


def probe_at_home(recording: Recording) -> Machine:
    return probe_machine(RecordedHost(recording), environment_path=".venv")


def test_windows_11_with_a_gpu() -> None:
    machine = probe_at_home(
        Recording(
            identity=Identity(system="windows", release="10.0.22631", machine="AMD64"),
            home="C:\\Users\\ada",
            cores=16,
            environ={"PATH": "C:\\Windows\\System32", "SYSTEMROOT": "C:\\Windows", "TEMP": "C:\\Temp"},
            existing=["C:\\", "C:\\Users\\ada", "C:\\Windows\\System32\\nvml.dll", "C:\\Temp"],
            writable=["C:\\Users\\ada"],
            disks={"C:\\Users\\ada": DiskUsage(total=GIB, free=GIB), "C:\\Temp": DiskUsage(total=GIB, free=GIB)},
            scripts=[
                answer("nvml", {"init": "ok", "driver": "580.88", "cuda": "13.0", "gpus": [RTX_4090]}),
                answer("processor", {"model": "AMD Ryzen 9", "vendor": "AuthenticAMD", "flags": ["avx2"]}),
                answer("memory", {"total": 32 * GIB, "available": GIB, "swap": None}),
            ],
        )
    )
    assert machine.os == OperatingSystem(
        family="windows",
        distribution="windows",
        version="11",
        kernel="10.0.22631",
        wsl=0,
        secure_boot=False,
        vc_runtime="",
    )
    assert machine.platform == "windows-x86_64"
    assert machine.cpu == Cpu(model="AMD Ryzen 9", vendor="AuthenticAMD", usable_cores=16.0, flags=("avx2",))
    assert [disk.path for disk in machine.disks] == [
        "C:\\Users\\ada\\.venv",
        "C:\\Users\\ada\\AppData\\Local\\uv\\cache",
        "C:\\Temp",
        "C:\\Users\\ada\\.cache\\huggingface\\hub",
    ]
    assert machine.disks[0].writable
    assert machine.nvidia == Nvidia(driver="580.88", cuda="13.0", nvml="ok")
    assert len(machine.gpus_of("nvidia")) == 1


def test_live_machine_replays_as_it_was_read() -> None:
    recorder = RecordingHost(LiveHost())
    live = probe_machine(recorder, environment_path="/tmp/mlenv-no-such-environment")
    text = msgspec.json.encode(recorder.recording)
    replay = RecordedHost(msgspec.json.decode(text, type=Recording))
    assert probe_machine(replay, environment_path="/tmp/mlenv-no-such-environment") == live
