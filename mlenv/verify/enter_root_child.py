"""Runs a command inside the root of an image: ``enter_root_child.py ROOT PAYLOADS SCRATCH -- COMMAND…``.

A program of its own, on the standard library alone.  In namespaces of its own it puts a new root
together (the image's folders, read-only; this machine's /dev, /proc and /sys; an empty /tmp with the
payloads and the scratch folder), enters it and becomes the command.  Nothing is written into the
image, and nothing is left behind.  Where that is not possible it ends with status 117 and one line
that begins with ``mlenv-enter:``.

Three processes: this one, which ends as the command ended; the first of the new process namespace,
which looks after the others (a first process ignores the signals of a crash, so it cannot be the
command); and the command.
"""

import ctypes
import glob
import os
import shutil
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

REFUSED = 117
SIGN = "mlenv-enter: "
# In a memory file system of this process alone.
PAYLOADS_INSIDE = "/tmp/mlenv/payloads"  # noqa: S108
SCRATCH_INSIDE = "/tmp/mlenv/scratch"  # noqa: S108
DRIVER_INSIDE = "/tmp/mlenv/driver"  # noqa: S108

NEW_MOUNTS, NEW_USERS, NEW_PROCESSES = 0x00020000, 0x10000000, 0x20000000
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXECUTION, REMOUNT = 1, 2, 4, 8, 32
NO_ACCESS_TIMES, NO_FOLDER_TIMES, BIND, RECURSIVE, PRIVATE, RELATIVE_TIMES = 1024, 2048, 4096, 16384, 1 << 18, 1 << 21
DIE_WITH_PARENT = 1

# The user's part of the driver belongs to its kernel module, so it comes from this machine (as with
# NVIDIA's container toolkit).
DRIVER_LIBRARIES = ("libcuda.so*", "libnvidia-*.so*", "libcudadebugger.so*", "libnvcuvid.so*", "libdxcore.so")
DRIVER_FOLDERS = (
    "/usr/lib/wsl/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu/nvidia/current",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu/nvidia",
    "/usr/lib64",
    "/usr/lib",
    "/run/opengl-driver/lib",
)
# What these say is about this machine's files.
DROPPED = (
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_AUDIT",
    "TMPDIR",
    "TEMP",
    "TMP",
    "PWD",
    "OLDPWD",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
)
MADE_ANEW = ("proc", "sys", "dev", "tmp", "run")


class RefusalError(Exception):
    """Why the image cannot be entered."""


libc = ctypes.CDLL(None, use_errno=True)


def check(status: int, what: str) -> None:
    """Raise what a call of the C library failed with."""
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """Mount one thing on a place (mount(2))."""
    texts = [text.encode() if text else None for text in (source, target, kind, data)]
    check(libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3]), f"mounting {target}")


def unshare(flags: int) -> None:
    """Make namespaces of one's own (unshare(2))."""
    check(libc.unshare(ctypes.c_int(flags)), "making a namespace")


def try_unshare(flags: int) -> str:
    """Why a namespace cannot be made; empty where it was."""
    try:
        unshare(flags)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def leave_namespaces() -> None:
    """Go into namespaces of one's own, of processes too where that is possible.

    Root needs no namespace of users; anybody else gets the right to mount by one.
    """
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0 and not all(try_unshare(flags) for flags in (NEW_MOUNTS | NEW_PROCESSES, NEW_MOUNTS)):
        return
    refusals = [""]
    for flags in (NEW_USERS | NEW_MOUNTS | NEW_PROCESSES, NEW_USERS | NEW_MOUNTS):
        refusals.append(try_unshare(flags))
        if not refusals[-1]:
            write_map("setgroups", "deny")
            write_map("uid_map", f"{uid} {uid} 1")
            write_map("gid_map", f"{gid} {gid} 1")
            return
    raise RefusalError(f"this system does not let you make namespaces ({refusals[-1]})")


