"""Signatures: what a build has code for, what it was compiled with, and what belongs to it."""

from __future__ import annotations

from mlenv.clues.clue import Signature, signature

_COMPANION = r"(?P<companion>torchvision|torchaudio)"
_EXTENSION = (
    r"(?P<extension>flash_?attn\w*|xformers|apex|mmcv|detectron2|torch_?(?:scatter|sparse|cluster|spline_conv)"
    r"|pyg_lib|"
    r"vllm|sgl_kernel|deepspeed|auto_?gptq\w*|awq\w*|exllama\w*|nvdiffrast|pytorch3d|causal_conv1d\w*|mamba_ssm\w*|"
    r"selective_scan\w*|fused_\w{1,40}|amp_C|torchao|torchtext|torchdata|fairseq|natten|spconv|transformer_engine\w*|"
    r"sageattention|diff_gaussian_rasterization|MultiScaleDeformableAttention|torch_tensorrt|bitsandbytes)"
)

_CAPABILITIES: tuple[Signature, ...] = (
    signature(
        "gpu-not-in-torch-build",
        ("with cuda capability sm_",),
        r"(?:^|\n|[|:] )(?P<gpu>[^\n|:]{2,80}?) with CUDA capability sm_(?P<code>\d{2,3})[af]?\s{1,4}is not"
        r" compatible"
        r"[^\n]{0,80}",
    ),
    signature(
        "torch-build-capabilities",
        ("supports cuda capabilities", "supported by this pytorch"),
        r"(?:current PyTorch install(?:ation)? supports CUDA capabilities|"
        r"capabilities? supported by this PyTorch[^\n]{0,40}?:?)"
        r"\s{1,4}(?P<codes>\(?(?:sm_|compute_)?\d{1,3}(?:\.\d)?[af]?[^\n]{0,300})",
    ),
    signature(
        "gpu-too-old-for-torch",
        ("no longer supports this gpu",),
        r"Found GPU\s?\d{1,3} (?P<gpu>[^\n]{2,80}?) which is of (?:cuda|compute) capability"
        r" \(?(?P<capability>\d{1,2}\.\d)"
        r"[^\n]{0,10}\s{0,6}PyTorch no longer supports this GPU"
        # One release printed its message without the values.
        r"|%d\.%d\.?\s{0,6}PyTorch no longer supports this GPU",
    ),
    signature(
        "gpu-outside-torch-range",
        ("minimum and maximum cuda capability",),
        r"Found GPU\s?\d{1,3} (?P<gpu>[^\n]{2,80}?) which is of (?:cuda|compute) capability"
        r" \(?(?P<capability>\d{1,2}\.\d)"
        r"[^\n]{0,10}\s{0,6}Minimum and Maximum cuda capability supported by this version of PyTorch is"
        r"\s{0,6}\(?(?P<lowest>\d{1,2}\.\d)\)?\s{0,3}-\s{0,3}\(?(?P<highest>\d{1,2}\.\d)",
    ),
    signature(
        "gpu-below-tensorflow-minimum",
        ("minimum required cuda capability",),
        r"Ignoring visible gpu device[^\n]{0,200}?compute capability:? ?(?P<capability>\d{1,2}\.\d)[^\n]{0,120}"
        r"minimum required Cuda capability is (?P<minimum>\d{1,2}\.\d)",
    ),
    signature(
        "tensorflow-without-gpu-code",
        ("not built with cuda kernel binaries",),
        r"not built with CUDA kernel binaries compatible with compute capability (?P<capability>\d{1,2}\.\d)",
    ),
    signature(
        "no-kernel-image",
        (
            "no kernel image",
            "nokernelimagefordevice",
            "no_binary_for_gpu",
            "device kernel image is invalid",
            "cuda_error_invalid_image",
            "cuda_error_invalid_ptx",
        ),
        r"no kernel image is available for execution"
        r"|(?:cuda|hip|gpu|error|torch)[^\n]{0,80}no kernel image is available"
        r"|cudaErrorNoKernelImageForDevice"
        r"|CUDA_ERROR_NO_BINARY_FOR_GPU|"
        r"device kernel image is invalid|CUDA_ERROR_INVALID_(?:IMAGE|PTX)",
    ),
    signature(
        "cuda-invalid-device-function",
        ("invalid device function", "cudaerrorinvaliddevicefunction"),
        r"(?:CUDA(?: runtime)? error[^\n]{0,40}?|\bcuda[^\n]{0,60})invalid device function|"
        r"cudaErrorInvalidDeviceFunction",
    ),
    signature(
        "hip-without-gpu-code",
        (
            "hip error",
            "hip runtime error",
            "hiperrornobinaryforgpu",
            "hiperrorinvaliddevicefunction",
            "hiperrorinvalidimage",
            "tensilelibrary",
            "no compatible code objects",
            "unable to find code object",
            "hip error: device kernel image is invalid",
            "hiperrorinvalidkernelfile",
            "shared object initialization failed",
        ),
        r"hip(?: runtime)? error:? (?:invalid device function|device kernel image is invalid|"
        r"no kernel image is available|shared object initialization failed)|"
        r"hipErrorNoBinaryForGpu|hipErrorInvalidDeviceFunction|hipErrorInvalidImage|hipErrorInvalidKernelFile|"
        r"Cannot read[^\n]{0,200}TensileLibrary[^\n]{0,80}|"
        r"no compatible code objects found for:? ?[^\n]{0,20}|Unable to find code object for all current devices",
    ),
    signature(
        "gfx-named",
        ("gfx",),
        r"(?:for GPU arch\w* ?: ?|code objects found for:? ?|gpu target[^\n]{0,20}|TensileLibrary_?[\w]{0,80}?[_ .]|"
        r"GPU arch[^\n]{0,20}? )'?(?P<gfx>gfx\d{3,4}[a-f]?)",
    ),
    signature(
        "ptxas-without-gpu",
        ("ptxas",),
        r"ptxas fatal ?: ?Value '(?P<code>(?:sm|compute)_\d{2,3}[af]?)' is not defined for option '(?:gpu-name"
        r"|arch)'|"
        r"ptxas (?:\S{1,20} )?does not support CC (?P<capability>\d{1,2}\.\d)|"
        r"ptxas (?:is too old|too old)[^\n]{0,120}",
    ),
    signature(
        "llvm-without-gpu",
        ("is not a recognized processor", "llvm error: cannot select", "unknown cuda capability"),
        r"'(?P<code>sm_\d{2,3}[af]?)' is not a recognized processor",
    ),
)

