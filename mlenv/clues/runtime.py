"""Signatures: libraries that are loaded, and how the frameworks start."""

from __future__ import annotations

from mlenv.clues.clue import Signature, signature

_CUDA_LIBRARY = (
    r"(?:cudart|cublas(?:Lt)?|cudnn\w{0,24}|cufft\w?|curand|cusolver(?:Mg)?|cusparse(?:Lt)?|nccl|nvrtc[\w-]{0,12}|"
    r"nvJitLink|cupti|nvToolsExt|nvshmem\w{0,12}|cufile|npp\w{1,8}|nvjpeg|cudss|cutensor)"
)

_LIBRARIES: tuple[Signature, ...] = (
    # The words after the file's name are translated by the C library; that there is no "symbol" or "version" in them
    # tells a missing file from a wrong one.
    signature(
        "cuda-library-missing",
        ("libcu", "libnccl", "libnv", "libnpp"),
        rf"(?P<library>lib{_CUDA_LIBRARY}\.so(?:\.\d{{1,3}}){{0,4}})(?:\.?\*?\[0-9\])?['\"]?"
        r"(?:: (?!undefined symbol|version|symbol)[^\n:]{8,80}: [^\n]{4,60}| is not found| not found[^\n]{0,60}|"
        r"['\"]?; dlerror: [^\n]{0,160})",
    ),
    signature(
        "cuda-library-missing",
        (".dll", "could not load library", "unable to load any of", "could not find/load", "could not load dynamic"),
        r"(?:Library |Could not load dynamic library '?|Could not locate |Unable to load |"
        rf"Could not load library '?)(?P<library>(?:lib)?{_CUDA_LIBRARY}(?:64)?[\w.]{{0,16}}\.(?:dll|so[.\d]{{0,8}}))"
        r"(?![^\n]{0,400}(?:undefined symbol|symbol lookup|not defined in file))[^\n]{0,160}|"
        rf"Unable to load any of \{{(?P<libraries>lib{_CUDA_LIBRARY}[^\n}}]{{0,160}})",
    ),
    # PyTorch looks for the libraries of NVIDIA's wheels itself, and stumbles where the first is not there.
    signature(
        "cuda-library-missing",
        ("_path' referenced before", "_path' where it is not", "_preload_cuda_deps", "_preload_cuda_lib"),
        r"local variable '(?P<library>cublas|cudnn|nvrtc)_path'[^\n]{0,80}|in _preload_cuda_(?:deps|lib)\b",
    ),
    signature(
        "cuda-library-not-loaded",
        (
            "unable to load cu",
            "unable to load nv",
            "unable to use cusparse",
            "cannot load symbol cu",
            *(f"{name} library" for name in ("cusparse", "cublas", "cudnn", "cusolver", "cufft", "cupti")),
        ),
        r"Unable to (?:load|use) (?P<library>cuSPARSE|cuBLAS|cuDNN|cuSOLVER|cuFFT|cuPTI|CUPTI|NVRTC|nvJitLink"
        r"|NCCL|CUDA)\b"
        r"[^\n]{0,80}|"
        r"\b(?P<library2>cuSPARSE|cuBLAS|cuDNN|cuSOLVER|cuFFT|cuPTI) library (?:was |is |could |can)?(?:not )"
        r"(?:be )?(?:found|loaded)|"
        r"Cannot load symbol (?P<symbol>cu[a-z]{2,10}[A-Z]\w{2,60})",
    ),
    signature(
        "nvjitlink-symbol-undefined",
        ("nvjitlink",),
        r"(?P<file>[\w./+-]{0,200}lib\w{2,20}\.so[.\d]{0,8}): [^\n:]{4,40}:"
        r" ?_{0,2}(?P<symbol>nvJitLink\w{1,60})[^\n]{0,80}",
    ),
    signature(
        "nccl-symbol-undefined",
        ("nccl",),
        r"(?P<file>[\w./+-]{0,200}\.so[.\d]{0,8}): [^\n:]{4,40}: ?(?P<symbol>nccl[A-Z]\w{1,60})",
    ),
    signature(
        "cuda-symbol-undefined",
        ("cublas", "cudnn", "cusparse", "cusolver", "cufft", "cudart", "curand", "cuda"),
        r"(?P<file>[\w./+-]{0,200}\.so[.\d]{0,8}): (?:undefined symbol|[^\n:]{4,40}): ?"
        r"(?P<symbol>(?:cublas|cudnn|cusparse|cusolver|cufft|curand|cuda[A-Z_])\w{1,80}|_Z\w{1,40}(?:cudnn"
        r"|cublas)\w{1,120})"
        r"[^\n]{0,80}|symbol lookup error: [^\n]{0,200}libcu[^\n]{0,120}",
    ),
    signature(
        "cuda-library-other-symbols",
        ("could not load library libcudnn", "could not load library libcublas"),
        r"Could not load library (?P<library>lib(?:cudnn|cublas)\w{0,24}\.so[.\d]{0,8})[^\n]{0,400}(?:undefined"
        r" symbol|symbol lookup|not defined in file)[^\n]{0,200}",
    ),
    signature("mkl-symbol-undefined", ("ijit_",), r"undefined symbol: (?P<symbol>iJIT_\w{1,40})"),
    # Any library's; what the symbol tells of its owner is in the signatures around this one.
    signature("undefined-symbol", ("undefined symbol",), r"undefined symbol: ?'?(?P<symbol>[A-Za-z_]\w{1,300})"),
    signature(
        "cudnn-older-than-build",
        ("loaded runtime cudnn", "cudnn version incompatib", "loaded cudnn version", "loaded cudnn"),
        r"Loaded runtime CuDNN library: (?P<loaded>\d[\d.]{1,12}\d)(?: \(compatibility version \d{1,6}\))?"
        r" but source was compiled with:? (?P<built>\d[\d.]{1,12}\d)",
    ),
    # JAX, until 0.5 and since.
    signature(
        "cudnn-older-than-build",
        ("found cudnn version", "outdated cudnn installation"),
        r"Found cuDNN version (?P<loaded>\d{4,6}), but JAX was built against version (?P<built>\d{4,6})|"
        r"Outdated cuDNN installation found\.?\s{1,4}Version JAX was built against: (?P<built2>\d{4,6})"
        r"(?:\s{1,4}Minimum supported: \d{4,6})?(?:\s{1,4}Installed version: (?P<loaded2>\d{4,6}))?",
    ),
    signature(
        "cuda-library-older-than-build",
        ("but jax was built against version", "installation found"),
        r"Found (?P<library>CUDA|cuBLAS|cuSPARSE|cuSOLVER|cuFFT|CUPTI|cuPTI) version (?P<loaded>\d{4,7}), but JAX was"
        r" built against version (?P<built>\d{4,7})|"
        r"Outdated (?P<library2>CUDA|cuBLAS|cuSPARSE|cuSOLVER|cuFFT|CUPTI|cuPTI) installation found[^\n]{0,80}",
    ),
    signature(
        "cudnn-older-than-build",
        ("cudnn version incompatib", "but linked against", "found runtime version"),
        r"cuDNN version incompatibility: PyTorch was compiled\s{1,4}against \(?(?P<built>\d[\d., ]{1,14})\)? but"
        r" found runtime"
        r" version \(?(?P<loaded>\d[\d., ]{1,14})",
    ),
    signature(
        "cudnn-parts-differ",
        ("sublibrary_version_mismatch", "cudnn_status_version_mismatch", "sublibrary_loading_failed"),
        r"CUDNN_STATUS_(?:SUBLIBRARY_(?:VERSION_MISMATCH|LOADING_FAILED)|VERSION_MISMATCH)",
    ),
    signature(
        "cudnn-not-initialized",
        ("cudnn_status_not_initialized", "could not create cudnn handle"),
        r"CUDNN_STATUS_NOT_INITIALIZED|Could not create cudnn handle[^\n]{0,60}",
    ),
    # What the loader tells under LD_DEBUG=libs.
    signature(
        "library-path-searched",
        ("(ld_library_path)",),
        r"search path ?= ?(?P<path>[^\s]{1,600})\s{1,10}\(LD_LIBRARY_PATH\)",
    ),
    signature(
        "library-path-named",
        ("ld_library_path contains", "ld_library_path is set", "unset ld_library_path"),
        r"your LD_LIBRARY_PATH contains[^\n]{0,120}|LD_LIBRARY_PATH is set[^\n]{0,200}|unset LD_LIBRARY_PATH",
    ),
    signature(
        "nvidia-pin-conflict",
        ("nvidia-",),
        r"depends on (?P<package>nvidia-[\w-]{2,40}?-cu\d\d|nvidia-(?:cudnn|nccl|cublas"
        r"|cuda-[\w-]{2,20}))\b[^\n]{0,300}"
        r"(?:\s[^\n]{0,300}){0,6}?(?P<other>nvidia-[\w-]{2,40})\b[^\n]{0,200}(?:\s[^\n]{0,200}){0,4}?"
        r"(?:incompatible|conflict|unsatisfiable|version solving failed|cannot be used)",
    ),
    signature(
        "nvidia-pin-broken",
        ("nvidia-",),
        r"(?P<owner>[\w.\[\]-]{2,40}) [\w.+]{1,30} (?:requires|has requirement) (?P<package>nvidia-[\w-]{2,40})"
        r"[^\n]{0,80}, but you(?:'ll| will)? have (?:[\w-]{2,40} )?(?P<version>[\w.+]{1,30})[^\n]{0,60}",
    ),
)

