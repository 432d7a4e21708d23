"""The first lines of ``mlenv.pyz``: unpack what fits this Python, once, and begin.

A program inside a zip can neither load compiled modules nor keep bytecode.  So the files that fit
this Python and this platform are laid into the user's cache folder, under the name of the build.

``MLENV_PYZ_CACHE=DIR`` names another folder.  ``MLENV_PYZ_BESIDE=1`` keeps that and every other cache
beside the file itself, so that whoever removes its folder leaves nothing behind.
``MLENV_PYZ_SECONDS=N`` ends the program after that time.

It uses nothing but the standard library and the grammar of Python 3.6, so that an older Python gets as
far as to hand over to a newer one, or to say what is missing.
"""

import os
import sys

BUILD = "unbuilt"
"""The digest of what the file carries; the build fills it in, as it does the next."""
LEFT_OUT = ()
"""Modules that the file does not carry, since they are large and few commands need them."""
OLDEST = (3, 10)
NEWEST = (3, 14)
NO_VERDICT = 5
KEPT_DAYS = 30
"""How long the files of a build stay after they were last used."""
GRACE_SECONDS = 5.0


class Refusal(Exception):  # noqa: N818
    """Why mlenv cannot begin here, and what would help."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def main(archive: str) -> None:
    """Run mlenv out of ``archive``, the path of the file."""
    try:
        if not OLDEST <= sys.version_info[:2] <= NEWEST:
            begin_elsewhere(archive)
        site = find_site(archive)
    except Refusal as refusal:
        sys.stderr.write(f"error: {refusal}\nhint: {refusal.hint}\n")
        sys.exit(NO_VERDICT)
    limit_time(os.environ.pop("MLENV_PYZ_SECONDS", ""))
    os.environ["MLENV_PYZ"] = os.path.abspath(archive)
    sys.path[0] = site
    # PYTHONDONTWRITEBYTECODE spares folders of sources; this one is a cache, and half as fast without.
    sys.dont_write_bytecode = False
    sys.meta_path.append(LeftOut())
    from mlenv.__main__ import main as begin

    begin()


class LeftOut:
    """The last place where Python looks for a module: what was left out is told as such."""

    def find_spec(self, name: str, *_place: object) -> None:
        """Nothing, or ``NoVerdictError`` for a module that this file does not carry."""
        if name in LEFT_OUT:
            from mlenv.errors import NoVerdictError

            raise NoVerdictError(
                f"this needs {name}, which the single file does not carry",
                hint="install mlenv (`pip install mlenv`), or make the file with `build_pyz --with`",
            )


def begin_elsewhere(archive: str) -> None:
    """Hand over to a Python of this machine that fits; :class:`Refusal` where there is none."""
    import shutil

    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        python = shutil.which(f"python3.{minor}")
        if python and os.name == "posix" and answers(python):
            os.execv(python, [python, archive, *sys.argv[1:]])  # noqa: S606
    raise Refusal(
        "mlenv.pyz needs Python {}.{} to {}.{}, and this is {}".format(*OLDEST, *NEWEST, sys.version.split()[0]),
        "run it with such a Python: `python3.12 mlenv.pyz`",
    )


def answers(python: str) -> bool:
    """Whether a program of that name is a Python that runs: version managers leave names that only complain."""
    import subprocess  # noqa: TID251

    try:
        return not subprocess.call([python, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError:
        return False


def find_target() -> str:
    """What this process needs, in the words of the build: ``cp312-linux-x86_64``."""
    python = "cp{}{}".format(*sys.version_info[:2])
    if sys.implementation.name != "cpython":
        python = sys.implementation.name
    elif "t" in getattr(sys, "abiflags", ""):
        python += "t"
    return f"{python}-{find_platform()}"


def find_platform() -> str:
    """System and architecture of this process; one that has no wheels gets a name that nothing fits."""
    if sys.platform == "win32":
        return "windows-aarch64" if "(ARM64)" in sys.version else "windows-x86_64"
    machine = os.uname().machine
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    if sys.maxsize < 2**32:
        machine += "-32bit"
    if sys.platform == "darwin":
        return f"macos-{machine}"
    musl = "musl" in getattr(sys.implementation, "_multiarch", "")
    return f"musl-{machine}" if musl else f"{sys.platform}-{machine}"


def find_site(archive: str) -> str:
    """The folder with the files that fit this process, unpacked now if they are not there yet."""
    beside = os.environ.pop("MLENV_PYZ_BESIDE", "")
    root = os.path.join(os.path.dirname(os.path.abspath(archive)), "cache") if beside else choose_cache()
    if beside:
        os.environ["XDG_CACHE_HOME"] = root
    target = find_target()
    site = os.path.join(root, f"{BUILD}-{target}")
    if os.path.isdir(site):
        note_use(site)
    else:
        unpack(archive, target, root, site)
    return site


def choose_cache() -> str:
    """A folder that is this user's own: the named one, the cache folder, else one among temporary files."""
    named = os.environ.get("MLENV_PYZ_CACHE")
    if named:
        return os.path.abspath(named)
    root = os.path.join(user_cache(), "mlenv", "pyz")
    try:
        os.makedirs(root, exist_ok=True)
    except OSError:
        return own_temporary_folder()
    return root if os.access(root, os.W_OK) else own_temporary_folder()


