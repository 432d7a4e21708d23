"""Signatures: GPUs: memory errors, buses, links, instances, and who may use which of them."""

from __future__ import annotations

from mlenv.clues.clue import Signature, signature

_CARD = r"(?:\bGPU|\bNVRM|nvidia|graphics card|\bcard\b|\bxid\b|PCI:?[\da-f]{4}:)"
_ROWS_OF_DATA = r"\bcolumn|\btable\b|\bframe\b|\bindex\b|dataset"
# What databases and networks number by the same name.
_TRANSACTION = (
    r"(?m:^)(?![^\n]*(?:NVRM|nvidia|\bgpu))[^\n]*"
    r"(?:transaction|postgres|sql\b|database|vacuum|commit|snapshot|rollback|replica|\bwal\b|innodb|\btuple|\bdhcp|\bdns\b)"
)

HARDWARE: tuple[Signature, ...] = (
    signature(
        "ecc-uncorrectable",
        ("ecc", "double bit", "double-bit", "uncorrectable"),
        r"uncorrectable (?:volatile )?(?:double[- ]bit )?ECC error|CUDA_ERROR_ECC_UNCORRECTABLE"
        r"|cudaErrorECCUncorrectable"
        r"|hipErrorECCNotCorrectable|double[- ]bit (?:ecc )?errors? (?:detected|encountered)"
        r"|uncorrectable hardware error",
        # The memory of the computer itself.
        unless=r"\bedac\b|\bmce(?:log)?\b|\bdimm|machine check|memory bank",
    ),
    signature(
        "nvlink-uncorrectable",
        ("nvlink",),
        r"uncorrectable NVLink error|CUDA_ERROR_NVLINK_UNCORRECTABLE|cudaErrorNvlinkUncorrectable",
    ),
    signature(
        "row-remap-failed",
        "remap",
        r"Remapping Failure Occurred ?: Yes|row remap(?:per|ping)?[^\n]{0,30}fail(?:ed|ure)",
        unless=_ROWS_OF_DATA,
    ),
    signature(
        "row-remap-pending",
        "remap",
        r"row remap(?:per|ping)?[^\n]{0,30}pending|Remapped Rows[\s\S]{0,160}?Pending ?: Yes",
        unless=_ROWS_OF_DATA,
    ),
    signature(
        "gpu-lost",
        (
            "fallen off the bus",
            "gpu is lost",
            "device handle for gpu",
            "gpuislost",
            "gpu_is_lost",
            "gpu lost",
            "off the bus",
        ),
        rf"{_CARD}[^\n]{{0,160}}f[ae]ll(?:en)? off the bus|f[ae]ll(?:en)? off the bus[^\n]{{0,80}}{_CARD}"
        r"|GPU is lost|NVML_?Error_?Gpu_?Is_?Lost|GPU lost(?!\.?\w| (?:\d|about|its|to|in|against|some|power)\b)"
        r"|Unable to determine the device handle for GPU ?(?P<device>[\da-fA-F:.]{0,20})(?:: (?:Unknown"
        r" Error|GPU is lost|Not Found))?",
    ),
    signature(
        "xid",
        "xid",
        r"NVRM: (?:GPU[^\n]{0,60})?Xid \((?P<device>[^)]{1,40})\): (?P<code>\d{1,3})|\bXid(?: error| code"
        r"| errors)?:? \(?(?P<number>\d{1,3})\b",
        unless=_TRANSACTION,
    ),
    signature(
        "gpu-init-failed",
        ("rminitadapter", "rm_init_adapter"),
        r"RmInitAdapter failed!?(?: \((?P<code>[^)]{1,40})\))?|rm_init_adapter failed",
    ),
    signature(
        "gpu-reset-required",
        "reset",
        r"GPU requires reset\b(?! of)|NVML_?Error_?Reset_?Required"
        r"|GPU reset (?:is )?required(?! by)",
    ),
    # 01:00.0 VGA compatible controller: NVIDIA Corporation GA102 [GeForce RTX 3090]
    #         LnkSta: Speed 8GT/s (downgraded), Width x4 (downgraded)
    signature(
        "pcie-width-downgraded",
        "downgraded",
        r"(?:(?m:^)(?:[\da-f]{4}:)?[\da-f]{2}:[\da-f]{2}\.[\da-f] (?P<owner>[^\n]{1,200})"
        r"(?:\n(?!(?:[\da-f]{4}:)?[\da-f]{2}:[\da-f]{2}\.)[^\n]{0,300}){0,60}?\n[^\n]{0,20})?"
        r"LnkSta:[^\n]{0,60}Width x(?P<width>\d+) \(downgraded\)",
    ),
    signature("pcie-bar-invalid", "i/o region", r"This PCI I/O region assigned to your NVIDIA device is invalid"),
)