_TENSORFLOW: tuple[Signature, ...] = (
    signature(
        "tensorflow-libraries-not-found",
        ("cannot dlopen some gpu libraries", "could not load dynamic library", "skipping registering gpu devices"),
        r"Cannot dlopen some GPU libraries[^\n]{0,160}|Skipping registering GPU devices|"
        r"W tensorflow[^\n]{0,160}Could not load dynamic library '(?P<library>[\w.-]{4,60})'",
    ),
    signature(
        "tensorflow-sees-no-gpu",
        ("gpu", "physical_devices"),
        r"\bGPUs? available:? {0,3}\[\]|Num(?:ber of)? GPUs Available:? {0,3}0\b|"
        r"list_physical_devices\(['\"]?(?:GPU)?['\"]?\)[^\n]{0,60}(?:\[\]|empty)|"
        r"tf\.test\.(?:is_gpu_available|gpu_device_name)\(\)[^\n]{0,30}(?:False|'')|"
        r"tensorflow[^\n]{0,40}(?:does(?: not|n't)|cannot|can't|not) (?:detect|see|find|recogni[sz]\w{1,3}"
        r"|us(?:e|ing))"
        r"[^\n]{0,20} GPU",
    ),
    signature(
        "tensorflow-cuda-drivers-not-found",
        ("could not find cuda drivers", "not find cuda drivers"),
        r"Could not find cuda drivers on your machine[^\n]{0,60}",
    ),
    signature(
        "tensorflow-built-without-cuda",
        ("built_with_cuda", "tensorflow was not built with", "cannot assign a device for operation"),
        r"is_built_with_cuda\(?\)?[^\n]{0,20}False|TensorFlow was not built with CUDA[^\n]{0,40}|"
        r"(?:is_)?cuda_build'?\]?[^\n]{0,6}False",
    ),
    signature(
        "tensorflow-metal-broken",
        ("libmetal_plugin", "tensorflow-plugins", "tensorflow_metal"),
        r"libmetal_plugin\.dylib[^\n]{0,160}|"
        r"(?:NotFoundError|InvalidArgumentError|dlopen)[^\n]{0,200}tensorflow-plugins[^\n]{0,120}",
    ),
    signature(
        "keras-does-not-fit",
        ("keras", "tf-keras", "tf_keras"),
        r"Your currently installed version of Keras is Keras 3, but this is not yet supported in"
        r" Transformers[^\n]{0,80}|"
        r"No module named '(?:keras\.(?:engine|src\.engine|legacy|api\._v2|src\.legacy)|tensorflow\.keras"
        r"|tf_keras)[\w.]{0,60}'|"
        r"cannot import name '\w{1,60}' from '(?:keras|tensorflow\.keras)(?:\.[\w.]{1,60})?'|"
        r"tf\.keras[^\n]{0,40}requires[^\n]{0,20}tf.keras package[^\n]{0,60}",
    ),
    signature(
        "transformers-does-not-fit",
        ("transformers", "huggingface_hub", "accelerate", "peft"),
        r"cannot import name '(?P<name>\w{1,60})' from '(?P<module>transformers|huggingface_hub|accelerate|peft"
        r"|diffusers)"
        r"(?:\.[\w.]{1,80})?'|"
        r"(?P<package>tokenizers|huggingface-hub|safetensors|accelerate)(?:[<>=!~][^\n]{1,40})is required for a"
        r" normal"
        r" functioning of this module[^\n]{0,80}|"
        r"Disabling PyTorch because PyTorch >= ?(?P<wanted>[\d.]{1,8}) is required but found (?P<torch>[\w.+]{1,30})",
    ),
)

