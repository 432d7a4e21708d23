"""Texts about the machine: disks, memory, permissions, signals, Python, locks."""

# ruff: noqa: E501 - other programs write long lines

from __future__ import annotations

from tests.unit.symptoms.case import Case

CASES = (
    # disks
    Case(
        "disk-full",
        "Resolved 41 packages in 212ms\nerror: Failed to install: torch-2.9.1-cp312-cp312-manylinux_2_28_x86_64.whl\n"
        "  cause: Failed to copy to `/scratch/e/lib/python3.12/site-packages/torch/lib/libtorch_cuda.so`\n"
        "  cause: failed to copy file from /cache/archive-v0/x/libtorch_cuda.so to /scratch/e/.tmpW: "
        "No space left on device (os error 28)\n",
        "/scratch/e/.tmpW",
    ),
    Case(
        "disk-full",
        "error: Failed to initialize cache at `/home/me/.cache/uv`\n"
        "  cause: failed to write to file `/home/me/.cache/uv/CACHEDIR.TAG`: No space left on device (os error 28)",
        "/home/me/.cache/uv/CACHEDIR.TAG",
    ),
    Case(
        "disk-full",
        "ERROR: Could not install packages due to an OSError: [Errno 28] Auf dem Gerät ist kein Speicherplatz mehr "
        "verfügbar: '/home/me/e/lib/python3.11/site-packages/nvidia/cublas/lib/libcublasLt.so.12'\n",
        "/home/me/e/lib/python3.11/site-packages/nvidia/cublas/lib/libcublasLt.so.12",
    ),
    Case(
        "disk-full", "OSError: [Errno 28] 设备上没有空间: '/tmp/pip-unpack-1/a.whl' -> '/data/e/a.py'", "/data/e/a.py"
    ),
    Case(
        "disk-full",
        "  × Failed to fetch wheel: nvidia-cudnn-cu12==9.1.0.70\r\n  ├─▶ Failed to extract archive\r\n"
        "  ╰─▶ failed to write to file `C:\\e\\Lib\\cudnn.dll`: Es steht nicht genug Speicherplatz auf dem\r\n"
        "      Datenträger zur Verfügung. (os error 112)\r\n",
        "C:\\e\\Lib\\cudnn.dll",
    ),
    Case("disk-full", "OSError: [WinError 112] 磁盘空间不足。: 'D:\\\\e\\\\torch_cuda.dll'"),
    Case("disk-full", "NoSpaceLeftError: No space left on devices.\n"),
    Case(
        "disk-full",
        'InvalidArchiveError("Error with archive /opt/conda/pkgs/mkl-2024.2.2.conda.  You probably need to delete and '
        're-download or re-create this file.  Message was:\\n\\nfailed with error: [Errno 28] No space left on device")',
    ),
    Case(
        "disk-full",
        "Error:   × failed to fetch pytorch-2.9.0-cuda129.conda\n"
        "  ├─▶ an io error occurred: failed to unpack `/home/me/.cache/rattler/cache/pkgs/pytorch-2.9.0/\n"
        "  │   lib/libtorch_cuda.so`\n  ╰─▶ No space left on device (os error 28)\n",
    ),
    Case(
        "disk-full",
        "critical libmamba filesystem error: cannot copy: No space left on device [/opt/pkgs/a] [/opt/envs/e/a]",
    ),
    Case("disk-full", "FileNotFoundError: [Errno 2] No usable temporary directory found in ['/tmp', '/var/tmp']"),
    # The bus error is how a full /dev/shm shows.
    Case("disk-full", "No space left on device (os error 28)\nBus error (core dumped)", None, {"signal": "SIGBUS"}),
    Case(
        "disk-quota-reached",
        "error: Failed to create directory `/home/u/.cache/uv/wheels-v8`: Disk quota exceeded (os error 122)",
        "/home/u/.cache/uv/wheels-v8",
    ),
    Case(
        "disk-quota-reached", "OSError: [Errno 122] Festplattenkontingent überschritten: '/home/u/e/x'", "/home/u/e/x"
    ),
    Case(
        "file-system-read-only",
        "error: Failed to create virtual environment\n"
        "  cause: failed to create directory `/opt/e`: Read-only file system (os error 30)",
        "/opt/e",
    ),
    Case("file-system-read-only", "OSError: [Errno 30] 読み取り専用ファイルシステムです: '/opt/e/lib'", "/opt/e/lib"),
    Case("path-too-long", "error: Failed to create virtual environment\n  cause: File name too long (os error 36)"),
    Case(
        "path-too-long",
        "ERROR: Could not install packages due to an OSError: [WinError 206] Der Dateiname oder die Erweiterung ist zu "
        "lang: 'C:\\\\Users\\\\me\\\\very\\\\deep'\nHINT: This error might have occurred since this system does not have "
        "Windows Long Path support enabled.",
    ),
    Case(
        "path-too-long", "PaddingError: Placeholder of length '80' too short in package conda-forge/linux-64::perl-5.32"
    ),
    Case("file-too-large", "OSError: [Errno 27] File too large: '/media/usb/e/libtorch_cuda.so'"),
    Case(
        "symlinks-not-allowed",
        "error: failed to symlink `/mnt/smb/e/bin/python`: Operation not supported (os error 95)",
        "/mnt/smb/e/bin/python",
    ),
    Case(
        "symlinks-not-allowed", "OSError: [WinError 1314] Dem Client fehlt ein erforderliches Recht: 'C:\\\\e\\\\lib64'"
    ),
    Case(
        "link-across-file-systems",
        "error: Failed to install: six-1.17.0-py2.py3-none-any.whl\n"
        "  cause: failed to hardlink file from /cache/six.py to /e/six.py: Invalid cross-device link (os error 18)",
    ),
    Case("file-handle-stale", "error: failed to read `/nfs/home/u/.cache/uv/x`: Stale file handle (os error 116)"),
    Case("disk-error", "error: failed to read file `/data/w.whl`: Input/output error (os error 5)", "/data/w.whl"),
    Case("disk-error", "OSError: [Errno 5] Eingabe-/Ausgabefehler"),
    Case(
        "path-too-long",
        "FileNotFoundError: [WinError 3] Das System kann den angegebenen Pfad nicht finden: 'C:\\Users\\me\\"
        + "deep\\" * 60
        + "a.py'",
    ),
    # memory
    Case(
        "paging-file-too-small", "OSError: [WinError 1455] The paging file is too small for this operation to complete."
    ),
    Case("paging-file-too-small", "", None, {"status": 0xC000012D}),
    Case("out-of-memory", 'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nMemoryError\n'),
    Case(
        "out-of-memory", "Collecting package metadata: failed\n\nCondaMemoryError: The conda process ran out of memory."
    ),
    Case("out-of-memory", "OSError: [Errno 12] Nicht genügend Hauptspeicher verfügbar"),
    Case(
        "out-of-memory",
        "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n",
        None,
        {"status": -6},
    ),
    Case("out-of-memory", "memory allocation of 268435456 bytes failed\nAborted (core dumped)", None, {"status": 134}),
    Case("out-of-memory", "c++: fatal error: Killed signal terminated program cc1plus\ncompilation terminated."),
    Case("too-many-threads", "RuntimeError: can't start new thread"),
    Case("too-many-threads", "OpenBLAS blas_thread_init: pthread_create failed for thread 12 of 64"),
    Case(
        "too-many-open-files",
        "error: Failed to inspect Python interpreter from provided path at `v/bin/python`\n"
        "  cause: Failed to query Python interpreter at `v/bin/python`\n  cause: Too many open files (os error 24)",
    ),
    Case("too-many-open-files", "OSError: [Errno 24] Zu viele offene Dateien: '/home/me/e/a.py'", "/home/me/e/a.py"),
    # permissions
    Case(
        "permission-denied",
        "error: Failed to initialize cache at `/home/ada/.cache/uv`\n"
        "  cause: failed to create directory `/home/ada/.cache/uv`: Permission denied (os error 13)",
        "/home/ada/.cache/uv",
    ),
    Case(
        "permission-denied",
        "ERROR: Could not install packages due to an OSError: [Errno 13] Keine Berechtigung: "
        "'/usr/lib/python3.12/site-packages/x.py'\nConsider using the `--user` option or check the permissions.",
        "/usr/lib/python3.12/site-packages/x.py",
    ),
    Case(
        "permission-denied", "error: failed to remove `C:\\e\\x.pyd`: Zugriff verweigert (os error 5)", "C:\\e\\x.pyd"
    ),
    Case("permission-denied", "PermissionError: [WinError 5] 拒绝访问。: 'C:\\\\e\\\\Scripts\\\\python.exe'"),
    Case(
        "permission-denied", "NoWritablePkgsDirError: No writeable pkgs directories configured.\n    - /opt/conda/pkgs"
    ),
    Case("permission-denied", "[Errno 13] Permission denied: 'uv'", None, {"missing": True}),
    Case(
        "permission-denied",
        "Error: \n  × failed to fetch tk-8.6.13.conda\n  ├─▶ failed to unpack `lib/tcl8.6/euc-cn.enc` into `/home/u/.cache/"
        "rattler/\n  │   tk/euc-cn.enc`\n  ╰─▶ Permission denied (os error 13)\n",
    ),
    Case(
        "environment-not-writable",
        "EnvironmentNotWritableError: The current user does not have write permissions to the target environment.\n"
        "  environment location: /opt/conda\n  uid: 1000\n  gid: 1000\n",
        "/opt/conda",
    ),
    Case("file-system-noexec", "bash: /tmp/e/bin/pip: /tmp/e/bin/python: bad interpreter: Permission denied"),
    Case(
        "file-system-noexec",
        "ImportError: /tmp/e/_multiarray.so: failed to map segment from shared object: Operation not permitted",
        "/tmp/e/_multiarray.so",
    ),
    Case(
        "file-in-use",
        "PermissionError: [WinError 32] Der Prozess kann nicht auf die Datei zugreifen, da sie von einem anderen Prozess "
        "verwendet wird: 'C:\\\\e\\\\torch\\\\lib\\\\c10.dll'",
    ),
    Case("file-in-use", "error: failed to remove file `D:\\e\\python.exe`: 另一个程序正在使用此文件 (os error 32)"),
    Case("file-in-use", "error: failed to copy `/e/bin/ruff`: Text file busy (os error 26)", "/e/bin/ruff"),
    # Python
    Case(
        "externally-managed",
        "error: externally-managed-environment\n\n× This environment is externally managed\n"
        "╰─> To install Python packages system-wide, try apt install\n    python3-xyz.\n\n"
        "note: If you believe this is a mistake, please contact your Python installation provider.",
    ),
    Case(
        "externally-managed",
        "Using Python 3.11.2 environment at: /usr\n"
        "error: The interpreter at `/usr` is externally managed, and indicates the following:\n\n  Use a venv.\n",
    ),
    Case(
        "venv-module-missing",
        "The virtual environment was not created successfully because ensurepip is not available.  On Debian/Ubuntu\n"
        "systems, you need to install the python3-venv package using the following command.\n",
    ),
    Case("pip-missing", "/home/me/e/bin/python: No module named pip"),
    Case(
        "python-downloads-off",
        "error: No interpreter found for Python 3.13 in managed installations or search path\n\n"
        "hint: A managed Python download is available for Python 3.13, but Python downloads are set to 'never'",
    ),
    Case(
        "python-not-found",
        "error: No interpreter found for Python 3.99 in managed installations or search path\n",
        "Python 3.99",
    ),
    Case(
        "python-not-found",
        "error: No virtual environment or interpreter\nerror: No interpreter found at path `/x/python`",
    ),
    Case(
        "python-broken",
        "error: Failed to inspect Python interpreter from provided path at `/opt/e/bin/python`\n"
        "  cause: Querying Python at `/opt/e/bin/python` failed with exit status exit status: 1\n",
        "/opt/e/bin/python",
    ),
    Case(
        "python-broken",
        "Fatal Python error: init_fs_encoding: failed to get the Python codec\nModuleNotFoundError: No module named 'encodings'",
    ),
    Case(
        "python-download-failed",
        "error: Failed to install cpython-3.12.11-linux-x86_64-gnu\n  cause: something went wrong\n",
        "cpython-3.12.11-linux-x86_64-gnu",
    ),
    # processes
    Case("wrong-architecture", "[Errno 8] Exec format error: '/opt/tools/uv'", None, {"missing": True}),
    Case("wrong-architecture", "OSError: [WinError 193] %1 is not a valid Win32 application"),
    Case("killed", "Preparing packages... (12/90)\n", None, {"signal": "SIGKILL"}),
    Case("killed", "", None, {"status": 137}),
    Case("killed", "", None, {"status": -9}),
    Case(
        "killed",
        "  error: subprocess-exited-with-error\n  \n  × Building wheel for flash-attn (pyproject.toml) did not run "
        "successfully.\n  │ exit code: -9\n  ╰─> [3 lines of output]\n      running build_ext\n",
    ),
    Case(
        "killed",
        "error: Failed to build `flash-attn==2.8.3`\n  cause: The build backend returned an error\n"
        "  cause: Call to `setuptools.build_meta.build_wheel` failed (signal: 9 (SIGKILL))\n",
    ),
    Case("killed", "./install.sh: line 14: 81231 Killed                  uv pip sync lock.txt\n"),
    Case("file-size-limit", "", None, {"status": 153}),
    Case("processor-time-limit", "CPU time limit exceeded (core dumped)\n"),
    Case("illegal-instruction", "", None, {"status": -4}),
    Case("illegal-instruction", "Illegal instruction (core dumped)"),
    Case("bus-error", "", None, {"signal": "SIGBUS"}),
    Case(
        "segmentation-fault", "Fatal Python error: Segmentation fault\n\nCurrent thread 0x1 (most recent call first):\n"
    ),
    Case("segmentation-fault", "", None, {"status": 3221225477}),
    Case("segmentation-fault", "", None, {"status": -1073741819}),
    Case("dll-missing", "", None, {"status": 0xC0000135}),
    Case("dll-missing", "ImportError: DLL load failed while importing _C: Das Modul wurde nicht gefunden.", "_C"),
    Case(
        "terminated", "slurmstepd: error: *** STEP 12.0 ON n1 CANCELLED DUE TO TIME LIMIT ***\n", None, {"status": 143}
    ),
    Case("interrupted", "Traceback (most recent call last):\nKeyboardInterrupt\n", None, {"status": 130}),
    Case("aborted", "", None, {"signal": "SIGABRT"}),
    Case("aborted", "thread 'main' panicked at crates/uv/src/lib.rs:12:5:\nindex out of bounds\n"),
    Case("time-limit-passed", "Resolving dependencies...\n", None, {"timed_out": True}),
    Case("command-missing", "[Errno 2] No such file or directory: 'micromamba'", "micromamba", {"missing": True}),
    Case("command-missing", "", None, {"status": 127}),
    Case("command-missing", "'uv' is not recognized as an internal or external command,\noperable program.", "uv"),
    # conda's and pixi's own affairs
    Case(
        "lock-held",
        "LockError: It looks like conda is already doing something.\n"
        "The lock ['/opt/conda/pkgs/a.pid1.conda_lock'] was found. Wait for it to finish before continuing.",
    ),
    Case("lock-held", "error    libmamba Could not set lock (Resource temporarily unavailable)"),
    Case(
        "lock-held",
        "error: Timeout (300s) when waiting for lock on `/home/me/.cache/uv` at `/home/me/.cache/uv/.lock`",
        "/home/me/.cache/uv/.lock",
    ),
    Case("lock-held", "error    libmamba Could not set lock (Input/output error)"),
    Case("shell-not-initialised", "CondaError: Run 'conda init' before 'conda activate'\n"),
    Case(
        "shell-not-initialised",
        "\n'micromamba' is running as a subprocess and can't modify the parent shell.\ncritical libmamba Shell not initialized",
    ),
    Case(
        "terms-not-accepted",
        "CondaToSNonInteractiveError: Terms of Service have not been accepted for the following channels.",
    ),
    Case("prefix-taken", "CondaValueError: prefix already exists: /opt/conda/envs/e", "/opt/conda/envs/e"),
    Case("prefix-taken", "critical libmamba Non-conda folder exists at prefix - aborting."),
    Case("not-an-environment", "EnvironmentLocationNotFound: Not a conda environment: /opt/x", "/opt/x"),
    Case("manifest-missing", "Error:   × could not find pixi.toml or pyproject.toml at directory /home/me/project"),
)