CHOICE: tuple[Signature, ...] = (
    signature(
        "cuda-invalid-device",
        (
            "invalid device ordinal",
            "cuda_error_invalid_device",
            "cudaerrorinvaliddevice",
            "invalid device id",
            "num_gpus",
            "invalid cuda 'device",
        ),
        r"invalid device ordinal|CUDA_ERROR_INVALID_DEVICE\b|cudaErrorInvalidDevice\b"
        r"|(?:AssertionError:|\bcuda|\btorch|\bgpus?)[^\n]{0,80}\binvalid device id\b"
        r"|device >= 0 && device < num_gpus|Invalid CUDA 'device=(?P<device>[^']{1,40})'",
    ),
    signature(
        "device-beyond-count",
        ("device_count()", "device count", "deserialize object on"),
        r"deserialize object on (?:CUDA|HIP) device (?P<device>\d+) but torch\.\w+\.device_count\(\) is "
        r"(?P<count>\d+)",
    ),
    signature(
        "visible-devices-set",
        "visible_devices",
        r"(?P<variable>CUDA_VISIBLE_DEVICES|HIP_VISIBLE_DEVICES|ROCR_VISIBLE_DEVICES"
        r"|NVIDIA_VISIBLE_DEVICES)['\"\]]* ?[=:] ?"
        r"['\"]?(?P<value>(?:GPU-|MIG-)?[0-9a-fA-F][\w,/-]{0,200}|-1|void|none|all|NoDevFiles)",
    ),
    signature(
        "visible-devices-emptied",
        "visible_devices",
        r"(?P<variable>CUDA_VISIBLE_DEVICES|HIP_VISIBLE_DEVICES|ROCR_VISIBLE_DEVICES)['\"\]]*"
        r" ?(?:=|:|to|is|was|as)? ?(?:(?:set |reset |equal )?(?:to )?(?:an? )?(?:empty(?: string)?|blank)"
        r"|=? ?(?:''|\"\")|=[ \t](?=[a-z./])|(?m:=$)|not detected)",
    ),
    signature(
        "one-device-seen",
        ("only one", "only 1", "only a single", "only the first", "only first", "just one", "just 1", "just the first"),
        r"\b(?:only|just) (?:(?:the )?first|one|1(?![\d.])|a single)\b",
    ),
    signature(
        "devices-unavailable",
        ("busy or unavailable", "devices_unavailable", "devicesunavailable"),
        r"(?:CUDA-capable|HIP-capable) device(?:\(s\)|s)? (?:is/are|are|is) busy or unavailable"
        r"|CUDA_ERROR_DEVICES?_UNAVAILABLE"
        r"|cudaErrorDevicesUnavailable",
    ),
    signature(
        "exclusive-mode",
        ("e. process", "exclusive", "prohibited"),
        r"E\. ?Process|E\. ?Thread|exclusive[_ -](?:process|thread)|Compute Mode ?: (?:Exclusive|Prohibited)",
    ),
    signature(
        "mig",
        ("mig", "g.5gb", "g.10gb", "g.20gb", "g.40gb"),
        # nvidia-smi has a column and a section of that name for every GPU, where it says that there is none.
        r"\bMIG[ -](?:mode(?!\s{0,40}(?:Current)?\s{0,60}[:=]?\s{0,8}(?:N/A|Disabled|off))|device|instance|enabled"
        r"|slice|partition|profile|GPU|[0-9a-f]{8}-)"
        r"|\b[1-7]g\.\d+gb\b"
        r"|multi-instance GPU|\bMIG\b(?=[^\n]{0,40}\b(?:enabled|on|is)\b)",
    ),
    signature(
        "mig-without-instances",
        "mig",
        r"No MIG (?:devices|GPU instances|instances)[^\n]{0,20}found|no (?:gpu|compute) instances? (?:found"
        r"|created|configured)|MIG[^\n]{0,60}(?:no|without) (?:gpu |compute )?instances?",
        # A group of virtual machines has the same name.
        unless=r"instance group|managed instance|autoscal|\bMIG '?[a-z]\w*-\w|\bregion\b|\bzone\b",
    ),
    signature(
        "duplicate-gpu",
        "duplicate gpu",
        r"Duplicate GPU detected ?: rank (?P<rank>\d+) and rank (?P<other>\d+)",
    ),
)

