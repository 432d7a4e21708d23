"""What this user may not do, and what another program holds."""

from __future__ import annotations

from mlenv.symptoms.finding import either, system_error, words
from mlenv.symptoms.symptom import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        id="file-system-noexec",
        layer="machine",
        effect="permanent",
        about="path",
        meaning="programs may not be run from this file system (it is mounted with noexec)",
        remedies=(
            "see it: `findmnt -T FOLDER`",
            "put the environment (--env), the cache ({cache}) and the temporary folder (TMPDIR) on another file system",
        ),
        find=words(
            r"failed to map segment from shared object",
            r"mounted (?:with )?['\"`]?noexec",
            r"['\"`(]noexec['\"`)]",
            r"bad interpreter: (?:permission denied|operation not permitted)",
        ),
    ),
    Rule(
        id="environment-not-writable",
        layer="machine",
        effect="permanent",
        about="path",
        meaning="the environment belongs to somebody else",
        remedies=(
            "make one of your own: choose a folder that is yours with --env",
            "do not install into the base environment of conda that the administrator keeps",
        ),
        find=words(
            (
                r"environmentnotwritableerror[^\n]{0,200}\n(?:\s{0,20}\n)?\s{1,20}environment location: "
                r"(?P<subject>[^\n]{1,300})"
            ),
            r"environmentnotwritableerror",
            r"does not have write permissions to the target environment",
            r"prefix is not writable",
            r"nowritableenvsdirerror",
            r"(?:target|root) prefix[^\n]{0,300}(?:not writ(?:e)?able|read-only)",
        ),
    ),
    Rule(
        id="file-in-use",
        layer="machine",
        effect="transient",
        about="path",
        meaning="another program has the file open",
        remedies=(
            (
                "end what uses the environment: notebooks, editors, Python processes "
                "(Windows: `Get-Process python`, Linux and macOS: `lsof FILE`)"
            ),
            (
                "on Windows a virus scanner may hold a new file for a moment: run it again, "
                "or ask for an exception for the folder"
            ),
        ),
        find=either(
            words(
                r"being used by another process",
                r"text file busy",
                r"\betxtbsy\b",
                r"device or resource busy",
                r"cannot access the file because another process has locked",
            ),
            system_error(posix=(26, 16), windows=(32, 33)),
        ),
    ),
    Rule(
        id="permission-denied",
        layer="machine",
        effect="permanent",
        about="path",
        meaning="this user may not read, write or run a file",
        remedies=(
            (
                "see whose it is: `ls -ld FILE` (Linux, macOS), `icacls FILE` (Windows); "
                "what root made in your home folder, give back with `chown`"
            ),
            "put the environment (--env) and the cache ({cache}) into folders of your own",
            "Windows: a virus scanner or Controlled folder access may forbid it too",
        ),
        find=either(
            words(
                r"permission denied",
                r"access is denied",
                r"operation not permitted",
                r"notwritableerror",
                r"nowritablepkgsdirerror",
                r"\beacces\b",
            ),
            system_error(posix=(13,), windows=(5,)),
        ),
    ),
)