_JAX: tuple[Signature, ...] = (
    signature(
        "jax-without-cuda",
        ("cuda-enabled jaxlib", "no gpu/tpu found", "cuda jaxlib", "gpu jaxlib", "cuda-enabled jax"),
        r"CUDA-enabled jaxlib is not installed[^\n]{0,60}|No GPU/TPU found, falling back to CPU|"
        r"install (?:a )?(?:CUDA|GPU)[ -](?:enabled )?jaxlib",
    ),
    signature(
        "jax-backend-unknown",
        ("unknown backend", "unable to initialize backend", "known backends", "no platforms that are instances"),
        r"Unknown backend:? '?(?P<backend>cuda|gpu|rocm|METAL)\b'?[^\n]{0,120}|"
        r"Backend '(?P<name>cuda|gpu|rocm)' is not in the list of known backends[^\n]{0,80}|"
        r"Unable to initialize backend '(?P<failed>cuda|gpu|rocm)':? ?(?:NOT_FOUND|module '?jaxlib|Unable to find|"
        r"Could not find)[^\n]{0,120}",
    ),
    signature(
        "jax-versions-differ",
        ("jaxlib", "jax plugin", "pjrt", "jax_plugins", "no ffi handler"),
        r"jaxlib version (?P<jaxlib>[\w.+]{1,30}) is newer than and incompatible with jax version"
        r" (?P<jax>[\w.+]{1,30}?)"
        r"(?=[.,]? |\.?\n|\.?$)[^\n]{0,60}|"
        r"jaxlib is version (?P<found>[\w.+]{1,30}), but this version of jax requires(?: version)? ?[><=]{1,2} ?"
        r"(?P<wanted>[\w.]{1,20})[^\n]{0,40}|"
        r"JAX plugin (?P<plugin>[\w-]{2,40}) version (?P<version>[\w.+]{1,30}) is\s{1,4}installed,\s{1,4}but"
        r"\s{1,4}(?:it is|is)\s{1,4}not\s{1,4}compatible[^\n]{0,120}|"
        r"(?:cannot import name|module) '?[\w.]{1,60}'? (?:from|has no attribute)[^\n]{0,20}'?(?:jaxlib"
        r"|jax\._src\.lib)"
        r"[^\n]{0,80}|module 'jaxlib[\w.]{0,40}' has no attribute[^\n]{0,80}|"
        r"No FFI handler registered for (?:cu|hip)(?:solver|blas|dnn|sparse|fft|rand)\w{0,40}|"
        r"Mismatched PJRT plugin PJRT API version[^\n]{0,80}|"
        r"Unexpected PJRT_\w{1,60} size[^\n]{0,80}|PJRT (?:C )?API version[^\n]{0,40}(?:mismatch|incompatible"
        r"|older|newer)"
        r"[^\n]{0,60}|Unexpected XLA layout override|"
        r"Serialized (?:StableHLO|artifact)[^\n]{0,60}newer[^\n]{0,60}",
    ),
)

