"""Signatures: containers, WSL and what they pass on."""

from __future__ import annotations

from mlenv.clues.clue import Signature, signature

_CLI = "nvidia-container-cli"
_LACKS = r"(?:without|missing|lacks?|needs?|requires?|add(?:ing)?|no)"
_IN_CONTAINER = r"(?:container|docker|podman|compose|\bpod\b|NVIDIA_DRIVER_CAPABILITIES|--gpus)"

TOOLKIT: tuple[Signature, ...] = (
    # docker: Error response from daemon: could not select device driver "" with capabilities: [[gpu]].
    signature(
        "container-toolkit-missing",
        ("could not select device driver", "unknown or invalid runtime", "nvidia-container-runtime", "unknown runtime"),
        r"could not select device driver ['\"]{0,2}[^\n]{0,20}with capabilities: \[\[[^\n\]]{0,30}gpu"
        r"|unknown (?:or invalid )?runtime(?: name| specified)?:? ['\"]?nvidia"
        r"|['\"]?nvidia-container-runtime(?:-hook)?['\"]?: (?:executable file not found|no such file)",
    ),
    signature(
        "cdi-device-unresolved",
        ("cdi",),
        r"unresolvable CDI devices? (?P<device>\S{1,60})|failed to inject CDI devices|CDI device injection failed",
    ),
    signature(
        "container-host-driver-missing",
        (_CLI, "libnvidia-container", "nvidia-container-runtime"),
        r"initialization error: load library failed: libnvidia-ml\.so"
        r"|initialization error:[^\n]{0,40}driver not loaded"
        r"|driver rpc error: failed to process request|initialization error: driver error: failed to process",
    ),
    signature(
        "container-wsl-no-adapter", "no adapters were found", r"WSL environment detected but no adapters were found"
    ),
    signature(
        "container-unknown-device",
        ("unknown device", "no such device"),
        rf"{_CLI}: device error: (?P<device>[^\s:]{{1,60}}): (?:unknown|no such) device"
        r"|(?:nvidia|device error|container)[^\n]{0,80}\bunknown device id:? (?P<id>[\w-]{1,60})",
    ),
    signature(
        "container-cgroup-refused",
        ("bpf_prog_query", "bpf_cgroup_device", "devices.allow", "device rules", "cgroup"),
        r"bpf_prog_query\(BPF_CGROUP_DEVICE\) failed|failed to add device rules"
        r"|devices\.allow[^\n]{0,40}operation not permitted"
        r"|(?:container error|mount error)[^\n]{0,60}cgroup",
    ),
    signature(
        "container-image-has-driver",
        "file exists",
        rf"{_CLI}: mount error: file creation failed: (?P<file>\S{{1,200}}?): file exists",
    ),
    # The banner of NVIDIA's images.
    signature(
        "container-without-driver",
        ("driver was not detected", "nvidia driver was not"),
        r"The NVIDIA Driver was not detected",
    ),
)

