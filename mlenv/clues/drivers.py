"""Signatures: kernel modules, NVML and the driver's own words."""

from __future__ import annotations

from mlenv.clues.clue import Signature, signature

# A CUDA error is named by its sentence, by the names of the runtime and the driver API, or by its number alone.
_NUMBERED = (
    r"(?:(?:cuda ?(?:driver |runtime )?|\bcu(?:da)?[A-Z]\w{2,40}(?:\(\))?[^\n]{0,20} )(?:error|failure)"
    r"(?:[ ,:]{1,2}(?:code|number|no\.?))?[ =:(#]{1,3}|(?:cuinit|cudart\w*|init failure)[^\n]{0,30}?[ =(:#])"
)
_NVIDIA = r"(?:NVRM|nvidia|nvml|kernel module)"
_END = r"(?!\d|\.\d)"

NVML: tuple[Signature, ...] = (
    signature(
        "nvml-version-mismatch",
        ("library version mismatch", "lib_rm_version_mismatch", "librmversionmismatch"),
        r"driver ?/ ?library version mismatch|NVML_ERROR_LIB_RM_VERSION_MISMATCH|LibRmVersionMismatch",
    ),
    signature("nvml-library-version", "nvml library version", r"NVML library version: (?P<library>\d{3}[\d.]*\d)"),
    # NVRM: API mismatch: the client has the version 535.54.03, but
    # NVRM: this kernel module has the version 535.86.05.
    signature(
        "driver-api-mismatch",
        "api mismatch",
        rf"(?:{_NVIDIA}[^\n]{{0,60}})?API mismatch:[^\n]{{0,60}}version (?P<client>\d{{3}}[\d.]*\d)"
        r"[\s\S]{0,160}?version (?P<module>\d{3}[\d.]*\d)"
        rf"|{_NVIDIA}[^\n]{{0,60}}API mismatch",
    ),
    # kernel version 361.77.0 does not match DSO version 352.93.0 -- cannot find working devices
    signature(
        "driver-api-mismatch",
        "does not match dso version",
        r"kernel version (?P<module>\d{3}[\d.]*\d) does not match DSO version (?P<client>\d{3}[\d.]*\d)",
    ),
    # cuda_diagnostics.cc:189] libcuda reported version is: 535.54.3
    # cuda_diagnostics.cc:193] kernel reported version is: 535.86.5
    signature(
        "driver-versions-told",
        "libcuda reported version is",
        r"libcuda reported version is: (?P<client>\d{3}[\d.]*\d)[\s\S]{0,900}?kernel reported version is: "
        r"(?P<module>\d{3}[\d.]*\d)",
    ),
    signature(
        "nvml-unknown-error",
        ("nvml", "nvidia-smi"),
        r"initiali[sz]e NVML: Unknown Error|NVML_?Error_?Unknown|nvml\w*\([^\n]{0,40}unknown error"
        r"|nvml error: unknown error",
    ),
    signature(
        "nvml-no-permission",
        ("insufficient permissions", "nvmlerror_nopermission", "nvml_error_no_permission"),
        r"(?:nvml|nvidia)[^\n]{0,60}insufficient permissions|NVML_?Error_?No_?Permission",
    ),
    signature(
        "nvml-blocked-by-system",
        "blocked by the operating system",
        r"GPU access blocked by the operating system",
    ),
    signature(
        "nvml-driver-not-loaded",
        ("driver not loaded", "driver_not_loaded", "drivernotloaded"),
        r"(?:nvml|nvidia)[^\n]{0,60}driver not loaded|NVML_?Error_?Driver_?Not_?Loaded",
    ),
    signature(
        "nvml-library-missing",
        ("nvml shared library", "libnvidia-ml", "librarynotfound", "nvml.dll"),
        r"NVML shared library not found|NVML_?Error_?LibraryNotFound"
        r"|libnvidia-ml\.so(?:\.1)?: cannot open shared|(?:couldn't|could not|cannot|unable to) (?:find"
        r"|load)[^\n]{0,20}"
        r"(?:libnvidia-ml\.so|nvml\.dll)",
    ),
    signature(
        "smi-cannot-reach-driver",
        "communicate with",
        r"(?:couldn't|could not|can't|cannot|can not|unable to|failed to|not able to) communicate with "
        r"(?:the )?(?:(?:nvidia|gpu|display) (?:nvidia |gpu |kernel |display )?drivers?\b"
        r"|(?:kernel )?drivers?\b[^\n]{0,80}(?:nvidia|gpu|cuda))"
        r"|(?:nvidia|gpu|cuda)[^\n]{0,120}communicate with (?:the )?(?:kernel )?drivers?\b",
    ),
    signature(
        "smi-no-devices",
        ("no devices were found", "no devices found"),
        r"(?m:^No devices were found\.?$)|nvidia-smi[^\n]{0,40}no devices",
    ),
    signature(
        "smi-not-found",
        "nvidia-smi",
        r"nvidia-smi['\"]?: (?:command )?not found|nvidia-smi: (?:command not found|no such file)"
        r"|'nvidia-smi' is not recogni[sz]ed|(?:can't|cannot|could not) find (?:the )?['\"]?nvidia-smi"
        r"|no such file or directory: ['\"]nvidia-smi|term 'nvidia-smi' is not|['\"]nvidia-smi['\"],? not found",
    ),
)

