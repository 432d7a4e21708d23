"""Disks and file systems: full, read-only, slow to forget, or without a thing that an installer needs."""

from __future__ import annotations

from mlenv.symptoms.finding import either, system_error, words
from mlenv.symptoms.symptom import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        id="disk-quota-reached",
        layer="machine",
        effect="permanent",
        about="path",
        meaning="the quota of this user, in bytes or in files, is used up",
        remedies=(
            "see what is used: `quota -s`, or the command of your cluster (`lfs quota -h -u $USER /path`)",
            "free some: {free}",
            "put the environment (--env) and the cache ({cache}) where the quota is larger: scratch or project space",
        ),
        # macOS says 69, Windows 1295.
        find=either(words(r"disk quota exceeded", r"\bedquot\b"), system_error(posix=(122, 69), windows=(1295, 1296))),
    ),
    Rule(
        id="disk-full",
        layer="machine",
        effect="permanent",
        about="path",
        meaning="the disk is full, or has no room for another file",
        remedies=(
            (
                "see where: `df -h` and `df -i` for files (Linux, macOS), `Get-PSDrive` (Windows); "
                "temporary files count too (TMPDIR, TEMP)"
            ),
            "free some: {free}",
            (
                "or move the cache ({cache}), the temporary folder (TMPDIR; TEMP on Windows) "
                "or the environment (--env) to a larger disk"
            ),
        ),
        find=either(
            words(
                r"no space left on device",
                r"nospacelefterror",
                r"\benospc\b",
                r"not enough space on the disk",
                r"there is not enough space",
                r"not enough free (?:disk )?space",
                r"no disk space",
                r"no usable temporary directory found",
            ),
            system_error(posix=(28,), windows=(112, 39)),
        ),
    ),
    Rule(
        id="file-system-read-only",
        layer="machine",
        effect="permanent",
        about="path",
        meaning="the file system can only be read",
        remedies=(
            "put the environment (--env), the cache ({cache}) and the temporary folder (TMPDIR) where you may write",
            "in a container: mount a volume there, or start it without --read-only",
            "a disk that was writable before may have failed: `dmesg`",
        ),
        find=either(words(r"read-only file ?system", r"\berofs\b"), system_error(posix=(30,), windows=(19,))),
    ),
    Rule(
        id="path-too-long",
        layer="machine",
        effect="permanent",
        about="path",
        meaning="a path is longer than the system, or the package, allows",
        remedies=(
            "use a shorter path for the environment (--env) and for the cache ({cache}), such as /opt/e or C:\\e",
            (
                "Windows, as administrator: "
                "`Set-ItemProperty HKLM:\\SYSTEM\\CurrentControlSet\\Control\\FileSystem LongPathsEnabled 1`"
            ),
        ),
        find=either(
            words(
                r"file ?name too long",
                r"(?:filename or extension|path|file name) is too long",
                r"enable long paths",
                r"long path support",
                r"paddingerror",
                r"placeholder of length '?\d+'? too short",
                r"\benametoolong\b",
                # What an older Windows says of a path that is longer than 260 characters.
                r"(?:\[winerror 3\]|\[errno 2\])[^\n]{0,200}'[a-z]:\\[^'\n]{250,1500}'",
                r"['`][a-z]:\\[^'`\n]{250,1500}['`][^\n]{0,200}\(os error 3\)",
                r"fatal error c1081",
            ),
            system_error(posix=(36, 63), windows=(206,)),
        ),
    ),
    Rule(
        id="file-too-large",
        layer="machine",
        effect="permanent",
        about="path",
        meaning="a file is larger than this file system or this user's limit allows",
        remedies=(
            "see the limit: `ulimit -f`; lift it: `ulimit -f unlimited`",
            "a FAT file system takes no file of 4 GiB: use another for the environment (--env) and the cache ({cache})",
        ),
        find=either(words(r"\bfile too large\b", r"\befbig\b"), system_error(posix=(27,), windows=(223,))),
    ),
    Rule(
        id="symlinks-not-allowed",
        layer="machine",
        effect="permanent",
        about="path",
        meaning="this user or this file system may make no symbolic links",
        remedies=(
            "Windows: switch on the developer mode (Settings, System, For developers)",
            "on a network share or a FAT disk: use another disk for the environment (--env)",
        ),
        find=either(
            words(
                r"a required privilege is not held by the client",
                r"failed to (?:create )?(?:a )?symlink[^\n]{0,600}(?:not supported|not permitted|os error (?:1|95)\))",
                r"symlink[^\n]{0,300}operation not (?:supported|permitted)",
            ),
            system_error(windows=(1314,)),
        ),
    ),
    Rule(
        id="link-across-file-systems",
        layer="machine",
        effect="permanent",
        about="path",
        meaning="files cannot be linked from the cache, which is on another file system",
        remedies=(
            "copy instead: UV_LINK_MODE=copy (uv), `conda config --set always_copy true` (conda)",
            "or put the cache ({cache}) on the file system of the environment",
        ),
        find=either(
            words(r"invalid cross-device link", r"\bexdev\b", r"failed to (?:hard|ref)link"),
            system_error(posix=(18,), windows=(17,)),
        ),
    ),
    Rule(
        id="file-handle-stale",
        layer="machine",
        effect="transient",
        about="path",
        meaning="a file on a network file system was replaced or removed by another machine while it was in use",
        remedies=("end what else writes to this folder", "use a local disk for the cache ({cache})"),
        find=either(words(r"stale (?:nfs )?file handle", r"\bestale\b"), system_error(posix=(116, 70))),
    ),
    Rule(
        id="disk-error",
        layer="machine",
        effect="permanent",
        about="path",
        meaning="the disk could not read or write a place: it may be failing",
        remedies=(
            "read the kernel's log: `dmesg` (Linux), `Get-WinEvent -LogName System -MaxEvents 50` (Windows)",
            "use another disk for the environment (--env) and the cache ({cache})",
        ),
        find=either(
            words(r"(?<!lock \()input/output error", r"data error \(cyclic redundancy check\)"),
            system_error(posix=(5,), windows=(23, 1117)),
        ),
    ),
)