INSIDE: tuple[Signature, ...] = (
    signature(
        "libcuda-missing",
        ("libcuda", "nvcuda", "-lcuda", "cuda lib", "shared library"),
        r"libcuda\.so(?:\.1)?['\"]?: cannot open shared object|(?:could not|cannot|can't|couldn't|unable to"
        r"|failed to) (?:load|find|open|locate|dlopen)"
        # A library that answers, or that is for another machine, is there.
        r"[^\n]{0,60}(?:libcuda\.so|nvcuda\.dll)(?![^\n]{0,400}(?:init failure|undefined symbol|ELF ?class))"
        r"|libcuda\.so(?:\.1)?['\"]? (?:cannot|could not|not"
        r"|is missing|was not|is not) ?(?:be )?(?:found|installed)?"
        r"|nvcuda\.dll[^\n]{0,40}not found|cannot find -lcuda\b|no libcuda\.so|missing libcuda\.so"
        r"|libcuda\.so(?:\.1)? (?:is )?missing"
        # Programs of Rust, and others that look for the library by its bare name.
        r"|unable to (?:find|dynamically load|load)[^\n]{0,30}['\"]?\bcuda['\"]? (?:shared )?(?:lib\b|library)"
        r"|names:? \[['\"]cuda['\"], ['\"]nvcuda['\"]\]",
    ),
    signature(
        "capability-variable",
        "nvidia_driver_capabilities",
        r"NVIDIA_DRIVER_CAPABILITIES['\"]? ?[=:] ?['\"]?(?P<capabilities>[a-z0-9,]{1,80})",
    ),
    # capabilities: [gpu, utility] in a compose file, "Capabilities":[["gpu","utility"]] of docker inspect
    signature(
        "capability-list",
        "capabilities",
        r"capabilities['\"]? ?: ?\[{1,2}(?P<capabilities>[^\n\]]{0,40}\bgpu\b[^\n\]]{0,60})\]",
    ),
    signature(
        "capability-missing",
        ("capabilit",),
        rf"{_LACKS} (?:the )?(?:['\"]compute['\"](?: driver)?|compute driver) capabilit"
        # In plain words it is also what a GPU is able to: `requires compute capability 8.0`.
        rf"|{_IN_CONTAINER}[^\n]{{0,200}}{_LACKS} (?:the )?compute capabilit(?![^\n]{{0,20}}\d)"
        rf"|{_LACKS} (?:the )?compute capabilit(?![^\n]{{0,20}}\d)[^\n]{{0,200}}{_IN_CONTAINER}",
    ),
    signature(
        "devices-lost-from-cgroup",
        ("devices.list", "daemon-reload", "daemon reload", "c 195:* m", "systemctl"),
        r"systemctl daemon[- ]reload|devices\.list[\s\S]{0,200}?c 195:\* m\b|systemd daemon[- ]reload",
    ),
    signature(
        "gpu-lost-while-running",
        ("nvml", "gpu", "cuda"),
        r"(?:container|pod)[^\n]{0,80}(?:los(?:es|t|ing)|no longer (?:has|see|access))[^\n]{0,40}(?:gpu"
        r"|nvml|device|nvidia)"
        r"|(?:gpu|nvidia-smi|nvml|cuda)[^\n]{0,60}(?:after (?:a while|some time|(?:a )?few|several|\d+"
        r"|running for)|stops? working|suddenly|los(?:es|t) access)",
    ),
    signature(
        "runs-in-container",
        (
            "docker",
            "podman",
            "kubernetes",
            "kubectl",
            "containerd",
            "apptainer",
            "singularity",
            "/.dockerenv",
            " pod ",
            "enroot",
            "lxc",
            "devcontainer",
            "container",
            "exited with code",
            "_1 |",
            "-1 |",
        ),
        r"docker(?:-compose| compose| run| exec|file| container| image)|podman|kubernetes|kubectl|\bk8s\b"
        r"|containerd|apptainer|singularity"
        # worker_1 | ..., worker_1 exited with code 1: what a compose file's services say
        r"|(?m:^[\w.-]{2,60}[_-]\d{1,2} \| )|\b[\w.-]{2,60}[_-]\d{1,2} exited with code \d"
        r"|\.dockerenv|\blxc\b|enroot|devcontainer|(?:in|inside|within) (?:a |the |my "
        r"|our )?(?:docker )?(?:container|pod)\b",
    ),
    signature(
        "started-with-gpu",
        ("--gpus", "--runtime", "nvidia.com/gpu", "driver: nvidia", "capabilities: [gpu", "--nv", "/dev/nvidia"),
        r"--gpus[ =]['\"]?\w+|--runtime[ =]nvidia|nvidia\.com/gpu|driver: nvidia"
        r"|capabilities: ?\[[^\n\]]{0,20}gpu| --nv\b"
        r"|--device[ =]/dev/nvidia|/dev/nvidia0:/dev/nvidia0",
    ),
    signature("runs-by-compose", "compose", r"docker[ -]compose|compose\.ya?ml|compose (?:file|service)"),
    # docker run -it --rm image: without the flag that gives it a GPU
    signature(
        "started-without-gpu",
        ("docker", "podman", "apptainer", "singularity"),
        r"(?:docker|podman) run(?![^\n]*(?:--gpus|nvidia|/dev/kfd|--device))(?: [^\n]{1,200})"
        r"|(?:apptainer|singularity) (?:run|exec|shell)(?![^\n]*--nv)(?![^\n]*--rocm)(?: [^\n]{1,200})"
        r"|(?:without|forgot|missing|no|omitt\w+|did(?:n't| not) (?:pass|add|use"
        r"|specify)) (?:the )?['\"]?(?:--gpus|--runtime|--nv\b)",
    ),
)

WSL: tuple[Signature, ...] = (
    signature(
        "runs-in-wsl",
        ("wsl", "microsoft-standard"),
        r"\bWSL ?2?\b|microsoft-standard|/usr/lib/wsl|windows subsystem for linux",
    ),
    signature(
        "wsl-libcuda-no-link",
        ("libcuda.so.1 is not a symbolic link", "/usr/lib/wsl/lib"),
        r"/usr/lib/wsl/(?:lib|drivers/\S{1,80})/libcuda\.so(?:\.1)? is not a symbolic link"
        r"|/usr/lib/wsl/lib[^\n]{0,80}(?:not (?:in|on) (?:the )?(?:LD_LIBRARY_PATH|path)|missing|not found)",
    ),
    signature(
        "wsl-linux-driver",
        ("wsl", "libnvidia-compute", "nvidia-driver", "x86_64-linux-gnu/libcuda"),
        r"wsl[^\n]{0,120}(?:installed|install)[^\n]{0,40}(?:linux )?(?:nvidia[ -])?(?:display )?driver"
        r"|(?:installed|install)[^\n]{0,30}(?:nvidia[ -])driver[^\n]{0,60}(?:in|inside|within|on)[^\n]{0,10} wsl"
        r"|(?m:^ii )(?:libnvidia-compute|nvidia-driver|nvidia-utils|libcuda1)[\w.:-]*",
    ),
    signature(
        "linux-libcuda-first",
        "x86_64-linux-gnu/libcuda",
        r"/(?:usr/)?lib/(?:x86_64|aarch64)-linux-gnu/libcuda\.so[\d.]*",
    ),
)

SIGNATURES: tuple[Signature, ...] = (*TOOLKIT, *INSIDE, *WSL)