CUDA: tuple[Signature, ...] = (
    signature(
        "driver-insufficient",
        ("driver version is insufficient", "insufficientdriver", "insufficient_driver"),
        r"CUDA driver version is insufficient|cudaErrorInsufficientDriver|ERROR_INSUFFICIENT_DRIVER",
    ),
    signature(
        "driver-too-old",
        ("driver on your system is too old", "driver is too old", "driver version is too old", "outdated driver"),
        r"driver (?:on your system |version )?is too old(?:[^\n]{0,4}found version (?P<found>\d{4,5}))?",
        # Drivers of other things than a GPU.
        unless=r"[oj]dbc|selenium|chrome|gecko|firefox|browser|session|database|\bsql|mongo|printer|kafka|wi-?fi|audio",
    ),
    # libcuda.so.418.74: undefined symbol: cuCtxCreate_v3: a function that this driver does not have yet.
    signature(
        "driver-too-old",
        "undefined symbol",
        r"libcuda\.so[.\d]{0,20}['\"]?: undefined symbol: cu[A-Z]\w{2,60}",
    ),
    # unsatisfied condition: cuda>=12.4, please update your driver to a newer version
    signature(
        "driver-too-old-for-image",
        "unsatisfied condition",
        r"unsatisfied condition: (?:cuda ?>= ?(?P<needed>\d+\.\d+)|driver ?>= ?(?P<floor>\d+)"
        r"|[^\n]{0,80}(?:update your|nvidia|display|gpu) driver)",
    ),
    # ERROR: This container was built for NVIDIA Driver Release 535.54 or later, but
    #        version 470.82.01 was detected and compatibility mode is UNAVAILABLE.
    signature(
        "driver-too-old-for-image",
        "compatibility mode is unavailable",
        r"built for NVIDIA Driver Release (?P<floor>[\d.]+) or later[\s\S]{0,60}?version (?P<driver>\d{3}[\d.]*\d)"
        r"[\s\S]{0,60}?compatibility mode is UNAVAILABLE",
    ),
    signature(
        "unsupported-ptx-toolchain",
        ("unsupported toolchain", "unsupported_ptx_version", "unsupportedptxversion", "application ptx input"),
        r"PTX was compiled with an unsupported toolchain|UNSUPPORTED_PTX_VERSION|cudaErrorUnsupportedPtxVersion"
        # The compiler inside the driver names its input so; that of a toolkit names a file.
        r"|application ptx input, line \d+; fatal ?: Unsupported \.version [\d.]+",
    ),
    signature("no-nvidia-driver", "found no nvidia driver", r"Found no NVIDIA driver(?: on your system)?"),
    signature(
        "no-cuda-driver-found",
        (
            "cuda drivers on your machine",
            "kernel driver does not appear",
            "cuda driver was not found",
            "no cuda driver",
        ),
        r"Could not find cuda drivers on your machine|kernel driver does not appear to be running on this host"
        r"|CUDA driver (?:was )?not found|no CUDA driver (?:was )?found",
    ),
    signature(
        "cuda-no-device",
        ("cuda-capable device", "error_no_device", "cudaerrornodevice", "cuda gpus are available", "no cuda devices"),
        r"no CUDA-capable device is (?:detected|available)|CUDA_ERROR_NO_DEVICE|cudaErrorNoDevice"
        r"|No CUDA GPUs are available|no CUDA devices? (?:were |was |is |are )?(?:found|detected|available)",
    ),
    signature(
        "no-visible-gpu",
        ("no visible gpu", "no supported devices found", "no gpu/tpu found"),
        r"No visible GPU[^\n]{0,20}|no supported devices found for platform (?:CUDA|gpu)|No GPU/TPU found",
    ),
    signature(
        "cuda-unknown-error",
        ("cuda unknown error", "cuda_error_unknown", "cudaerrorunknown", "unknown error", "unknown_error", "999"),
        r"CUDA unknown error|CUDA_ERROR_UNKNOWN|cudaErrorUnknown\b|failed to initialize CUDA: unknown error"
        r"|cuda (?:error|failure|(?:driver|runtime) error|failed)[^\n]{0,12}(?<!\d)(?:unknown error|999(?!\d))"
        # Until CUDA 10.0 the number of this error was 30.
        r"|\bcu(?:da|init|ctx|device|mem|module|stream|event|launch|driver|func|array|ipc|graph)\w{0,40} returned"
        r" (?:30|999)(?!\d)|\berror ?= ?(?:30|999) ?: unknown error"
        r"|cu(?:da|Init)[^\n]{0,60}\bunknown[_ ]error ?\((?:30|99|999)\)"
        r"|cuInit[^\n]{0,40}(?<!\d)999(?!\d)"
        r"|cuda init failure (?:'?unknown error|999)|cuInit[^\n]{0,40}unknown error",
    ),
    signature(
        "cuda-init-failed",
        ("you might not have a cuda gpu", "failed call to cuinit", "cuda initialization failure"),
        r"CUDA driver initialization failed, you might not have a CUDA gpu|failed call to cuInit"
        r"|CUDA initialization failure",
    ),
    signature(
        "cuda-system-not-ready",
        ("system not yet initialized", "system_not_ready", "systemnotready", "802"),
        r"system not yet initialized|CUDA_ERROR_SYSTEM_NOT_READY|cudaErrorSystemNotReady"
        rf"|{_NUMBERED}802{_END}",
    ),
    signature(
        "cuda-driver-mismatch",
        ("unsupported display driver", "system_driver_mismatch", "systemdrivermismatch", "803"),
        r"unsupported display driver / cuda driver combination|CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"
        rf"|cudaErrorSystemDriverMismatch|{_NUMBERED}803{_END}",
    ),
    signature(
        "cuda-compat-unsupported",
        ("forward compatibility was attempted", "compat_not_supported", "compatnotsupported"),
        r"forward compatibility was attempted on non[- ]supported HW|CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE"
        r"|cudaErrorCompatNotSupportedOnDevice",
    ),
    # CUDA's error 3: a process that was forked gets it too.
    signature(
        "cuda-initialization-error",
        ("initialization error", "not_initialized", "initializationerror"),
        r"(?:cuda|cuinit|init)[^\n]{0,60}initialization error|cudaErrorInitializationError|CUDA_ERROR_NOT_INITIALIZED"
        r"|error ?=? ?3 ?: initialization error",
    ),
    signature(
        "cuda-launch-failed",
        ("unspecified launch failure", "launch_failed", "launchfailure"),
        r"unspecified launch failure|CUDA_ERROR_LAUNCH_FAILED|cudaErrorLaunchFailure",
    ),
    signature(
        "cuda-mps-failed",
        ("mps client", "mps server", "error_mps", "errormps"),
        r"MPS client failed to connect|MPS server is not ready|(?:CUDA_ERROR_|cudaError)_?MPS_?\w+",
    ),
)