_COMPILED: tuple[Signature, ...] = (
    signature(
        "torch-without-cuda",
        (
            "not compiled with cuda",
            "not linked with cuda",
            "not compiled with cudnn",
            "was not built with cuda",
            "compiled without cuda",
            "without cuda support",
            "'_cuda_getdevicecount'",
            "'_cuda_setdevice'",
            "'_cuda_getdeviceproperties'",
            "'_cudart'",
            "without gpu support",
            "does not have cuda support",
        ),
        r"(?:py)?torch[^\n]{0,40}not (?:compiled|linked|built) with cuda[^\n]{0,20}|"
        r"torch(?: is| was)?[^\n]{0,20}(?:compiled|built) without cuda|PyTorch[^\n]{0,30}without CUDA support|"
        r"(?:module 'torch\._C' has no attribute|name) '(?:_cuda_\w{1,40}|_cudart)'",
    ),
    signature(
        "torch-without-xpu",
        ("with xpu", "without xpu", "torch.xpu", "'xpu'"),
        r"torch not compiled with xpu[^\n]{0,20}|compiled without xpu[^\n]{0,20}|"
        r"torch\.xpu(?:\.is_available\(\))?[^\n]{0,30}(?:not available|unavailable|false)|"
        r"module 'torch' has no attribute 'xpu'|PyTorch is not (?:linked|built) with (?:support for )?xpu[^\n]{0,20}",
    ),
    signature(
        "cpu-wheel-named",
        ("cpu wheel", "cpu-only", "cpu only", "cpuonly", "cpu build", "cpu version"),
        r"(?:\bcpu(?:-only| only)? (?:wheel|build|version) (?:\w{1,20} ){0,4}installed|"
        r"\b(?:install|obtain|get|got|receiv|download|pull)\w{0,5} (?:\w{1,20} ){0,5}cpu[- ]?only\b"
        r"(?! machine| device| mode)"
        r"[^\n]{0,20}|"
        r"\b(?:install|obtain|get|got|receiv|download|pull)\w{0,5} (?:\w{1,20} ){0,5}cpu (?:wheel|build|version)|"
        r"you (?:have|are using|seem to have)[^\n]{0,40}cpu(?:-only| only)?[^\n]{0,20}(?:version|build"
        r"|wheel)[^\n]{0,40})",
    ),
    signature(
        "torch-named-cpu-build",
        ("+cpu", "cpu_", "_cpu"),
        r"(?:torch|pytorch)[^\n]{0,30}?\b(?P<version>\d{1,2}\.\d{1,2}\.\d{1,2}[\w.]{0,20})\+cpu\b|"
        r"\bpytorch(?:-mutex)? [^\n]{0,40}\b(?:py\d[\d.]{1,5}_cpu_\d|cpu_\w{1,40})",
    ),
    signature(
        "detected-cuda-mismatch",
        ("mismatches the version that was used to compile",),
        r"detected CUDA version \(?(?P<toolkit>\d{1,2}(?:\.\d{1,2})?)\)? mismatches the version that was used to"
        r" compile"
        r"\s{0,4}PyTorch \(?(?P<build>\d{1,2}(?:\.\d{1,2})?)|"
        # Where the message and its values were raised apart, the values stand behind it.
        r"detected CUDA version \(%s\) mismatches[^\n]{0,200}?'(?P<toolkit2>\d{1,2}\.\d{1,2})', '"
        r"(?P<build2>\d{1,2}\.\d{1,2})'",
    ),
    signature(
        "cuda-major-mismatch-for-op",
        ("does not match the version torch was compiled with", "cuda extensions are being compiled with a version"),
        r"Installed CUDA version (?P<toolkit>\d{1,2}\.\d{1,2}) does not match the version torch was compiled with"
        r" (?P<build>\d{1,2}\.\d{1,2})|"
        r"Cuda extensions are being compiled with a version of Cuda that does not match[^\n]{0,120}",
    ),
    signature(
        "toolkit-without-gpu",
        ("unsupported gpu architecture", "unknown cuda arch"),
        r"nvcc fatal ?: ?Unsupported gpu architecture '(?P<code>\w{3,20})'|"
        r"Unknown CUDA arch \((?P<arch>[\d.+PTX]{1,12})\)",
    ),
    signature(
        "nvcc-missing",
        ("nvcc", "cuda_home", "cuda toolkit", "cmake_cuda_compiler", "cudacxx"),
        r"CUDA_HOME environment variable is not set|CUDA_HOME does not exist|"
        r"\bnvcc(?:\.exe)?'?:? (?:command )?(?:was )?not found|command not found: nvcc|nvcc was not found|"
        r"No such file or directory: '[^'\n]{0,200}nvcc(?:\.exe)?'|"
        r"(?:could not|cannot|can't|unable to|failed to) find[^\n]{0,20} nvcc|"
        r"'nvcc' is not recognized|No CMAKE_CUDA_COMPILER could be found|"
        r"Could NOT find CUDAToolkit[^\n]{0,60}|Failed to find nvcc[^\n]{0,60}|"
        r"(?:CUDA_HOME|CUDACXX)[^\n]{0,40}is not set[^\n]{0,40}",
    ),
)