def user_cache() -> str:
    """The platform's place for what can be made again."""
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches")
    stated = os.environ.get("XDG_CACHE_HOME", "")
    return stated if os.path.isabs(stated) else os.path.join(home, ".cache")


def own_temporary_folder() -> str:
    """A folder among temporary files into which nobody else can have laid anything."""
    import tempfile

    if sys.platform == "win32":
        return os.path.join(tempfile.gettempdir(), "mlenv-pyz")
    root = os.path.join(tempfile.gettempdir(), f"mlenv-pyz-{os.getuid()}")
    try:
        os.makedirs(root, 0o700, exist_ok=True)
        state = os.lstat(root)
    except OSError as error:
        raise refuse_folder(root, error) from None
    if state.st_uid != os.getuid() or state.st_mode & 0o170077 != 0o040000:
        raise refuse_folder(root, "it is not this user's alone")
    return root


def refuse_folder(folder: str, why: object) -> Refusal:
    """That there is no place for the files."""
    return Refusal(
        f"mlenv.pyz cannot unpack into {folder}: {why}", "set MLENV_PYZ_CACHE to a folder that you can write to"
    )


def unpack(archive: str, target: str, root: str, site: str) -> None:
    """Lay the files into ``site``, all or none; another process that does the same is no trouble."""
    import shutil
    import tempfile

    fresh = ""
    try:
        os.makedirs(root, exist_ok=True)
        remove_unused(root)
        fresh = tempfile.mkdtemp(prefix=".new-", dir=root)
        write_files(archive, target, fresh)
        os.rename(fresh, site)
    except BaseException as error:
        shutil.rmtree(fresh, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        if not os.path.isdir(site):
            raise refuse_folder(root, error) from None


def write_files(archive: str, target: str, folder: str) -> None:
    """Write every file of ``target`` below ``folder``."""
    import io
    import json
    import zipfile

    with zipfile.ZipFile(archive) as outer:
        # Jumping about in a member of a zip begins anew at each jump.
        stored = io.BytesIO(outer.read("payload.zip"))
    with zipfile.ZipFile(stored) as payload:
        contents = json.loads(payload.read("contents.json").decode())
        members = contents["targets"].get(target)
        if members is None:
            raise Refusal(
                f"this mlenv.pyz carries nothing for {target} (Python {sys.version.split()[0]})",
                "it carries {}; elsewhere `pip install mlenv`".format(", ".join(sorted(contents["targets"]))),
            )
        for path, member in members.items():
            place = os.path.join(folder, *path.split("/"))
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as file:
                file.write(payload.read(member))


def note_use(folder: str) -> None:
    """Note that a folder was used today; a cache that is only read needs no note."""
    try:
        os.utime(folder)
    except OSError:
        return


def remove_unused(root: str) -> None:
    """Remove what other builds, or unpackings that were killed, left here long ago."""
    import shutil
    import time

    oldest = time.time() - KEPT_DAYS * 24 * 3600
    for entry in list(os.scandir(root)):
        if entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < oldest:
            shutil.rmtree(entry.path, ignore_errors=True)


def limit_time(seconds: str) -> None:
    """End this process after so many seconds: as Ctrl-C does, and soon after by force."""
    if not seconds or sys.platform == "win32":
        return
    import signal
    import threading

    # A shell may have started us with the key's signal ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(float(seconds), os.kill, (os.getpid(), signal.SIGINT))
    timer.daemon = True
    timer.start()
    # The kernel needs no answer from a library that hangs.
    signal.setitimer(signal.ITIMER_REAL, float(seconds) + GRACE_SECONDS)


if __name__ == "__main__":
    main(os.path.dirname(os.path.abspath(__file__)))