MODULE: tuple[Signature, ...] = (
    signature(
        "module-key-rejected",
        (
            "key was rejected",
            "key not available",
            "lockdown",
            "loading of unsigned module",
            "module with unavailable key",
            "module signature",
            "module keys",
            "sig_enforce",
        ),
        r"(?:(?m:^)|: ?|')key was rejected by service|required key not available"
        r"|Lockdown: [^\n]{0,60}(?:unsigned module|module loading is restricted)"
        r"|Loading of (?:unsigned module|module with unavailable key) is rejected"
        r"|module signature[^\n]{0,40}(?:rejected|not (?:trusted|valid))"
        r"|(?:nvidia|kernel|module)[^\n]{0,40}(?:keys?|signatures?) (?:is|are|was|were|got) (?:rejected|refused"
        r"|not (?:enrolled|trusted|accepted))",
    ),
    # No key is named: the kernel is locked down, or whoever asked is not root.
    signature(
        "module-insert-refused",
        "operation not permitted",
        r"could not insert (?:module )?'?nvidia[\w.-]*'?: operation not permitted"
        r"|(?:insmod|modprobe)[^\n]{0,80}nvidia[^\n]{0,40}operation not permitted",
    ),
    signature(
        "kernel-lockdown",
        "lockdown",
        r"lockdown ?(?:mode|state|level)? ?(?:[=:]|is|was|set to) ?\[?(?:integrity|confidentiality|on\b|enabled)"
        r"|none \[(?:integrity|confidentiality)\]|kernel is locked down",
    ),
    signature(
        "secure-boot-enabled",
        ("secureboot", "secure boot", "secure-boot"),
        r"SecureBoot enabled|secure[ -]?boot(?: state| mode| option)?[:=]? ?(?:(?:is|was|got|being) )?(?:still )?"
        r"(?:turned |switched |set to )?(?:enabled|on\b|active)|(?:with|enabled|turned on) (?:uefi )?secure[ -]?boot"
        r"(?! (?:disabled|off))",
    ),
    signature("module-signature-taints", "module verification failed", r"nvidia[^\n]{0,30}module verification failed"),
    # modprobe: FATAL: Module nvidia not found in directory /lib/modules/6.5.0-14-generic
    signature(
        "kernel-module-not-found",
        ("modprobe", "insmod", "module nvidia"),
        r"Module (?P<module>nvidia[\w-]*"
        r"|amdgpu) not found(?: in directory /lib/modules/(?P<kernel>[^\s'\"]{1,80}))?",
    ),
    # modprobe: ERROR: could not find module by name='nvidia'
    signature(
        "kernel-module-not-found",
        "could not find module by name",
        r"could not find module by name ?=? ?['\"]?(?P<module>nvidia[\w-]*)",
    ),
    # modprobe: FATAL: nvidia_drm not found in directory /lib/modules/6.1.0
    signature(
        "kernel-module-not-found",
        "not found in directory /lib/modules",
        r"(?<!Module )(?P<module>nvidia[\w-]*) not found in directory /lib/modules/(?P<kernel>[^\s'\"]{1,80})",
    ),
    # mkinitcpio ==> ERROR: module not found: 'nvidia'
    signature("kernel-module-not-found", "module not found:", r"module not found: ['\"]?(?P<module>nvidia[\w-]*)"),
    # What NVIDIA's installer says whatever the reason is; the lines after it tell which.
    signature(
        "module-load-failed",
        "unable to load the",
        r"unable to load the (?:nvidia )?kernel module '?nvidia[\w.-]*",
    ),
    # The script of NVIDIA's module that compares the compiler with the one of the kernel.
    signature(
        "module-build-failed",
        ("compiler version check failed", "failed cc version check", "gcc-version-check failed"),
        r"(?<!Warning: )Compiler version check failed|Failed CC version check|gcc-version-check failed",
    ),
    signature(
        "module-build-failed",
        "built for",
        r"(?:nvidia|driver|module)[^\n]{0,60}(?:not|never|isn't|wasn't) (?:been )?(?:re)?built for (?:the |this |my "
        r"|your )?(?:new |running |current |updated )?kernel",
    ),
    signature(
        "module-build-failed",
        "compiled for",
        r"(?:nvidia|driver|module)[^\n]{0,60}(?:not|never|isn't|wasn't) (?:been )?(?:re)?compiled for (?:the |this |my "
        r"|your )?(?:new |running |current |updated )?kernel",
    ),
    signature(
        "module-build-failed",
        ("dkms", "bad return status", "bad exit status", "module build"),
        r"bad return status for module build on kernel: (?P<kernel>\S{1,80})"
        r"|(?P<module>nvidia)[^\n]{0,400}bad exit status: \d+|modules?[. ]*\(bad exit status: \d+\)"
        r"|dkms[^\n]{0,60}(?:failed|error)[^\n]{0,60}nvidia|error: unable to build the (?:nvidia )?kernel module"
        r"|nvidia[^\n]{0,60}dkms[^\n]{0,60}(?:returned error|failed|error exit status)",
    ),
    signature(
        "kernel-headers-missing",
        ("kernel headers", "kernel source tree", "linux-headers", "kernel-devel"),
        r"kernel headers for (?:kernel|target kernel) (?P<kernel>\S{1,80}) (?:cannot|could not|can't) be found"
        r"|unable to find the kernel source tree|linux-headers-(?P<package>\S{1,80}) (?:is not supported"
        r"|(?:is )?not (?:found|installed))"
        r"|(?:missing|no|install(?: the)?) (?:matching )?kernel[ -]headers"
        r"|unable to locate package linux-headers-\S{1,80}",
    ),
    signature(
        "module-of-other-kernel",
        (
            "invalid module format",
            "version magic",
            "disagrees about version",
            "unknown symbol in module",
            "exec format error",
        ),
        r"could not insert '?(?P<module>nvidia[\w-]*)'?: (?:invalid module format|exec format error"
        r"|unknown symbol[^\n]{0,40})"
        r"|nvidia[\w-]*: (?:version magic|disagrees about version of symbol)[^\n]{0,80}"
        r"|nvidia[^\n]{0,40}invalid module format",
    ),
    signature(
        "module-device-refused",
        "no such device",
        r"could not insert '?nvidia[\w-]*'?: no such device|modprobe[^\n]{0,40}nvidia[^\n]{0,40}no such device",
    ),
    signature(
        "kernel-was-updated",
        ("kernel",),
        r"(?:after|since|following|due to)[^\n.]{0,40}(?:kernel|system|distro|os) (?:update|upgrade)"
        r"|(?:updat|upgrad)(?:ed|ing) (?:my |the |to (?:a |the )?(?:new |newer )?)?(?:linux )?kernel"
        r"|kernel (?:was|got|has been) (?:updat|upgrad)ed"
        r"|new kernel (?:version|was|got|has)",
    ),
    # The NVIDIA probe routine was not called for 1 device(s) ... a driver such as: nouveau ... obtained ownership
    signature(
        "nouveau-holds-gpu",
        ("nouveau", "nova_core", "nova-core", "novacore", "probe routine was not called"),
        r"kernel driver in use: (?:nouveau|nova[_-]core)|NVIDIA probe routine was not called"
        r"|already bound to (?:nouveau|nova\w*)|(?:kernel[_ ]?module|kernel[_ ]?driver) ?[:=] ?(?:nouveau|nova\w*)"
        # The kernel's own line once that driver runs a card.
        r"|\bnouveau [\da-f]{4}:[\da-f]{2}:[\da-f]{2}\.\d: (?:DRM|drm|bios|fb|NVIDIA)"
        r"|(?:nouveau|nova[_-]core)(?: (?:kernel )?(?:module|driver))?(?: is| was| being| gets| still| already){0,3} "
        r"loaded\b"
        r"|(?:nouveau|nova[_-]core)[^\n]{0,40}(?:currently in use|is (?:still )?(?:loaded|active|running"
        r"|being loaded|in use)"
        r"|loaded instead|gets loaded|obtained ownership|has (?:claimed|grabbed))"
        r"|(?:bound|attached) to (?:nouveau|nova)"
        r"|(?m:^(?:nouveau|nova_core) \d{5,9} \d)|incompatible with the nouveau|driver=nouveau",
        # The word is French for "new".
        unless=r"\b(?:le|un|du|au|ce|de|notre|mon|art) nouveau\b",
    ),
    signature(
        "after-suspend",
        ("suspend", "resum", "sleep", "hibernat", "wake", "woke", "standby"),
        r"(?:after|since|from|following|upon|on|post|when|once|if)[^\n.]{0,30}(?:suspend(?:ing|ed|s)?"
        r"|resum(?:e[sd]?|ing)(?! (?:the |my |a )?(?:training|from|run|download|fine|job|checkpoint))"
        r"|sleep(?:ing)?|hibernat\w+|w[ao]k(?:es?|ing)|standby)\b"
        r"|(?:woke|wakes?|woken|waking|came back|comes back|returns?) (?:up )?from|(?:suspended"
        r"|hibernated) (?:my|the)"
        r"|PM: suspend (?:entry|exit)|suspend[/ -]+(?:and )?resume|(?:laptop|computer|pc|machine"
        r"|system) (?:was |went |goes )(?:to |into )?(?:sleep|suspend)",
    ),
    signature(
        "uvm-node-missing",
        ("nvidia-uvm", "nvidia_uvm", "_uvm'", "uvm kernel module", "uvm module", "uvm driver"),
        r"/dev/nvidia-uvm[^\n]{0,60}(?:no such file|does not exist|do not exist|doesn't exist|don't exist"
        r"|not (?:found|present|created|there)|(?:is|are|was|were) (?:missing|absent))"
        r"|(?:no|missing|without|cannot (?:stat|access)|can't (?:stat|access)|lacks?|could not (?:find|stat|open))"
        r" (?:the )?(?:device )?(?:node |file )?['\"]?/dev/nvidia-uvm"
        r"|(?:Module )?nvidia[-_](?:[\w-]{1,20}[-_])?uvm (?:module )?(?:not found|(?:is )?not loaded"
        r"|(?:was|is)n't loaded|could not be loaded)"
        # nvidia_331_uvm: old packages put the version in between
        r"|could not insert '?nvidia[_-](?:[\w-]{1,20}[_-])?uvm|by name=?['\" ]{0,2}nvidia[_-](?:\w{1,20}_)?uvm"
        r"|(?:could not|cannot|can't|unable to|failed to) load (?:the )?(?:nvidia[ -]?)?UVM (?:kernel )?"
        r"(?:module|driver)",
    ),
)