_COMPANIONS: tuple[Signature, ...] = (
    signature(
        "companion-operator-missing",
        ("torchvision::", "torchaudio::", "'extension'"),
        rf"operator {_COMPANION}::\w{{1,40}} does not exist|"
        r"(?:Could not run|No such operator:?|Couldn't find an operator for) '?(?P<name>torchvision"
        r"|torchaudio)::\w{1,40}|"
        r"module '(?P<half>torchvision|torchaudio)'[^\n]{0,20} has no attribute '(?:extension|_extension)'",
    ),
    signature(
        "companion-ops-not-loaded",
        ("couldn't load custom c++ ops", "failed to load image python extension", "torchaudio c++ extension"),
        r"Couldn't load custom C\+\+ ops[^\n]{0,200}|"
        r"Failed to load image Python extension[^\n]{0,300}|"
        r"Failed to (?:initialize|load) torchaudio C\+\+ extension[^\n]{0,100}",
    ),
    signature(
        "companion-cuda-mismatch",
        ("compiled with different cuda",),
        rf"Detected that PyTorch and {_COMPANION} were compiled with different CUDA(?: major)? versions\.?\s{{0,4}}"
        r"(?:PyTorch has CUDA(?: version)?[= ](?P<torch>[\d.]{2,6})[ ,\w]{0,12}(?:torchvision|torchaudio) has"
        r" CUDA(?: version)?[= ](?P<other>[\d.]{2,6}))?",
    ),
    signature(
        "companion-library-broken",
        ("torchaudio", "torchvision"),
        r"(?<!\w)(?:_?lib)?(?P<companion>torchaudio|torchvision)[\w/\\.-]{0,120}\.(?:so|pyd|dylib)[\w.]{0,12}"
        r"['\"]?(?:: (?:undefined symbol|Symbol not found)[^\n]{0,120}|[^\n]{0,40}(?:WinError 127|procedure"
        r" could not be"
        r" found)|, 0x[^\n]{0,20}Symbol not found)|"
        r"(?:DLL load failed|Could not load this library|Could not find module|FileNotFoundError|OSError)[^\n]{0,200}"
        r"[/\\](?:lib)?_?(?P<half>torchaudio|torchvision)\.(?:pyd|dll|so|dylib)[^\n]{0,80}",
    ),
    # torchaudio's library had another name until 0.9.
    signature(
        "companion-library-broken",
        ("_torch_sox",),
        r"_torch_sox[\w.-]{0,60}\.(?:so|pyd|dylib)[^\n]{0,60}(?:undefined symbol|Symbol not found)[^\n]{0,120}"
        r"(?=\n|$)|import (?P<half>_torch_sox)\b",
    ),
    signature(
        "companion-wants-other-torch",
        ("torchvision", "torchaudio"),
        rf"\b{_COMPANION} (?P<version>\d[\w.+]{{1,30}}) (?:requires|depends on|has requirement)"
        rf" torch==(?P<wanted>[\d.]{{3,12}})"
        r"[\w+]{0,12},? (?:but you (?:have|will have)|which is incompatible)[^\n]{0,80}",
    ),
)