AMD: tuple[Signature, ...] = (
    signature(
        "kfd-permission",
        (
            "/dev/kfd",
            "/dev/dri",
            "render group",
            "'render'",
            '"render"',
            "video group",
            "radeon card detected",
            "amdgpu devices detected",
        ),
        r"/dev/(?:kfd|dri/renderD\d+)[^\n]{0,60}(?:permission denied|operation not permitted"
        r"|not (?:readable|writ|accessible))"
        r"|permission denied[^\n]{0,60}/dev/(?:kfd|dri)|not (?:a )?(?:member of"
        r"|in) (?:the )?['\"]?(?:render|video)['\"]?(?: or ['\"]?\w+['\"]?)? group"
        r"|(?:cannot|can't|could not|unable to) access /dev/(?:kfd|dri)"
        r"|(?:Radeon card|amdgpu devices?) detected,? but permission[^\n]{0,160}"
        r"|not in (?:the )?(?:render|video)(?: (?:or|and|nor) (?:the )?(?:render|video))?\b",
    ),
    # rocminfo's answer where the runtime does not start; for a user who may not open /dev/kfd it is the same.
    signature(
        "hsa-init-failed",
        "hsa_status_error_out_of_resources",
        r"hsa api call failure[\s\S]{0,200}?HSA_STATUS_ERROR_OUT_OF_RESOURCES"
        r"|(?:rocminfo|hsa_init)[^\n]{0,80}HSA_STATUS_ERROR_OUT_OF_RESOURCES",
    ),
    signature(
        "works-for-root",
        (" root", " sudo"),
        r"(?:works?|runs?|succeeds?|fine|okay|detected|available)\b[^\n.]{0,30}\b(?:as|for|with|under|using|by)"
        r" (?:the )?(?:root|sudo)\b|\b(?:as|with|under|using) (?:the )?(?:root|sudo)\b[^\n.]{0,30}(?:works?|runs?"
        r"|succeeds?|fine|intended)\b|\b(?:root|sudo) only\b",
    ),
    signature(
        "kfd-missing",
        ("/dev/kfd",),
        r"/dev/kfd[^\n]{0,60}(?:no such file|does not exist|not found|missing)|no /dev/kfd",
    ),
    signature(
        "amd-module-not-loaded",
        ("rock module is not", "amdgpu"),
        r"ROCk module is NOT loaded|amdgpu (?:kernel )?(?:module|driver) (?:is )?not loaded"
        r"|Driver not initialized \(amdgpu not found",
    ),
    signature(
        "hip-no-device",
        ("rocm-capable", "hiperrornodevice", "hip gpus are available", "no hip"),
        r"no ROCm-capable device is detected|hipErrorNoDevice|No HIP GPUs are available"
        r"|no HIP devices? (?:found|detected|available)",
    ),
    signature(
        "integrated-amd-gpu",
        ("igpu", "integrated", "apu", "gfx1036", "gfx1035", "gfx90c", "gfx1103", "gfx1037"),
        r"\biGPUs?\b|integrated (?:AMD |Radeon )?(?:GPU|graphics|Radeon)|\bgfx(?:1036|1035|1037|90c|1103"
        r"|902|909)\b",
    ),
    signature(
        "hip-crash",
        ("segmentation fault", "core dumped", "crash", "memory access fault", "hsa_status", "hip error"),
        r"segmentation fault|core dumped|memory access fault by gpu|\bcrash(?:es|ed)?\b|HSA_STATUS_ERROR\w*"
        r"|HIP error",
    ),
)

NODES: tuple[Signature, ...] = (
    signature(
        "nvidia-node-permission",
        "/dev/nvidia",
        r"/dev/nvidia[\w-]*['\"]?[^\n]{0,60}(?:permission denied|operation not permitted|not (?:readable"
        r"|accessible))"
        r"|(?:permission denied|failed to open|cannot open"
        r"|can't open)[^\n]{0,60}/dev/nvidia\S{0,20}[^\n]{0,40}(?:permission|denied|$)",
    ),
)

MEMORY: tuple[Signature, ...] = (
    # CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.64 GiB of which 1.2 GiB is free.
    signature(
        "gpu-memory-exhausted",
        (
            "out of memory",
            "out_of_memory",
            "memoryallocation",
            "resource_exhausted",
            "resource exhausted",
            "outofmemory",
            "alloc_failed",
        ),
        r"(?:CUDA|HIP|XPU|MPS)(?: backend)? (?:error: )?out of memory(?:\. Tried to allocate "
        r"(?P<asked>[\d.]+ ?[KMGT]i?B))?"
        r"|CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation|hipErrorOutOfMemory"
        r"|torch\.(?:cuda\.)?OutOfMemoryError"
        r"|RESOURCE_?EXHAUSTED:? [^\n]{0,40}out of memory|cudaMalloc failed: out of memory"
        r"|failed to allocate (?!an? |ip |port)[^\n]{0,40}(?:CUDA|GPU|device)"
        r"|OOM when allocating tensor[^\n]{0,200}GPU|CUBLAS_STATUS_ALLOC_FAILED|CUDNN_STATUS_ALLOC_FAILED",
    ),
    # Process 12345 has 21.99 GiB memory in use.
    signature(
        "gpu-memory-of-others",
        ("memory in use",),
        r"Process (?P<pid>\d+) has (?P<used>[\d.]+ [KMGT]i?B) memory in use",
    ),
    signature(
        "gpu-memory-reserved-ahead",
        "gpu memory utilization",
        r"Free memory on device[^\n]{0,60}on startup is less than desired GPU memory utilization",
    ),
)

SIGNATURES: tuple[Signature, ...] = (*HARDWARE, *CHOICE, *AMD, *NODES, *MEMORY)