HOST: tuple[Signature, ...] = (
    signature(
        "vgpu-unlicensed",
        ("license", "licence", "not_licensed", "notlicensed"),
        r"CUDA_ERROR_DEVICE_NOT_LICENSED|cudaErrorDeviceNotLicensed|License Status : (?:Unlicensed"
        r"|Expired)[^\n]{0,40}"
        r"|(?:vgpu|grid)[^\n]{0,60}(?:unlicensed|licen[sc]e (?:has )?expired|failed to acquire licen[sc]e)",
    ),
    signature(
        "confidential-computing",
        ("conf-compute", "confidential comput", "cc mode"),
        r"conf-compute|confidential comput(?:e|ing)|\bcc mode\b",
    ),
    # fabric manager NVIDIA GPU driver interface version 535.129.03 don't match with driver version 535.154.05
    signature(
        "fabric-manager-mismatch",
        ("fabric manager", "fabricmanager", "fabric-manager", "nv-fabricmanager"),
        r"(?:fabric ?manager [^\n]{0,60}?)?interface version (?P<fabric>\d{3}[\d.]*\d) (?:don't|doesn't"
        r"|does not) match with driver version (?P<driver>\d{3}[\d.]*\d)"
        r"|fabric[ -]?manager[^\n]{0,80}(?:version )?(?:mismatch|does(?:n't| not) match|don't match"
        r"|incompatible|different version|wrong version)"
        r"|(?:mismatch|wrong|different|incompatible)[^\n]{0,60}fabric[ -]?manager",
    ),
    signature(
        "fabric-manager-down",
        ("fabric manager", "fabricmanager", "fabric-manager"),
        r"fabric[ -]?manager[^\n]{0,80}(?:not (?:running|installed|started|active|found)|(?:is|was"
        r"|has) (?:not |stopped|dead|inactive|failed|missing)|inactive|failed to start|could not be found)"
        r"|failed to start[^\n]{0,40}fabric[ -]?manager|(?:without|missing|no) (?:a "
        r"|the )?(?:running )?(?:nvidia[ -])?fabric[ -]?manager",
        unless=r"service fabric|hyperledger|microsoft fabric|azure",
    ),
    signature(
        "intel-gpu-driver-missing",
        (
            "libze_loader",
            "ze_result_error",
            "level zero",
            "level_zero",
            "no xpu devices",
            "device of requested type",
            "level-zero",
        ),
        r"libze_loader\.so(?:\.1)?: cannot open|ZE_RESULT_ERROR_UNINITIALIZED|No XPU devices? (?:are "
        r"|is )?(?:available|found)"
        r"|level[ _-]zero[^\n]{0,40}(?:not (?:found|installed)|missing|failed to initiali[sz]e)"
        r"|No device of requested type available",
    ),
)

SIGNATURES: tuple[Signature, ...] = (*NVML, *CUDA, *MODULE, *HOST)