_ONNXRUNTIME: tuple[Signature, ...] = (
    signature(
        "onnxruntime-provider-unavailable",
        ("is not in available provider names", "only ['cpu", "available providers", "get_available_providers"),
        r"Specified provider '(?P<provider>(?:CUDA|Tensorrt|ROCM|MIGraphX)ExecutionProvider)' is not in"
        r" available provider"
        r" names[^\n]{0,200}|"
        r"(?:only|get_available_providers\(\)|available providers)[^\n]{0,30}\[ ?(?:'AzureExecutionProvider', ?)?"
        r"'CPUExecutionProvider' ?\](?: available)?|"
        r"CUDAExecutionProvider[^\n]{0,40}(?:is )?not available[^\n]{0,60}",
    ),
    signature(
        "onnxruntime-provider-failed",
        ("failed to create cudaexecutionprovider", "onnxruntime_providers_", "failed to create tensorrt"),
        r"Failed to create (?:CUDA|Tensorrt|ROCM)ExecutionProvider[^\n]{0,200}|"
        r"(?:Failed to load library|Error loading)[^\n]{0,200}onnxruntime_providers_(?:cuda|tensorrt|rocm"
        r"|shared)[^\n]{0,200}",
    ),
)

_TRITON: tuple[Signature, ...] = (
    signature(
        "c-compiler-missing",
        ("c compiler", "gcc", "cl is not found", "c++ compiler", "compiler: cl"),
        r"Failed to find C compiler[^\n]{0,80}|No working C\+\+ compiler found[^\n]{0,80}|"
        r"Compiler: (?:cl|gcc|g\+\+|clang) is not found|InvalidCxxCompiler[^\n]{0,120}|"
        r"No such file or directory: '(?:/usr/bin/)?(?:gcc|cc|g\+\+|clang)'",
    ),
    signature(
        "python-header-missing",
        ("python.h",),
        r"\bPython\.h['\"]?:? (?:No such file|file not found|[^\n]{3,80})|include file:"
        r" '?Python\.h[^\n]{0,80}",
    ),
    signature(
        "triton-missing",
        ("triton",),
        r"Cannot find a working triton installation[^\n]{0,120}|TritonMissing[^\n]{0,120}|"
        r"No module named '?triton(?:\.[\w.]{1,60})?(?!\w)|(?<!matching )triton is not installed[^\n]{0,60}|"
        r"(?:Please|You need to) install triton(?!\w|[ -](?:inference|client|server))[^\n]{0,60}",
    ),
)

