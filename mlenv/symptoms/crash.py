"""Processes that the system ended, or never started."""

from __future__ import annotations

from mlenv.symptoms.finding import either, system_error, words
from mlenv.symptoms.symptom import Find, Rule


def ended_by(name: str, number: int, *patterns: str) -> Find:
    """Finds that a signal ended a process, as subprocess, Rust, shells and mlenv word it."""
    return words(
        rf"\[ended: {name}\]",
        rf"\bsignal:? {number}\b",
        rf"\bsignal: {number} \({name}\)",
        rf"\bdied with <?signals\.{name}",
        rf"exit (?:code|status):? (?:-{number}|{128 + number})\b",
        rf"(?:returned|with) (?:non-zero )?(?:exit )?(?:code|status):? (?:-{number}|{128 + number})\b",
        *patterns,
    )


RULES: tuple[Rule, ...] = (
    Rule(
        id="wrong-architecture",
        layer="machine",
        effect="permanent",
        about="path",
        meaning="a program was made for another kind of processor or system",
        remedies=(
            "see what this machine is: `uname -m`, and what the file is: `file PROGRAM`",
            "install the build of uv, Python or conda for this machine; in a container take the image for its platform",
        ),
        find=either(
            words(
                r"exec format error",
                r"\[errno 8\] (?!nodename)",
                r"\(os error 8\)",
                r"bad cpu type in executable",
                r"is not a valid win32 application",
                r"incompatible architecture \(have ",
                r"wrong elf class",
                r"cannot execute binary file",
            ),
            system_error(posix=(86,), windows=(193, 216)),
        ),
    ),
    Rule(
        id="killed",
        layer="machine",
        effect="permanent",
        meaning="the system killed the process, most likely because memory ran out",
        remedies=(
            (
                "`dmesg | grep -i -E 'killed process|oom'` tells on Linux; "
                "a container's or job's limit counts (`docker run --memory`, `srun --mem`)"
            ),
            "end other programs, or do less at a time: MAX_JOBS=1 for builds, UV_CONCURRENT_INSTALLS=1 (uv)",
        ),
        find=ended_by(
            "sigkill",
            9,
            r"(?:^|\n)\s{0,20}(?:[\w./-]{1,100}: line \d{1,6}: {1,4}\d{1,9} )?killed(?: |\n|$)",
            r"\boom-?killed\b",
        ),
    ),
    Rule(
        id="file-size-limit",
        layer="machine",
        effect="permanent",
        meaning="a file became larger than this user's limit",
        remedies=("lift it: `ulimit -f unlimited`",),
        find=ended_by("sigxfsz", 25, r"file size limit exceeded"),
    ),
    Rule(
        id="processor-time-limit",
        layer="machine",
        effect="permanent",
        meaning="the process used up the processor time that it may have",
        remedies=("lift it: `ulimit -t unlimited`", "on a cluster's login node: run it in a job"),
        find=ended_by("sigxcpu", 24, r"cpu time limit exceeded"),
    ),
    Rule(
        id="illegal-instruction",
        layer="machine",
        effect="permanent",
        meaning="a program uses instructions that this processor lacks, such as AVX",
        remedies=(
            "`mlenv probe` shows what the processor has; a virtual machine may hide some: pass the host's through",
            "install a release or build for older processors",
        ),
        find=ended_by("sigill", 4, r"illegal instruction"),
    ),
    Rule(
        id="bus-error",
        layer="machine",
        effect="permanent",
        meaning="a mapped file could not be read: shared memory or a disk is full, or the file was cut short",
        remedies=(
            "see what is full: `df -h /dev/shm /tmp .`; in a container: `docker run --shm-size=8g`",
            "drop what the cache holds: {drop}",
        ),
        find=ended_by("sigbus", 7, r"\bbus error\b", r"exit status:? 138\b"),
    ),
    Rule(
        id="segmentation-fault",
        layer="machine",
        effect="permanent",
        meaning="a program touched memory that is not its own: libraries that do not belong together, or a defect",
        remedies=(
            "run it once more; where it crashes again, update the package manager",
            "unset LD_PRELOAD and LD_LIBRARY_PATH",
            "`PYTHONFAULTHANDLER=1` shows where Python was",
        ),
        find=ended_by("sigsegv", 11, r"segmentation fault", r"access violation", r"0xc0000005\b"),
    ),
    Rule(
        id="dll-missing",
        layer="machine",
        effect="permanent",
        meaning="a library that the program needs is missing or too old",
        remedies=(
            (
                "Windows: install the Microsoft Visual C++ Redistributable (x64): "
                "`winget install Microsoft.VCRedist.2015+.x64`"
            ),
        ),
        find=words(
            r"\[ended: a dll ",
            r"0xc0000135\b",
            r"dll load failed while importing (?P<subject>[\w.]{1,100})",
            r"(?P<subject>vcruntime140\w*\.dll|msvcp140\w*\.dll)[^\n]{0,40}(?:not found|missing)",
        ),
    ),
    Rule(
        id="terminated",
        layer="machine",
        effect="permanent",
        meaning="somebody, or a scheduler's time limit, ended the process",
        remedies=("run it again; in a job ask for more time (`srun --time`), on a login node use a job",),
        find=either(ended_by("sigterm", 15, r"(?:^|\n)terminated\b"), ended_by("sighup", 1)),
    ),
    Rule(
        id="interrupted",
        layer="machine",
        effect="permanent",
        meaning="it was interrupted from the keyboard",
        remedies=("run it again",),
        find=ended_by("sigint", 2, r"(?:^|\n)keyboardinterrupt\b", r"operation cancelled by user", r"aborted by user"),
    ),
    Rule(
        id="aborted",
        layer="wrapper",
        effect="permanent",
        meaning="the program gave up on itself: its last words say why",
        remedies=(
            "run it again; where it happens again, update the package manager and report its last words to its makers",
        ),
        find=either(
            ended_by("sigabrt", 6, r"(?:^|\n)aborted\b"),
            ended_by("sigfpe", 8, r"floating point exception"),
            words(r"thread '[^\n']{1,80}' panicked at"),
        ),
    ),
    Rule(
        id="time-limit-passed",
        layer="wrapper",
        effect="permanent",
        meaning="it did not end in time",
        remedies=("see what it waits for: a network that does not answer, a lock, a slow disk",),
        find=words(r"\[ended: the time limit passed\]"),
    ),
    Rule(
        id="command-missing",
        layer="wrapper",
        effect="permanent",
        about="path",
        meaning="the program is not installed, or not on PATH",
        remedies=("see where it is: `command -v NAME` (Linux, macOS), `where.exe NAME` (Windows); install it",),
        find=words(
            r"no such file or directory: '(?P<subject>[^'\n]{1,300})'\n?[^\n]{0,20}\[ended: could not be started\]",
            r"command not found: (?P<subject>\S{1,100})",
            r"(?:^|[\n:] ?)(?P<subject>[\w.+-]{1,60}): (?:command )?not found\b",
            r"'(?P<subject>[^'\n]{1,100})' is not recognized as an? (?:internal|name)",
            r"(?:the term )'(?P<subject>[^'\n]{1,100})' is not recognized",
            r"\[ended: (?:could not be started|command not found|could not be executed)\]",
        ),
    ),
)
