"""Texts about packages: damaged files, builds from source, choices without an answer."""

# ruff: noqa: E501 - other programs write long lines

from __future__ import annotations

from tests.unit.symptoms.case import Case


def no_solution(cause: str, hint: str = "") -> str:
    """A refusal of uv 0.13's resolver."""
    return f"error: No solution found when resolving dependencies\n  cause: {cause}\n{hint}"


def built(package: str, stderr: str, stdout: str = "") -> str:
    """uv's error for a build that failed."""
    indented = "".join(f"         {line}\n" for line in stderr.splitlines())
    out = f"         [stdout]\n         {stdout}\n\n" if stdout else ""
    return (
        f"error: Failed to build `{package}`\n  cause: The build backend returned an error\n"
        "  cause: Call to `setuptools.build_meta.build_wheel` failed (exit status: 1)\n\n"
        f"{out}         [stderr]\n{indented}\nhint: Build failures usually indicate a problem with the package or the "
        "build environment\n"
    )


def pip_built(package: str, output: str) -> str:
    """pip's error for a build that failed."""
    indented = "".join(f"      {line}\n" for line in output.splitlines())
    return (
        f"  Building wheel for {package} (pyproject.toml): finished with status 'error'\n"
        "  error: subprocess-exited-with-error\n  \n"
        f"  × Building wheel for {package} (pyproject.toml) did not run successfully.\n  │ exit code: 1\n"
        f"  ╰─> [9 lines of output]\n{indented}      [end of output]\n  \n"
        "  note: This error originates from a subprocess, and is likely not a problem with pip.\n"
        f"  ERROR: Failed building wheel for {package}\n"
    )


HASHES = (
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, "
    "please update the hashes.\n    torch==2.9.1 from https://m.example.org/torch-2.9.1.whl (from -r r.txt (line 1)):\n"
    "        Expected sha256 00\n             Got        11\n"
)