def write_map(name: str, text: str) -> None:
    """Say who is who in the namespace of users."""
    try:
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    except OSError as error:
        raise RefusalError(f"this system does not let you name users in a namespace ({error.strerror})") from None


def build_root(root: str, payloads: str, scratch: str) -> None:
    """Lay the new root over the image's own place, where only these processes see it."""
    mount("", "/", "", RECURSIVE | PRIVATE)
    sources = {name: os.open(path, os.O_PATH) for name, path in (("payloads", payloads), ("scratch", scratch)) if path}
    os.chdir(root)
    names = os.listdir(".")
    mount("tmpfs", root, "tmpfs", NO_SUID | NO_DEVICES, "mode=0755")
    for name in names:  # the working folder is still the image's own
        if name not in MADE_ANEW:
            bring(name, root)
    bring_machine(root)
    bind_descriptor(sources.get("payloads"), root + PAYLOADS_INSIDE, writable=False)
    bind_descriptor(sources.get("scratch"), root + SCRATCH_INSIDE, writable=True)
    os.environ.update(bring_driver(root))
    seal(root)


def bring(name: str, root: str) -> None:
    """A folder or file of the image's top, or its link."""
    target = os.path.join(root, name)
    if os.path.islink(name):
        os.symlink(os.readlink(name), target)
    elif os.path.isdir(name):
        os.mkdir(target)
        mount(name, target, "", BIND | RECURSIVE)
    elif os.path.isfile(name):
        touch(target)
        mount(name, target, "", BIND)


def bring_machine(root: str) -> None:
    """Processes, devices and kernel of this machine, and an empty place for temporary files."""
    for name in MADE_ANEW:
        os.mkdir(os.path.join(root, name))
    try:
        mount("proc", os.path.join(root, "proc"), "proc", NO_SUID | NO_DEVICES | NO_EXECUTION)
    except OSError:  # in a container whose own /proc is covered in parts
        mount("/proc", os.path.join(root, "proc"), "", BIND | RECURSIVE)
    mount("/dev", os.path.join(root, "dev"), "", BIND | RECURSIVE)
    mount("/sys", os.path.join(root, "sys"), "", BIND | RECURSIVE)
    mount("tmpfs", os.path.join(root, "tmp"), "tmpfs", NO_SUID | NO_DEVICES, "mode=1777")


def bind_descriptor(source: "int | None", target: str, writable: bool) -> None:
    """A folder of this machine that was opened before the new root hid it; without one an empty folder."""
    os.makedirs(target)
    if source is not None:
        mount(f"/proc/self/fd/{source}", target, "", BIND | RECURSIVE)
        if not writable:
            close(target)


def bring_driver(root: str) -> "dict[str, str]":
    """The libraries of NVIDIA's driver beside the image's, where the image has none; the variable that finds them."""
    if any(glob.glob(f"{root}{folder}/libcuda.so.1") for folder in (*DRIVER_FOLDERS, "/usr/local/cuda/compat")):
        return {}
    folder = next((folder for folder in DRIVER_FOLDERS if os.path.exists(f"{folder}/libcuda.so.1")), None)
    if folder is None:
        return {}
    os.makedirs(root + DRIVER_INSIDE)
    for pattern in DRIVER_LIBRARIES:
        for path in glob.glob(f"{folder}/{pattern}"):
            target = os.path.join(root + DRIVER_INSIDE, os.path.basename(path))
            lend(os.path.realpath(path), target)
    tool = shutil.which("nvidia-smi", path="/usr/bin:/usr/lib/wsl/lib")
    if tool:
        lend(os.path.realpath(tool), f"{root}{DRIVER_INSIDE}/nvidia-smi")
    return {"LD_LIBRARY_PATH": DRIVER_INSIDE}


def lend(source: str, target: str) -> None:
    """A file of this machine, to be read only."""
    touch(target)
    mount(source, target, "", BIND)
    close(target)