_NUMPY: tuple[Signature, ...] = (
    signature(
        "numpy-2-refused",
        ("compiled using numpy 1", "removed in the numpy 2.0", "_array_api not found", "for numpy 2", "abi version"),
        r"module that was compiled using NumPy 1\.x[^\n]{0,40}cannot be run in\s{1,4}NumPy"
        r" (?P<numpy>2[\w.]{0,12})[^\n]{0,60}|"
        r"_ARRAY_API not found|was removed in the NumPy 2\.0[^\n]{0,60}|"
        r"module compiled against ABI version 0x1\w{6,8} but this version of numpy is 0x2\w{1,8}",
    ),
    signature(
        "numpy-dtype-size-changed",
        ("size changed",),
        r"numpy\.(?:dtype|ndarray|ufunc)(?: |_)size changed, may indicate binary incompatibility"
        r"(?:\.? Expected (?P<header>\d{1,4}) from C header, got (?P<object>\d{1,4}))?",
    ),
    signature(
        "numpy-api-older",
        ("compiled against api version", "module was compiled against numpy c-api"),
        r"module (?:was )?compiled against (?:NumPy C-)?API version 0x(?P<built>\w{1,8})[^\n]{0,40} but (?:this"
        r"|the running)"
        r" (?:version of )?numpy (?:is|has C-API version) 0x(?P<found>\w{1,8})",
    ),
    signature(
        "numpy-not-usable",
        (
            "numpy is not available",
            "infer dtype of numpy",
            "(got numpy.ndarray)",
            "multiarray failed to import",
            "object of type 'numpy",
        ),
        r"Numpy is not available|Could not infer dtype of numpy\.\w{1,20}|expected np\.ndarray \(got"
        r" numpy\.ndarray\)|"
        r"numpy\.(?:_?core)\.(?:multiarray|umath) failed to import",
    ),
    signature(
        "numpy-not-found",
        ("no module named 'numpy'", "no module named numpy", "numpy is required", "numpy is not installed"),
        r"No module named '?numpy'?(?![.\w])|numpy is not installed[^\n]{0,40}"
        r"|(?:(?m:^)|error: ?|: )numpy is required(?! (?:for|by) (?:this|the|these) )[^\n]{0,40}",
    ),
    signature(
        "numpy-alias-removed",
        ("module 'numpy' has no attribute", "np.bool", "deprecated alias for the builtin"),
        r"module 'numpy' has no attribute '(?P<name>bool|int|float|object|complex|str|long|unicode|typeDict"
        r"|product|cumproduct|"
        r"float_|complex_|infty|Inf|NaN|in1d|trapz)'",
    ),
)