CASES = (
    # content
    Case(
        "hashes-missing",
        "error: In `--require-hashes` mode, all requirements must have a hash, but none were provided for: six==1.17",
        "six==1.17",
    ),
    Case(
        "hashes-missing",
        "ERROR: Hashes are required in --require-hashes mode, but they are missing from some requirements.",
    ),
    Case(
        "hash-mismatch",
        "error: Failed to download `torch==2.9.1`\n  cause: Hash mismatch for `torch==2.9.1`\n\n         Expected:\n           sha256:00\n\n         Computed:\n           sha256:11\n",
        "torch",
    ),
    Case(
        "hash-mismatch",
        "  × Failed to download `torch==2.9.1`\n  ╰─▶ Hash mismatch for `torch==2.9.1`\n\n      Expected:\n        sha256:00\n",
        "torch",
    ),
    Case("hash-mismatch", HASHES, "torch==2.9.1"),
    Case(
        "hash-mismatch",
        "ChecksumMismatchError: Conda detected a mismatch between the expected content and downloaded content\nfor url 'https://m.example.org/linux-64/a-1-0.conda'.\n  expected sha256: 00\n  actual sha256: 11\n",
        "https://m.example.org/linux-64/a-1-0.conda",
    ),
    Case(
        "hash-mismatch",
        "Error:   × failed to fetch openmp-8.0.1-0.tar.bz2\n  ╰─▶ hash mismatch: expected b352, got b11d\n",
        "openmp-8.0.1-0.tar.bz2",
    ),
    Case(
        "hash-mismatch",
        'error    libmamba File not valid: SHA256 sum doesn\'t match expectation "/opt/pkgs/a.conda"\ncritical libmamba Found incorrect downloads. Aborting',
    ),
    # A warning about the network, long overcome, is not the cause.
    Case(
        "hash-mismatch",
        "WARNING: Retrying (Retry(total=4)) after connection broken by 'ReadTimeoutError(\"Read timed out.\")': /simple/a/\n"
        + HASHES,
        "torch==2.9.1",
    ),
    Case(
        "archive-damaged",
        "error: Failed to download `torch==2.9.1`\n  cause: Failed to extract archive: torch-2.9.1-py3-none-any.whl\n  cause: Invalid zip file structure\n  cause: unable to locate the end of central directory record\n",
        "torch-2.9.1-py3-none-any.whl",
    ),
    Case(
        "archive-damaged",
        no_solution(
            "Because six==1.17 has an invalid package format and only six==1.17 is available, we can conclude that all versions of six cannot be used.\n         And because you require six, we can conclude that your requirements are unsatisfiable.",
            "\nhint: The structure of `six` (v1.17) was invalid:\n  Failed to read from zip file\n",
        ),
        "six",
    ),
    Case(
        "archive-damaged",
        "error: Failed to download and build `a==1.0`\n  cause: Failed to extract archive: a==1.0\n  cause: Invalid tar file\n  cause: at byte 0: failed to read tar data\n  cause: Invalid gzip header\n",
        "a==1.0",
    ),
    Case(
        "archive-damaged",
        "error: Failed to install cpython-3.9.25-linux-x86_64-gnu\n  cause: Request failed after 3 retries in 4s\n  cause: Failed to extract archive: cpython-3.9.25.tar.gz\n  cause: Invalid gzip header\n",
        "cpython-3.9.25.tar.gz",
    ),
    Case(
        "archive-damaged",
        "Installing collected packages: a\nERROR: Exception:\nTraceback (most recent call last):\n  File \"zipfile.py\", line 973, in _update_crc\nzipfile.BadZipFile: Bad CRC-32 for file 'a.py'\n",
    ),
    Case("archive-damaged", "ERROR: Wheel 'a' located at /tmp/pip-unpack-8g/a-1.0-py3-none-any.whl is invalid.", "a"),
    Case("archive-damaged", "gzip.BadGzipFile: Not a gzipped file (b'<!')"),
    Case(
        "archive-damaged",
        "CondaVerificationError: The package for pytorch located at /opt/pkgs/pytorch-2.9\nappears to be corrupted. The path 'lib/x.so'\nspecified in the package manifest cannot be found.\n",
    ),
    Case(
        "archive-damaged",
        'InvalidArchiveError("Error with archive /opt/pkgs/mkl-2024.conda.  You probably need to delete and re-download or re-create this file.")',
        "/opt/pkgs/mkl-2024.conda",
    ),
    Case(
        "cache-damaged",
        "error: Failed to determine installation plan\n  Caused by: Failed to deserialize cache entry\n  Caused by: array had incorrect length, expected 4",
    ),
    Case("cache-damaged", "critical libmamba Unable to read repo solv file 'noarch', error was: not a SOLV file"),
    Case(
        "record-damaged",
        "error: Failed to download `a==1.0`\n  cause: failed to open file `/tmp/.tmpU/a-1.0.dist-info/RECORD`: No such file or directory (os error 2)\n",
        "a==1.0",
    ),
    Case(
        "record-damaged",
        "Installing collected packages: a\nERROR: Could not install packages due to an OSError: RECORD\n",
    ),
    Case(
        "environment-damaged",
        "error: uninstall-no-record-file\n\n× Cannot uninstall packaging 24.0\n╰─> The package's contents are unknown: no RECORD file was found for packaging.\n",
        "packaging",
    ),
    # builds
    Case(
        "build-needs-installed-module",
        built(
            "flash-attn==2.8.3",
            "Traceback (most recent call last):\n  File \"<string>\", line 14, in <module>\nModuleNotFoundError: No module named 'torch'",
        ),
        "torch",
    ),
    Case(
        "build-needs-installed-module",
        pip_built(
            "mamba-ssm",
            "Traceback (most recent call last):\n  File \"setup.py\", line 8\nModuleNotFoundError: No module named 'torch'",
        ),
        "torch",
    ),
    Case(
        "build-needs-installed-module",
        built("a==1", "pip._vendor.pyproject_hooks.BackendUnavailable: Cannot import 'poetry.core.masonry.api'"),
        "poetry.core.masonry.api",
    ),
    Case("pkg-resources-removed", built("old==1.0", "ModuleNotFoundError: No module named 'pkg_resources'")),
    Case(
        "distutils-removed",
        built("numpy==1.19.5", "  File \"numpy/distutils/core.py\"\nModuleNotFoundError: No module named 'distutils'"),
    ),
    Case(
        "compiler-missing",
        built("a==1", "error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory"),
        "x86_64-linux-gnu-gcc",
    ),
    Case(
        "compiler-missing",
        pip_built(
            "a",
            'running build_ext\nerror: Microsoft Visual C++ 14.0 or greater is required. Get it with "Microsoft C++ Build Tools"',
        ),
    ),
    Case(
        "compiler-missing",
        built("a==1", "CMake Error at CMakeLists.txt:3 (project):\n  No CMAKE_CXX_COMPILER could be found."),
    ),
    Case(
        "compiler-missing",
        pip_built("a", "xcrun: error: invalid active developer path (/Library/Developer/CommandLineTools)"),
    ),
    Case(
        "compiler-missing",
        pip_built("numpy", "../meson.build:1:0: ERROR: Unknown compiler(s): [['cc'], ['gcc'], ['clang']]"),
    ),
    Case(
        "cuda-compiler-missing",
        built(
            "flash-attn==2.8.3",
            "OSError: CUDA_HOME environment variable is not set. Please set it to your CUDA install root.",
        ),
    ),
    Case(
        "cuda-compiler-missing",
        pip_built("apex", "FileNotFoundError: [Errno 2] No such file or directory: '/usr/local/cuda/bin/nvcc'"),
    ),
    Case(
        "cuda-compiler-missing",
        pip_built(
            "a",
            "csrc/a.cpp:3:10: fatal error: cuda_runtime.h: No such file or directory\nerror: command '/usr/bin/gcc' failed with exit code 1",
        ),
    ),
    Case(
        "cuda-compiler-other-release",
        built(
            "apex==0.1",
            "RuntimeError:\nThe detected CUDA version (11.8) mismatches the version that was used to compile\nPyTorch (12.8). Please make sure to use the same CUDA versions.",
        ),
    ),
    Case(
        "compiler-not-accepted",
        built(
            "a==1",
            "/usr/local/cuda/include/crt/host_config.h:143:2: error: #error -- unsupported GNU version! gcc versions later than 13 are not supported!\nninja: build stopped: subcommand failed.",
        ),
    ),
    Case(
        "python-headers-missing",
        pip_built(
            "a",
            "ext.c:1:10: fatal error: Python.h: No such file or directory\ncompilation terminated.\nerror: command '/usr/bin/gcc' failed with exit code 1",
        ),
    ),
    Case(
        "python-headers-missing",
        pip_built(
            "a",
            "ext.c:1:10: schwerwiegender Fehler: Python.h: Datei oder Verzeichnis nicht gefunden\nerror: command 'gcc' failed with exit status 1",
        ),
    ),
    Case(
        "header-missing",
        built(
            "soundfile==1",
            "src/a.c:2:10: fatal error: sndfile.h: No such file or directory\n    2 | #include <sndfile.h>\ncompilation terminated.\nerror: command '/usr/bin/gcc' failed with exit code 1",
        ),
        "sndfile.h",
    ),
    Case(
        "header-missing",
        pip_built("a", "a.c:2:10: 致命错误：libpq-fe.h：没有那个文件或目录".replace("：", ": ")),
        "libpq-fe.h",
    ),
    Case(
        "header-missing",
        pip_built("a", "a.cpp(3): fatal error C1083: Cannot open include file: 'zlib.h': No such file or directory"),
        "zlib.h",
    ),
    Case("header-missing", pip_built("a", "a.c:2:10: fatal error: 'opus/opus.h' file not found"), "opus/opus.h"),
    Case(
        "library-missing",
        built(
            "a==1",
            "/usr/bin/ld: cannot find -lsndfile: No such file or directory\ncollect2: error: ld returned 1 exit status",
        ),
        "sndfile",
    ),
    Case("rust-missing", built("tokenizers==0.10", "error: can't find Rust compiler")),
    Case("rust-missing", pip_built("a", "Cargo, the Rust package manager, is not installed or is not on PATH.")),
    Case(
        "cmake-missing",
        built("onnx==1.12", "RuntimeError: CMake must be installed to build the following extensions: onnx"),
    ),
    Case("cmake-missing", pip_built("a", "FileNotFoundError: [Errno 2] No such file or directory: 'cmake'")),
    Case(
        "cmake-too-new",
        built(
            "sentencepiece==0.1.99",
            "CMake Error at CMakeLists.txt:15 (cmake_minimum_required):\n  Compatibility with CMake < 3.5 has been removed from CMake.",
        ),
    ),
    Case(
        "ninja-missing",
        built("a==1", "RuntimeError: Ninja is required to load C++ extensions (pip install ninja to get it)"),
    ),
    Case(
        "build-tool-failed",
        built(
            "a==1",
            "a.cpp:4:2: error: 'foo' was not declared in this scope\nerror: command '/usr/bin/g++' failed with exit code 1",
        ),
        "/usr/bin/g++",
    ),
    Case("build-failed", built("a==1.0", "boom"), "a==1.0"),
    Case(
        "build-tool-failed",
        pip_built("a", "subprocess.CalledProcessError: Command '['ninja', '-v']' returned non-zero exit status 1."),
        "ninja",
    ),
    Case(
        "ninja-missing",
        built(
            "a==1",
            "CMake Error at CMakeLists.txt:3 (project):\n  Running\n\n   '/cache/.venv/bin/ninja' '--version'\n\n  failed with:\n\n   no such file",
        ),
    ),
    Case("build-failed", pip_built("a", "AssertionError: odd"), "a"),
    # choices
    Case(
        "no-wheel-for-machine",
        no_solution(
            "Because jaxlib==0.4.1 has no wheels with a matching platform tag (e.g., `manylinux_2_36_x86_64`) and you require jaxlib==0.4.1, we can conclude that your requirements are unsatisfiable."
        ),
        "jaxlib",
    ),
    Case(
        "no-wheel-for-machine",
        "ERROR: torch-2.9.1-cp313-cp313-win_amd64.whl is not a supported wheel on this platform.",
        "torch-2.9.1-cp313-cp313-win_amd64.whl",
    ),
    Case(
        "no-wheel-for-machine",
        "  \x1b[31m×\x1b[0m No solution found when resolving dependencies:\n  \x1b[31m╰─▶ \x1b[0mBecause tensorflow==2.15.0 has no wheels with a\n      matching Python ABI tag (e.g., `cp313`) and you require\n      tensorflow==2.15.0, we can conclude that your requirements\n      are unsatisfiable.\n",
        "tensorflow",
    ),
    Case(
        "python-version-excluded",
        "ERROR: Package 'numba' requires a different Python: 3.14.0 not in '<3.14,>=3.10'",
        "numba",
    ),
    Case(
        "python-version-excluded",
        no_solution(
            "Because the requested Python version (>=3.8) does not satisfy Python>=3.10 and torch==2.9.1 depends on Python>=3.10, we can conclude that torch==2.9.1 cannot be used."
        ),
    ),
    Case(
        "package-not-found",
        no_solution(
            "Because no-such-thing was not found in the package registry and you require no-such-thing, we can conclude that your requirements are unsatisfiable."
        ),
        "no-such-thing",
    ),
    Case(
        "package-not-found",
        "PackagesNotFoundError: The following packages are not available from current channels:\n\n  - pytorch-nope\n\nCurrent channels:\n\n  - https://m.example.org/forge\n",
        "pytorch-nope",
    ),
    Case(
        "package-not-found",
        "error    libmamba Could not solve for environment specs\n    The following package could not be installed\n    └─ nope-cuda does not exist (perhaps a typo or a missing channel).\ncritical libmamba Could not solve for environment specs\n",
        "nope-cuda",
    ),
    Case(
        "package-not-found",
        "Error:   × failed to solve requirements of environment 'default' for platform 'linux-64'\n  ├─▶   × failed to solve the environment\n  ╰─▶ Cannot solve the request because of: No candidates were found for nope *.\n",
    ),
    Case(
        "no-candidate",
        "ERROR: Could not find a version that satisfies the requirement nope (from versions: none)\nERROR: No matching distribution found for nope\n",
        "nope",
    ),
    Case(
        "no-candidate",
        pip_built("x", "").replace("Building wheel for x", "pip subprocess to install build dependencies")
        + "      ERROR: Could not find a version that satisfies the requirement setuptools>=40.8.0 (from versions: none)\n",
        "setuptools>=40.8.0",
    ),
    Case(
        "version-not-found",
        "ERROR: Could not find a version that satisfies the requirement torch==9.9 (from versions: 2.8.0, 2.9.1)\nERROR: No matching distribution found for torch==9.9\n",
        "torch==9.9",
    ),
    Case(
        "version-not-found",
        no_solution(
            "Because there is no version of torch==9.9 and you require torch==9.9, we can conclude that your requirements are unsatisfiable."
        ),
        "torch",
    ),
    Case(
        "system-feature-missing",
        "LibMambaUnsatisfiableError: Encountered problems while solving:\n  - nothing provides __cuda >=12 needed by pytorch-gpu-2.9.0\n",
        "__cuda >=12",
    ),
    Case(
        "system-feature-missing",
        "critical libmamba Could not solve for environment specs\n  └─ pytorch-gpu is not installable because it requires\n     └─ __cuda, which is missing on the system.\n",
        "__cuda",
    ),
    Case(
        "system-feature-missing",
        "Error:   × Virtual package '__glibc >=2.28' does not match any of the available virtual packages on your machine\n",
        "__glibc >=2.28",
    ),
    Case(
        "no-solution",
        no_solution(
            "Because tensorflow==2.16.1 depends on numpy>=1.26.0,<2.0.0 and you require numpy==2.1.0, we can conclude that your requirements are unsatisfiable."
        ),
    ),
    Case(
        "no-solution",
        "ERROR: Cannot install -r r.txt (line 1) and numpy==2.1.0 because these package versions have conflicting dependencies.\nERROR: ResolutionImpossible: for help visit https://docs.example.org/conflicts\n",
    ),
    Case(
        "no-solution",
        "UnsatisfiableError: The following specifications were found to be incompatible with each other:\n\nPackage python conflicts for:\n",
    ),
    Case("lock-out-of-date", "Error:   × lock-file not up-to-date with the workspace\n"),
    Case("lock-out-of-date", "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided."),
    Case(
        "lock-unreadable",
        "Error:   × failed to parse lock-file /home/me/p/pixi.lock: missing field `version`\n",
        "/home/me/p/pixi.lock",
    ),
    Case("platform-not-supported", "Error:   × the workspace does not support 'linux-aarch64'\n", "linux-aarch64"),
    # two signs: the root comes first
    Case(
        "package-not-found",
        "error    libmamba Could not open lockfile '/opt/pkgs/cache/cache.lock'\n"
        "warning  libmamba LockFile creation for path '/opt/pkgs/cache' failed, continuing without it\n"
        "error    libmamba Could not solve for environment specs\n"
        "    └─ nope-cuda does not exist (perhaps a typo or a missing channel).\n",
        "nope-cuda",
    ),
    Case(
        "build-needs-installed-module",
        "error: Failed to download and build: fasttext==0.9.2\n  Caused by: Failed to build: fasttext==0.9.2\n"
        "  Caused by: Build backend failed to determine metadata through `prepare_metadata_for_build_wheel`:\n"
        "--- stderr:\n/tmp/.tmpX/.venv/bin/python: No module named pip\n"
        "Traceback (most recent call last):\nModuleNotFoundError: No module named 'pybind11'\n",
        "pybind11",
    ),
    Case(
        "name-not-resolved",
        "WARNING: Retrying (Retry(total=0)) after connection broken by 'NameResolutionError(\"Failed to resolve 'm.example.org' ([Errno -2] Name or service not known)\")': /simple/torch/\nERROR: Could not find a version that satisfies the requirement torch (from versions: none)\n",
    ),
    Case(
        "disk-full",
        built(
            "a==1",
            "/tmp/cc1.s: fatal error: error writing to /tmp/cc1.s: No space left on device\nerror: command '/usr/bin/gcc' failed with exit code 1",
        ),
    ),
    Case(
        "connection-timed-out",
        "error: Failed to download and build `a==1`\n  cause: Failed to resolve requirements from `setup.py` build\n  cause: No solution found when resolving: `setuptools`\n  cause: Failed to fetch: https://m.example.org/simple/setuptools/\n  cause: operation timed out\n",
        "https://m.example.org/simple/setuptools/",
    ),
    # A warning that links fell back to copies is no failure.
    Case(
        "build-failed",
        "warning: Failed to hardlink files; falling back to full copy. This may lead to degraded performance.\n         If the cache and target directories are on different filesystems, hardlinking may not be supported.\n"
        + built("a==1.0", "boom"),
    ),
    Case(
        "permission-denied",
        "WARNING: The directory '/home/ada/.cache/pip' is not writable.\nERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/opt/e'\n",
        "/opt/e",
    ),
)
