"""Words that resemble messages about memory, disks, rights and systems: they stay silent, and the real ones fire."""

from __future__ import annotations

import pytest

from mlenv.checks.registry import diagnose
from tests.unit.checks.near_misses import DATED, judge
from tests.unit.checks.platform_cases import told_case
from tests.unit.checks.resembling import fired, fired_anywhere

SILENT = {
    "rights": (
        "PermissionError: /opt/data/results.csv",
        "PermissionError: [Errno 13] Permission denied: '/opt/data/results.csv'",
        "PermissionError: [Errno 13] Permission denied: '/usr/share/nginx/html/index.html'",
        "PermissionError: [Errno 13] Permission denied: '/mnt/nas/videos/lib/python_lectures/a.mp4'",
        "npm ERR! Error: EACCES: permission denied, mkdir '/usr/lib/node_modules/typescript'",
        "Error: EACCES: permission denied, open '/opt/minecraft/world/level.dat'",
        "PermissionError: [WinError 5] Access is denied: 'C:\\games\\lib\\save.dat'",
        "PermissionError: [WinError 5] Access is denied: 'D:\\Program Files\\Game\\save.bin'",
        "psycopg2.errors.InsufficientPrivilege: permission denied for table runs",
    ),
    "caches": (
        "PermissionError: [Errno 13] Permission denied: '/home/me/cached_results/run1.csv'",
        "PermissionError: [Errno 13] Permission denied: '/data/matplotlib_figures/loss.png'",
        "PermissionError: [Errno 13] Permission denied: '/srv/memcached/dump.bin'",
        "PermissionError: [Errno 13] Permission denied: '/home/me/project/__pycache__/train.pyc'",
        'nginx: proxy cache directory "/var/lib/nginx/proxy" is not writable',
        "the table cache is not writable in read-only transactions",
    ),
    "space": (
        "Warning: not enough space in the replay buffer, oldest transitions are dropped",
        "UserWarning: Not enough space for all tick labels, some are left out",
        "Lost: your inventory is out of space, drop an item first",
        "Tokenizer: out of space tokens in the vocabulary",
        "There is not enough space between the two windows for a stride of 4",
        "ENOSPC: System limit for number of file watchers reached, watch '/app/src'",
        "OSError: [Errno 28] inotify watch limit reached",
        "disk is full of music",
    ),
    "killed": (
        "status: 137 rows",
        "Import finished, status: 137 rows inserted",
        "postcode: 137 88 Stockholm",
        "barcode 137 could not be read",
        "dial code: 137, country not found",
        "sqlite error code 137",
        '{"code": 137, "message": "invalid token"}',
        "exitcode=0 status=137/200 batches done",
        "return code = -9.5 reward",
        "loss: nan at step 137, signal: 9.1",
        "my zoom killed the connection during the meeting",
        "boss room killed three players",
        '"OOMKilled": false, "Dead": false',
        "memory.events: low 0 high 0 max 0 oom 0 oom_kill 0",
        "supervisord: killing 'web' (42) with SIGKILL",
        "Stopping gunicorn: workers get SIGTERM, after 30 seconds SIGKILL",
        "EEG: loaded signal 9 of 12 channels",
        "Traffic signal 9 was green for 30 s",
        "Killed 12",
    ),
    "shared memory": (
        "CAN bus error frame received on can0, docker host 3",
        "modbus: bus error on RS485 adapter, container docker-modbus restarts",
        "I2C bus error while reading the sensor, worker stops",
        "Bus error in docker",
        "ERROR: out of shared memory. HINT: You might need to increase max_locks_per_transaction.",
        "ValueError: kernel needs 99 KB, above the dynamic shared memory limit of 48 KB per block",
        "Increase shared memory per block with cudaFuncSetAttribute for more occupancy",
        "OutOfResources: out of resource: shared memory, Required: 147456, Hardware limit: 101376",
        "host0:42:42 [0] NCCL INFO Channel 00 : 0[0] -> 1[1] via SHM/direct, created /dev/shm/nccl-x1",
    ),
    "systems": (
        "NES emulator: illegal instruction at 0x8000, opcode 0x02",
        "The prompt holds an illegal instruction and was filtered",
        "Planned path is too long: 31 waypoints",
        "COM object is registered as free-threaded",
        "In Python a 32-bit float has 24 bits of mantissa",
        "Rosetta stone dataset loaded",
    ),
}
FIRING = {
    "permission-denied-install": (
        "PermissionError: [Errno 13] Permission denied: '/usr/lib/python3/dist-packages/numpy'",
        "PermissionError: [Errno 13] Permission denied: '/opt/conda/lib/python3.11/site-packages/x'",
        "PermissionError: [Errno 13] Permission denied: '/usr/local/lib64/python3.9/x'",
        "$ pip install torch\nPermissionError: [Errno 13] Permission denied: '/usr/local/bin/torchrun'",
        "$ pip install torch\nPermissionError: [WinError 5] Access is denied: 'C:\\Program Files\\Tools\\lib\\x.dll'",
        "PermissionError: [WinError 5] Access is denied: 'C:\\Program Files\\Python311\\Scripts\\pip.exe'",
        "EnvironmentNotWritableError: no write permissions to the target environment\n  environment location: /opt/c",
    ),
    "cache-dir-not-writable": (
        "PermissionError: [Errno 13] Permission denied: '/home/ada/.cache/pip'",
        "PermissionError: [Errno 13] Permission denied: '/data/hf_cache/models--gpt2'",
        "PermissionError: [Errno 13] Permission denied: '/models/huggingface/hub'",
        "PermissionError: [Errno 13] Permission denied: '/.triton'",
        "PermissionError: [Errno 13] Permission denied: '/.config/matplotlib'",
        "PermissionError: [Errno 13] Permission denied: '/home/me/.cache'",
        "RuntimeError: cannot cache function 'f': no locator available for file '/v/librosa/core.py'",
        "WARNING: The directory '/home/me/.cache/pip' or its parent directory is not owned or is not writable",
    ),
    "disk-full": (
        "OSError: [Errno 28] No space left on device",
        "OSError: [WinError 112] There is not enough space on the disk",
        "UserWarning: Not enough free disk space to download the file. The expected file size is: 4265.15 MB.",
        "E: You don't have enough free space in /var/cache/apt/archives/.",
        "error: ENOSPC: no space left on device, write",
        "the disk is full",
        "my drive D: is out of space",
    ),
    "oom-killed": (
        "worker_1 exited with code 137",
        "command terminated with exit code 137",
        "    Reason: Error\n    Exit Code: 137",
        "train.service: Main process exited, code=exited, status=137/n/a",
        "Exited (137) 3 minutes ago",
        "docker build fails with code 137",
        "failed (exitcode: -9) local_rank: 0 (pid: 4711) of binary: /v/bin/python",
        "[launch.py:325:sigkill_handler] exits with return code = -9",
        "Last State: Terminated, Reason: OOMKilled",
        '"OOMKilled": true',
        "slurmstepd: error: Detected 1 oom_kill event in StepId=31.batch.",
        "python3 invoked oom-killer: gfp_mask=0x1100cca, order=0",
        "Signal 9 (SIGKILL) received by PID 4711",
        "Command terminated by signal 9",
        "died with <Signals.SIGKILL: 9>.",
        "[ERROR] Worker (pid:42) was sent SIGKILL! Perhaps out of memory?",
        "TerminatedWorkerError: The exit codes of the workers are {SIGKILL(-9)}",
        "Killed",
        "Collecting rollouts\nMemoryError",
        "Resolved 31 merge conflicts\nMemoryError",
        "Downloading shard 3 of 40\nMemoryError",
    ),
    "install-out-of-memory": (
        "Collecting torch\n  Downloading torch-2.6.0-cp312-cp312-manylinux1_x86_64.whl (766.7 MB)\nMemoryError",
        "Collecting torch>=2.0 (from -r requirements.txt (line 1))\nMemoryError",
        "Resolved 31 packages in 1.2s\nmemory allocation of 812345678 bytes failed",
    ),
    "shm-too-small": (
        "ERROR: Unexpected bus error encountered in worker. This might be caused by insufficient shared memory (shm).",
        "It is possible that dataloader's workers are out of shared memory.",
        "Please try to raise your shared memory limit.",
        "PyTorch training in docker ends with Bus error (core dumped)",
        "Bus error as soon as num_workers is above 0",
        "NCCL WARN Error while creating shared memory segment /dev/shm/nccl-aZ (size 9637888)",
    ),
    "file-limit-too-low": (
        "OSError: [Errno 24] Too many open files: '/data/a.jpg'",
        "RuntimeError: received 0 items of ancdata",
        "OSError: [Errno 23] Too many open files in system: '/data/a.jpg'",
    ),
    "glibc-too-old": ("node: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.99' not found (required by node)",),
}


