"""Installs a lock of conda packages with py-rattler, where no manager is there; run as a child.

``python -I -m mlenv.execute.rattler --prefix PREFIX [--lock FILE] [--offline] [--cache DIR]``: without
a lock the environment is made empty, with one exactly its packages are installed.

Every file is proven by SHA-256, or by MD5 where the channel states nothing better: rattler does so for
what it downloads and keeps, not for archives of a folder nor for what it finds under the same name, so
those are looked at here.  The cache is mlenv's own, because what stands in it counts as proven.

Scripts that packages would run when they are linked are not run: they are programs of others that
nobody asked for, and rattler and pixi leave them out as well.

A login comes with the lock, a private file, from ``netrc``, or from what ``rattler auth`` and ``pixi
auth`` keep; none is ever an argument, and none stays in the environment.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlenv.errors import InstallError, MlenvError
from mlenv.execute.rattler_progress import RattlerProgress
from mlenv.execute.rattler_proof import demand_kept, forget_unproven, prove_archives
from mlenv.execute.rattler_trouble import explain, is_damage
from mlenv.facts.packages import PackageConfiguration
from mlenv.plan.conda_login import without_login
from mlenv.plan.conda_variables import conda_environ
from mlenv.plan.explicit import HASHES, RecordLock, read_records, with_logins
from mlenv.report.redact import mask_text
from mlenv.system.folders import cache_folder

if TYPE_CHECKING:
    from rattler import RepoDataRecord
    from rattler.networking import Client

Say = Callable[[str], None]

RETRIES = 3
STALL_SECONDS = 300.0
"""So long a download may stand still: rattler itself would wait for ever."""
LOOK_SECONDS = 1.0
# An interpreter that ends while rattler's threads hand over their last answer crashes.
SETTLE_SECONDS = 0.05


def main(arguments: Sequence[str]) -> int:
    """The exit status; what is wrong goes to standard error in plain words."""
    asked = _parse(arguments)
    try:
        os.environ.update(conda_environ(PackageConfiguration(), os.environ))
        _carry_out(asked, _write)
    except MlenvError as error:
        _write(f"error: {mask_text(error.message)}")
        if error.hint:
            _write(f"hint: {error.hint}")
        return 1
    except KeyboardInterrupt:
        _write("interrupted")
        return 130
    except Exception as error:  # noqa: BLE001 - a child ends in words, whatever py-rattler may raise
        _write(f"error: py-rattler failed: {explain(error).message}")
        return 1
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mlenv.execute.rattler", description="Install a lock of conda packages.")
    parser.add_argument("--prefix", type=Path, required=True, help="the environment's folder")
    parser.add_argument("--lock", type=Path, help="explicit.json of a plan; without it the environment is made empty")
    parser.add_argument("--offline", action="store_true", help="take what the cache and local channels have")
    parser.add_argument("--cache", type=Path, help="the folder for packages")
    return parser.parse_args(arguments)


def _write(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _carry_out(asked: argparse.Namespace, say: Say) -> None:
    if asked.lock is None:
        make_prefix(asked.prefix)
        return
    try:
        text = asked.lock.read_text(encoding="utf-8")
    except OSError as error:
        raise InstallError(f"{asked.lock}: cannot be read ({error.strerror})") from None
    lock = read_records(text, str(asked.lock))
    cache = asked.cache or cache_folder() / "conda" / "packages"
    install_lock(lock, asked.prefix, cache=cache, offline=asked.offline, say=say)


def make_prefix(prefix: Path) -> None:
    """An empty environment of conda; :class:`InstallError` for a folder that holds something."""
    try:
        if prefix.is_dir() and any(prefix.iterdir()):
            raise InstallError(f"{prefix}: is not empty", hint="name a new place for the environment")
        (prefix / "conda-meta").mkdir(parents=True, exist_ok=True)
        (prefix / "conda-meta" / "history").touch()
    except OSError as error:
        raise InstallError(f"{prefix}: cannot be made ({error.strerror})") from None


def install_lock(lock: RecordLock, prefix: Path, *, cache: Path, offline: bool, say: Say) -> None:
    """Install exactly the packages of a lock; :class:`InstallError` says why that could not be.

    What was damaged on its way is fetched once more; what is damaged again is refused.
    """
    cache.mkdir(parents=True, exist_ok=True)
    prove_archives(lock)
    forget_unproven(lock, cache)
    if offline:
        demand_kept(lock, cache)
    try:
        _install(lock, prefix, cache, offline, say)
    except InstallError as error:
        if offline or not is_damage(error):
            raise
        say(f"{mask_text(error.message)}; fetching it once more")
        _install(lock, prefix, cache, offline, say)
    forget_logins(prefix)
    say(f"installed {len(lock.packages)} packages")


def forget_logins(prefix: Path) -> None:
    """Take the logins out of the addresses that an environment keeps of its packages."""
    for path in (prefix / "conda-meta").glob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        plain = {key: without_login(record[key]) for key in ("url", "channel") if isinstance(record.get(key), str)}
        if any(record[key] != value for key, value in plain.items()):
            path.write_text(json.dumps({**record, **plain}, indent=2), encoding="utf-8")


def _install(lock: RecordLock, prefix: Path, cache: Path, offline: bool, say: Say) -> None:
    try:
        import rattler  # noqa: F401 - told in words where it is missing
    except ImportError:
        raise InstallError("py-rattler is not installed", hint="install it: `pip install 'mlenv[conda]'`") from None
    progress = RattlerProgress(len(lock.packages), say)
    try:
        asyncio.run(_put_in_place(lock, prefix, cache, offline, progress))
    except Exception as error:
        if isinstance(error, MlenvError):
            raise
        raise explain(error) from None


async def _put_in_place(lock: RecordLock, prefix: Path, cache: Path, offline: bool, progress: RattlerProgress) -> None:
    from rattler import Subdir, install
    from rattler.package_cache import PackageCache, ValidationMode

    try:
        question = install(
            read_all(lock),
            prefix,
            platform=Subdir(lock.platform),
            execute_link_scripts=False,
            client=_refusing_client() if offline else _client(),
            reporter=progress,  # type: ignore[arg-type]
            # Full: what is linked has the hashes that its package states, also when it was kept for months.
            package_cache=PackageCache.new_layered([cache], validation_mode=ValidationMode.full()),
        )
        await watched(asyncio.ensure_future(question), progress)
    finally:
        await asyncio.sleep(SETTLE_SECONDS)


async def watched(task: asyncio.Future[Any], progress: RattlerProgress, look: float = LOOK_SECONDS) -> None:
    """Wait for an installation; :class:`InstallError` where nothing has moved for :data:`STALL_SECONDS`."""
    while not task.done():
        await asyncio.wait({task}, timeout=look)
        if not task.done() and progress.idle_seconds() > STALL_SECONDS:
            task.cancel()
            raise InstallError(
                f"nothing came for {STALL_SECONDS:.0f} seconds", hint="check the network and proxy, then run it again"
            )
    task.result()


def read_all(lock: RecordLock) -> list[RepoDataRecord]:
    """The records as rattler has them, with the logins of their channels."""
    with tempfile.TemporaryDirectory(prefix="mlenv-records-") as folder:
        return [_read_record(package, lock, Path(folder) / "record.json") for package in lock.packages]


def _read_record(package: dict[str, Any], lock: RecordLock, path: Path) -> RepoDataRecord:
    from rattler import PackageRecord, RepoDataRecord

    path.write_text(json.dumps(package), encoding="utf-8")
    record = PackageRecord.from_index_json(path)  # reads no hash, no size
    for name in HASHES:
        if package.get(name):
            setattr(record, name, bytes.fromhex(package[name]))
    if isinstance(package.get("size"), int):
        record.size = package["size"]
    url = with_logins(package["url"], lock.logins)
    return RepoDataRecord(record, package["fn"], url, str(package.get("channel") or url.rsplit("/", 2)[0]))


def _client() -> Client:
    """With what the user has told rattler and pixi of proxies, certificates, mirrors and logins."""
    from rattler import Config
    from rattler.networking import Client

    return Client.from_config(Config.load_from_default_locations("pixi"), max_retries=RETRIES)


def _refusing_client() -> Client:
    """One that sends nothing."""
    from rattler.networking import AddHeadersMiddleware, Client

    def refuse(_host: str, path: str) -> dict[str, str]:
        raise InstallError(f"offline, and {path.rpartition('/')[2]} is not in the cache as the lock has it")

    return Client([AddHeadersMiddleware(refuse)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