def touch(path: str) -> None:
    """An empty file to mount another one on."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o755))


def seal(root: str) -> None:
    """Make everything of the image read-only, also what is mounted inside it."""
    free = tuple(os.path.join(root, name) for name in ("proc", "sys", "dev", "tmp"))
    with open("/proc/self/mountinfo") as file:
        places = [decode(line.split(" ")[4]) for line in file]
    for place in places:
        inside = place == root or place.startswith(root.rstrip("/") + "/")
        if inside and not any(place == other or place.startswith(other + "/") for other in free):
            close(place)


def decode(text: str) -> str:
    """A path of mountinfo, where a space is written as its number in octal."""
    return (
        text.encode("latin-1", "backslashreplace")
        .decode("unicode_escape")
        .encode("latin-1")
        .decode("utf-8", "surrogateescape")
    )


def close(place: str) -> None:
    """Make one mount read-only; the limits that it already has must be named again."""
    state = os.statvfs(place).f_flag
    kept = state & (NO_SUID | NO_DEVICES | NO_EXECUTION | NO_ACCESS_TIMES | NO_FOLDER_TIMES)
    kept |= RELATIVE_TIMES if state & 4096 else 0
    mount("", place, "", REMOUNT | BIND | READ_ONLY | kept)


def prepare_environment() -> None:
    """Variables that hold inside the image."""
    for name in DROPPED:
        os.environ.pop(name, None)
    os.environ["TMPDIR"] = "/tmp"  # noqa: S108
    if not os.path.isdir(os.environ.get("HOME", "")) or not os.access(os.environ["HOME"], os.W_OK):
        os.environ["HOME"] = SCRATCH_INSIDE
    os.environ.setdefault("USER", "mlenv")
    os.environ.setdefault("LOGNAME", os.environ["USER"])


def become(command: "list[str]") -> None:
    """Turn into the command; where that fails, say why."""
    try:
        os.execvp(command[0], command)  # noqa: S606 - an argument list, and no shell
    except OSError as error:
        raise RefusalError(f"{command[0]} of the image does not start ({error.strerror})") from None


def run_inside(root: str, payloads: str, scratch: str, command: "list[str]", line: int) -> None:
    """The first process of the namespace: put the root together, run the command, report how it ended."""
    libc.prctl(DIE_WITH_PARENT, signal.SIGKILL)
    build_root(root, payloads, scratch)
    os.chroot(root)
    os.chdir(SCRATCH_INSIDE)
    prepare_environment()
    child = os.fork()
    if child == 0:
        os.close(line)
        guarded(become, command)
    while True:
        ended, status = os.wait()
        if ended == child:
            os.write(line, str(status).encode())
            os._exit(0)


def guarded(function: "Callable[..., None]", *arguments: object) -> None:
    """Run a function that does not come back; a refusal is one line and the status for it."""
    try:
        function(*arguments)
    except (RefusalError, OSError) as error:
        text = str(error) if isinstance(error, RefusalError) else error.strerror or str(error)
        os.write(2, (SIGN + " ".join(text.split()) + "\n").encode("utf-8", "replace"))
        os._exit(REFUSED)


def end_like(status: int) -> None:
    """End as a command ended: with its exit status, or by its signal."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.WEXITSTATUS(status))


def main() -> None:
    """Enter and run what the command line says."""
    root, payloads, scratch, mark, *command = sys.argv[1:]
    if mark != "--" or not command:
        raise RefusalError("a root, two folders, -- and a command are needed")
    root = os.path.realpath(root)
    leave_namespaces()
    ours, theirs = os.pipe()
    first = os.fork()
    if first == 0:
        os.close(ours)
        guarded(run_inside, root, payloads, scratch, command, theirs)
    os.close(theirs)
    report = os.read(ours, 32)
    _, status = os.waitpid(first, 0)
    end_like(int(report) if report else status)


if __name__ == "__main__":
    guarded(main)