_PROTOBUF: tuple[Signature, ...] = (
    signature(
        "protobuf-newer-than-generated",
        (
            "descriptors cannot",
            "generated code is out of date",
            "getprototype",
            "createprototype",
            "of the protocol buffer runtime library",
        ),
        r"compiled against version (?P<generated>[\d.]{1,12}) of the Protocol Buffer runtime library,?\s{1,4}which is"
        r" not compatible with the installed version \((?P<runtime>[\d.]{1,12})\)|"
        r"Descriptors cannot(?: not)? be created directly[^\n]{0,40}|"
        r"generated code is out of date and must be regenerated with protoc[^\n]{0,40}|"
        r"'(?:MessageFactory|SymbolDatabase)' object has no attribute '(?:GetPrototype|CreatePrototype)'|"
        r"GetPrototype\W{1,3}AttributeError|AttributeError\W{1,3}(?:\w{1,20} ){0,4}GetPrototype",
    ),
    signature(
        "protobuf-older-than-generated",
        ("google.protobuf", "gencode", "of the protocol buffer runtime library"),
        r"requires version (?P<needed>[\d.]{1,12}) of the Protocol Buffer runtime library,?\s{1,4}but the installed"
        r" version is (?P<installed>[\d.]{1,12})|"
        r"cannot import name '(?:builder|runtime_version|symbol_database)' from '(?:partially initialized module"
        r" '?)?google\.protobuf(?!\w)"
        r"[^\n]{0,80}|Detected incompatible Protobuf Gencode/Runtime versions[^\n]{0,120}gencode"
        r" (?P<generated>[\w.]{1,20})"
        r" runtime (?P<runtime>[\w.]{1,20})",
    ),
)

_DEVICES: tuple[Signature, ...] = (
    signature(
        "mps-needs-newer-macos",
        ("mps", "macos version is not", "macos 1"),
        r"MPS[^\n]{0,60}not available because the current MacOS version is not (?P<needed>\d\d\.\d)\+[^\n]{0,100}|"
        r"MPS backend is supported on MacOS (?P<wanted>\d\d\.\d)\+[^\n]{0,100}|"
        r"current MacOS version is not (?P<lowest>\d\d\.\d)\+[^\n]{0,60}",
    ),
    signature(
        "mps-not-available",
        ("mps",),
        r"mps\.is_available\(\)[^\n]{0,20}False|MPS (?:backend )?(?:is )?(?:not|un)\s?available[^\n]{0,60}|"
        r"'mps'[^\n]{0,40}not available",
    ),
    signature(
        "accelerator-not-used",
        ("cuda", "gpu", "accelerator", "device"),
        r"torch\.cuda\.is_available\(\)\s{0,3}[^\n]{0,40}\bFalse\b|\bCUDA is not available[^\n]{0,60}|"
        r"\bIs CUDA available: ?False|\bCUDA available: ?False|GPU available: False|CUDA (?:is )?unavailable|"
        r"is_available\(\) (?:is|returns|->|==?|:) ?False|Found no NVIDIA driver|"
        r"GPU (?:is )?not (?:being )?(?:used|detected|found|recogni[sz]ed)|No (?:CUDA )?GPUs? (?:was |were"
        r" )?(?:found|available|"
        r"detected)|(?:falls? back|falling back|fell back) to (?:the )?CPU|torch\.cuda\.is_available\(\) is False|"
        r"no supported gpu (?:was )?found|\bCpuDevice\(id=0\)\]",
    ),
)

SIGNATURES: tuple[Signature, ...] = (
    *_LIBRARIES,
    *_TENSORFLOW,
    *_JAX,
    *_ONNXRUNTIME,
    *_TRITON,
    *_NUMPY,
    *_PROTOBUF,
    *_DEVICES,
)