_EXTENSIONS: tuple[Signature, ...] = (
    signature(
        "xformers-built-for",
        ("xformers was built for",),
        r"xFormers was built for:?\s{0,8}PyTorch (?P<built>\d[\w.+]{2,30}) with CUDA (?P<cuda>\w{1,6}) \(you have"
        r" (?P<torch>\d[\w.+]{2,30})\)",
    ),
    signature(
        "extensions-not-loaded",
        ("can't load c++/cuda extensions", "need to compile c++ extensions", "cpp extensions"),
        r"xFormers can't load C\+\+/CUDA extensions[^\n]{0,80}|Need to compile C\+\+ extensions to (?:use"
        r"|get)[^\n]{0,80}|"
        r"Skipping import of cpp extensions[^\n]{0,160}",
    ),
    signature(
        "extension-cuda-mismatch",
        ("compiled with different cuda",),
        rf"Detected that PyTorch and {_EXTENSION} were compiled with different CUDA(?:"
        rf" major)? versions\.?[^\n]{{0,160}}",
    ),
    signature(
        "extension-version-refused",
        ("mmcv==", "is used but incompatible", "was compiled with", "built against", "compiled against"),
        r"MMCV==[\w.]{1,20} is used but incompatible[^\n]{0,120}|"
        r"(?:extension|kernels?|module|wheel|library|package)[^\n]{0,60}(?:was|were|is) (?:compiled|built)"
        r" (?:with|for|against)"
        r" (?:a different version of )?(?:PyTorch|torch)\b[^\n]{0,120}",
    ),
    signature(
        "torch-symbol-undefined",
        ("_zn", "_zt", "aoti_torch", "torch_library", "torchcheck", "thp"),
        r"(?:symbol|[^\n:]{2,40}): ?'?"
        r"(?P<symbol>_{1,2}Z(?:N|T[ISV]N)K?\d{0,2}(?:3c10|5torch|2at|8caffe2|6caffe2)\w{1,300}|_?aoti_torch_\w{1,80}"
        r"|_?torch_library_\w{1,60}|_?TH(?:P|C|CP|Cuda)[A-Z]\w{2,60})",
    ),
    signature(
        "cuda-extension-broken",
        (".so", ".pyd", "dll load failed", "_c'", "_cuda"),
        rf"(?:DLL load failed while importing|No module named|cannot import name|Failed to import from|import of) '?"
        rf"{_EXTENSION}(?:(?-i:\._?C)(?:_\w{{0,20}})?|\._?ext(?:_\w{{0,20}})?|_cuda\w{{0,20}}|_2_cuda\w{{0,20}})\b[^\n]{{0,200}}",
    ),
    signature(
        "extension-library-missing",
        (".so", "libtorch", "libc10"),
        r"(?P<library>libtorch_?\w{0,20}\.so[\d.]{0,8}|libc10\w{0,12}\.so): (?!undefined|version)[^\n:]{8,80}",
    ),
)