@pytest.mark.parametrize("words", [words for rows in SILENT.values() for words in rows])
def test_resembling_words_stay_silent(words: str) -> None:
    assert fired_anywhere(words) == set()


@pytest.mark.parametrize(("slug", "words"), [(slug, words) for slug, rows in FIRING.items() for words in rows])
def test_the_real_message_fires(slug: str, words: str) -> None:
    assert slug in fired(words)


def test_the_limit_of_the_whole_system_has_a_remedy_of_its_own() -> None:
    case = told_case("OSError: [Errno 23] Too many open files in system: '/data/a.jpg'")
    found = next(row for row in diagnose(case, DATED).findings if row.id == "file-limit-too-low")
    commands = " ".join(fix.command or "" for fix in found.fix)
    assert "fs.file-max" in commands
    assert "ulimit" not in commands


def test_a_glibc_that_is_new_enough_for_what_is_stated() -> None:
    assert fired("requires glibc 2.17 or newer", "laptop") == set()
    assert fired("requires glibc 2.99 or newer", "laptop") == {"glibc-too-old"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("illegal instruction (core dumped)", True),
        ("Fatal Python error: Illegal instruction", True),
        ("Process finished with exit code 132 (interrupted by signal 4: SIGILL)", True),
        ("import tensorflow crashes with an illegal instruction", True),
        ("NES emulator: illegal instruction at 0x8000, opcode 0x02", False),
        ("The prompt holds an illegal instruction and was filtered", False),
    ],
)
def test_an_illegal_instruction_is_one_of_the_processor(words: str, found: bool) -> None:
    assert (judge("cpu-lacks-avx", told_case(words), DATED) == "found") is found