_BITSANDBYTES: tuple[Signature, ...] = (
    signature(
        "bitsandbytes-binary-missing",
        ("libbitsandbytes", "bitsandbytes"),
        r"(?:Required library version not found|Configured (?:CUDA|ROCm) binary not found at|"
        r"Could not find (?:the )?bitsandbytes (?:CUDA|ROCm) binary at|Could not load bitsandbytes native library|"
        r"bitsandbytes library load error|CUDA binary not found)[^\n]{0,20}"
        r"[^\n]{0,160}?(?P<library>libbitsandbytes_\w{2,40})?[^\n]{0,80}|"
        r"Legacy binary [^\n]{0,160}libbitsandbytes[^\n]{0,120}",
    ),
    signature(
        "bitsandbytes-setup-failed",
        (
            "cuda setup failed",
            "compiled without gpu support",
            "cget_col_row_stats",
            "cadam32bit",
            "cquantize_blockwise",
        ),
        r"CUDA Setup failed despite (?:GPU|CUDA) being available[^\n]{0,80}|"
        r"installed version of bitsandbytes was compiled without GPU support[^\n]{0,120}|"
        r"libbitsandbytes_cpu\.so: undefined symbol[^\n]{0,80}|"
        r"'NoneType' object has no attribute '(?:cadam32bit|cquantize|cdequantize|cget)\w{0,60}'",
    ),
)

SIGNATURES: tuple[Signature, ...] = (
    *_CAPABILITIES,
    *_COMPILED,
    *_COMPANIONS,
    *_EXTENSIONS,
    *_BITSANDBYTES,
)
