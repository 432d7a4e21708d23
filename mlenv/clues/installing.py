"""Signatures: installers, disks, networks and rights."""

from __future__ import annotations

from mlenv.clues.clue import Signature, signature

_NAME = r"[A-Za-z0-9](?:[\w.-]{0,80}[A-Za-z0-9])?"
_VERSION = r"(?P<version>[\w.!+*-]{1,60})"
_BARE = r"(?P<path2>(?:~|/|[A-Za-z]:\\)[^\s'\",;]{2,300})"
_DISK = r"(?:disk|device|drive|volume|partition|file ?system|/\S{1,100}|\b[a-z]:)"
_KILLED_NUMBER = r"(?:137|-9)(?!\d|[./]\d| (?:rows?|records|items|batches|files|lines|of)\b)"
_PATH = r"(?P<path>(?:[A-Za-z]:)?[^'\"\n<>|]{1,400})"

SIGNATURES: tuple[Signature, ...] = (
    # ---------------------------------------------------------------- nothing to install
    # ERROR: Could not find a version that satisfies the requirement torch==1.7.1+cu110 (from versions: 2.2.0, 2.2.1)
    signature(
        "no-matching-distribution",
        "could not find a version that satisfies the requirement",
        rf"could not find a version that satisfies the requirement (?P<package>{_NAME})(?:\[[^\]\n]{{0,100}}\])?"
        rf" ?(?:(?:===?|~=|>=) ?{_VERSION})?[^\n]{{0,200}}?\(from versions: ?(?P<offered>[^)\n]{{0,600}})",
    ),
    signature(
        "no-matching-distribution",
        "no matching distribution found for",
        rf"no matching distribution found for (?P<package>{_NAME})(?:\[[^\]\n]{{0,100}}\])?"
        rf" ?(?:(?:===?|~=|>=) ?{_VERSION})?",
    ),
    # The only source that PyTorch ever put beside its wheels is a placeholder: pip takes it where no wheel fits.
    signature(
        "placeholder-built",
        ("torch-0.1.2", "does not currently provide packages for", "tools.nnwrap"),
        r"\b(?P<package>torch)-0\.1\.2(?:\.post\d)?\.tar\.gz|PyTorch does not currently provide packages for"
        r"|no module named '?tools\.nnwrap",
    ),
    # `torch==2.5.1 @ registry+https://...` can't be installed because it doesn't have a source distribution or wheel
    signature(
        "no-wheel-for-platform",
        ("doesn't have a source distribution or wheel", "doesn't have a wheel for the current platform"),
        rf"'?(?P<package>{_NAME})(?:==(?P<version>[\w.!+-]{{1,60}}))?(?: @ [^\s']{{1,300}})?'? can't be installed"
        r" because it (?:is marked as[^\n]{0,60}|)[^\n]{0,20}doesn't have a",
    ),
    # Because torch==2.5.1 has no wheels with a matching Python ABI tag (e.g., `cp313`)
    signature(
        "no-wheel-with-tag",
        "no wheels with a matching",
        rf"(?P<package>{_NAME})(?:(?:==|>=|<=|>|<|~=)(?P<version>[\w.!+,<>=*-]{{1,80}}))? (?:has|have) no wheels with a"
        r"\s{1,20}matching\s{1,20}(?P<kind>python(?:\s{1,20}\w{1,20})?|platform|abi)\s{1,20}tag"
        r"(?:\s{1,20}\(e\.g\.,?\s{1,20}'(?P<tag>[\w.]{1,60})')?",
    ),
    signature(
        "no-usable-wheels",
        "no usable wheels",
        rf"(?P<package>{_NAME})(?:==(?P<version>[\w.!+-]{{1,60}}))? (?:has|have) no usable wheels",
    ),
    # hint: You require CPython 3.13 (`cp313`), but we only found wheels for `torch` (v2.5.1) with the following ...
    signature(
        "wheels-for-other-tags",
        ("only found wheels for", "only has wheels for", "wheels are available for", "only has wheels with"),
        # uv breaks its lines where the window ends.
        r"(?:you require|you're (?:on|using)"
        r"|your[^\n]{0,20}is)\s{1,20}(?P<here>[^\n]{1,120}?),\s{1,20}but\s{1,20}"
        r"(?:we\s{1,20}only\s{1,20}found\s{1,20}wheels\s{1,20}for\s{1,20})?"
        rf"'(?P<package>{_NAME})'(?:\s{{1,20}}\(v?(?P<version>[\w.!+-]{{1,60}})\))?(?:[^\n]{{0,60}}\n?){{1,2}}?"
        r"following\s{1,20}(?P<kind>python(?:\s{1,20}(?:implementation|abi|version))?|platform"
        r"|abi)[^\n:]{0,30}:\s{1,20}(?P<tags>'[\w.]{1,80}'(?:,?\s{1,20}(?:and\s{1,20})?'[\w.]{1,80}'){0,60}"
        r"|[^\n]{1,600})",
    ),
    signature(
        "wheels-for-other-tags",
        "wheels are available for",
        rf"wheels are available for '(?P<package>{_NAME})'(?: \(v?(?P<version>[\w.!+-]{{1,60}})\))?[^\n]{{0,40}}?"
        r"(?P<kind>platform|abi|tag)[^\n:]{0,30}: (?P<tags>[^\n]{1,600})",
    ),
    # torch-2.5.1-cp312-cp312-win_amd64.whl is not a supported wheel on this platform
    signature(
        "wheel-not-supported",
        "is not a supported wheel on this platform",
        r"(?P<file>[\w.+!%-]{1,200}\.whl) is not a supported wheel on this platform",
    ),
    signature(
        "wheel-not-supported",
        ("is not compatible with the current", "incompatible with the current"),
        r"(?P<file>[\w.+!%-]{1,200}\.whl)'? ?[^\n]{0,60}(?:is not compatible|incompatible) with the current",
    ),
    signature(
        "no-installation-candidates",
        "unable to find installation candidates",
        rf"unable to find installation candidates for (?P<package>{_NAME})(?: \((?P<version>[\w.!+-]{{1,60}})\))?",
    ),
    # ERROR: Package 'networkx' requires a different Python: 3.8.10 not in '>=3.9'
    signature(
        "other-python-required",
        ("requires a different python", "requires-python", "does not satisfy python", "requires python"),
        rf"package '(?P<package>{_NAME})' requires a different python: (?P<python>[\d.]{{3,12}}) "
        r"not in '(?P<range>[^'\n]{1,60})'"
        r"|python version \((?P<python2>[\d.]{3,12})\) does not satisfy python ?"
        r"(?P<range2>[<>=!~][^\s,)]{1,20}(?:,[<>=!~][^\s,)]{1,20}){0,3})"
        r"|(?P<package2>[\w.-]{1,80}) requires python ['\"]?(?P<range3>[<>=!~][^\s'\")]{1,30})['\"]? "
        r"but the running python is (?P<python3>[\d.]{3,12})",
    ),
    signature(
        "python-ranges-ignored",
        "that require a different python version",
        r"ignored the following versions that require a different python version: (?P<ranges>[^\n]{1,600})",
    ),
    # ---------------------------------------------------------------- names
    signature(
        "package-renamed",
        ("the package named for pytorch", "package is deprecated", "has been removed", "is the one you want"),
        r"you (?:tried|should) (?:to )?install \"?pytorch\"?[^\n]{0,40}"
        r"the package named for pytorch is \"?(?P<right>torch)"
        r"|the '(?P<wrong>sklearn)' pypi package is deprecated, use '(?P<right2>scikit-learn)'"
        r"|(?P<wrong2>tensorflow-gpu)\"? has been removed[^\n]{0,80}install \"?(?P<right3>tensorflow)",
    ),
    signature(
        "package-unknown",
        (
            "was not found in the package registry",
            "packagesnotfounderror",
            "resolvepackagenotfound",
            "does not exist (perhaps",
        ),
        rf"(?P<package>{_NAME}) was not found in the package registry"
        r"|packagesnotfounderror[^\n]{0,200}(?:\n\s{0,20}){0,3}- (?P<package2>[\w.=-]{1,100})"
        r"|resolvepackagenotfound:?\s{1,20}- (?P<package3>[\w.=-]{1,100})"
        r"|(?P<package4>[\w.-]{1,80})[^\n]{0,20} does not exist \(perhaps",
    ),
    # ---------------------------------------------------------------- who may write
    signature(
        "externally-managed",
        ("externally-managed", "externally managed", "managed by uv and should not be modified"),
        r"externally[- ]managed[- ]environment|environment is externally managed"
        r"|is managed by uv and should not be modified"
        r"|(?:python|interpreter|environment|\bpip3?\b|system)[^\n]{0,120}\bexternally managed\b",
    ),
    # PermissionError: [Errno 13] Permission denied: '/usr/lib/python3/dist-packages/x'
    signature(
        "permission-denied",
        (
            "permission",
            "winerror 5]",
            "errno 13]",
            "access is denied",
            "os error 13",
            "eacces",
            "not writable",
            "os error 5)",
            "no write ",
            "cannot write to",
        ),
        r"(?:\[errno 13\]|\[winerror 5\]|permission ?error|permission denied|no permission|access is denied"
        r"|no write (?:access|permission)|cannot write to|os error (?:13|5)\)"
        r"|\beacces\b"
        r"|environmentnotwritableerror|environment location:|is not writable)"
        rf"(?:[^\n'\"]{{0,160}}['\"]{_PATH}['\"]|[^\n'\"]{{0,60}}? {_BARE})?",
    ),
    signature(
        "pip-cache-disabled",
        ("the cache has been disabled", "is not owned or is not writable"),
        r"the directory '(?P<path>[^'\n]{1,300})'[^\n]{0,100}is not owned[^\n]{0,40}|the cache has been disabled",
    ),
    signature(
        "cache-not-writable",
        ("cache folder", "no locator available", "cache directory", "cache dir", "cache is not", "caches are not"),
        r"(?:no|lack\w{0,3}|without|insufficient) (?:write )?permissions? (?:to|for) (?:\w{1,20} ){1,4}cache\b"
        r"[^\n]{0,40}"
        r"|problem when trying to write in your cache folder(?: \((?P<path>[^)\n]{1,300})\))?"
        r"|no locator available for file|(?:cache|config)[- ]?dir(?:ectory)?[^\n]{0,200}not (?:a )?writ(?:e)?able",
        # Caches of servers.
        unless=r"nginx|squid|varnish|apache|proxy|\bsql|postgres|redis",
    ),
    signature(
        "install-rights-hint", "consider using the", r"consider using the '?--user'? option or check the permissions"
    ),
    # ---------------------------------------------------------------- space and limits
    # OSError: [Errno 28] No space left on device: '/tmp/pip-unpack-x/torch.whl'
    signature(
        "no-space",
        (
            "errno 28",
            "no space left",
            "os error 28",
            "enospc",
            "enough space",
            "enough free",
            "disk space",
            "disk quota",
            "out of space",
            "disk full",
            "disk is full",
            "errno 122",
            "nospacelefterror",
            "no usable temporary",
            "winerror 112",
            "edquot",
        ),
        r"(?:\[errno 28\]|no space left on device|os error 28\)|\benospc\b|nospacelefterror"
        rf"|(?:not|n't have) enough (?:free )?(?:disk space|space (?:left )?(?:on|in) (?:the |this )?{_DISK}"
        r"|space to (?:install|download|unpack|extract|write|save))"
        rf"|no (?:free )?disk space|out of disk space|\br[au]n(?:s|ning)? out of space (?:on|in) (?:the |this )?{_DISK}"
        rf"|{_DISK} (?:is |was |has |are )?(?:\w{{1,10}} )?out of space\b"
        r"|disk (?:is )?full\b(?! of)|no usable temporary directory"
        r"|\[winerror 112\]"
        r"|(?P<quota>disk quota exceeded|\[errno 122\]|\bedquot\b))"
        rf"(?:[^\n'\"]{{0,120}}['\"]{_PATH}['\"]|[^\n'\"]{{0,40}}? (?:in|on|at|under|device:) {_BARE})?",
        # The same number stands for a limit of files that are watched.
        unless=r"inotify|file watchers",
    ),
    # A line of `df -h` or `df -i`: /dev/sda1  20G  20G  0  100% /
    signature(
        "disk-row",
        "% /",
        r"(?m)^(?P<device>[\w./:-]{1,80}) (?P<size>[\d.,]{1,15}[KMGTPi]{0,2}B?) (?P<used>[\d.,]{1,15}[KMGTPi]{0,2}B?) "
        r"(?P<free>[\d.,]{1,15}[KMGTPi]{0,2}B?) (?P<percent>\d{1,3})% (?P<mount>/\S{0,100})$",
    ),
    signature(
        "shared-memory-short",
        ("shm", "shared memory", "killed by signal: bus error", "torch_", "semlock", "sem_open"),
        r"insufficient shared memory|(?:worker|loader|torch|process|container)[^\n]{0,80}out of shared memory"
        r"|shared memory (?:is |was )?(?:exhausted|too small|full)\b|raise your shared memory limit"
        r"|killed by signal: bus error|dataloader[^\n]{0,120}\bbus error"
        r"|unable to (?:write to file|mmap|allocate shared memory|open shared memory)[^\n]{0,120}</?(?:torch|psm|wnsm)_"
        r"|(?:error while|failed to) creat\w{1,5} shared memory segment[^\n]{0,120}"
        r"|shared memory segment[^\n]{0,120}no space left|/dev/shm[^\n]{0,160}(?:no space left|too small"
        r"|not enough|only has|bytes available)"
        r"|(?:no space left|errno 28)[^\n]{0,160}/dev/shm|increase (?:the )?(?:size of )?(?:shm|shared memory|/dev/shm)"
        r"|nccl[^\n]{0,200}/dev/shm/nccl",
        # The memory that the threads of one block of a GPU share, and that of a database; what NCCL notes in passing.
        unless=r"per block|thread ?block|cudafunc|\bkernels?\b[^\n]{0,40}\bKB\b|triton|max_locks|occupancy"
        r"|nccl info (?![^\n]*(?:fail|error|no space))",
    ),
    signature(
        "bus-error",
        "bus error",
        r"\bbus error\b(?: \(core dumped\))?",
        # Buses of cables and chips.
        unless=r"\b(?:can|i2c|spi|usb|pcie?|mod|field|profi|d|smbus|serial)[- ]?bus\b|\bi2c\b|modbus"
        r"|\bcan ?\d\b|rs-?485|\b(?:event|message|service) bus error",
    ),
    # Killed / exited with code 137 / DataLoader worker (pid 81) is killed by signal: Killed.
    signature(
        "process-killed",
        ("killed", "137", "signal 9", "sigkill", "signal: 9", "oom", "out of memory: kill", "exit code -9", "code: -9"),
        r"(?m)^killed\.? ?$|: line \d{1,6}: \d{1,9} killed\b|\boom[- _]?killed\b(?!\W{1,4}(?:false|0|no)\b)"
        r"|\boomkilling\b|\boom[-_]reaper|\boom-killer\b(?! (?:disabled|is off))|\boom_kill\b(?!\W{1,3}0\b)"
        r"|out of memory: kill(?:ed)? process|memory cgroup out of memory"
        rf"|(?:exit|return)[a-z]{{0,3}}[ _-]?(?:code|status)[:= ]{{1,4}}{_KILLED_NUMBER}|\bexited, status=137\b"
        rf"|(?:exit|return|fail|died|end|kill|terminat|crash|stop|finish|process|container|pod|worker|build|command|script"
        rf"|program|python|train)[^\n]{{0,60}}\b(?:code|status|rc)[:= ]{{1,4}}{_KILLED_NUMBER}"
        rf"|exited \(137\)|\bexit(?:ed|s)?(?: with)?:? {_KILLED_NUMBER}"
        r"|(?:\bby|\bwith|\bon|\bgot|received|caught|\bfatal|\() ?signal:? 9\b(?!\.\d| of\b)"
        r"|\bsignal:? (?:9\W{1,3}(?:killed|sigkill|received)|killed|sigkill)|killed by signal: killed"
        r"|(?:\bby|received|\bgot|\bsent|exit\w{0,3}|signal\w{0,2}|9,?|[{(:]) ?\(?sigkill\b|\bsigkill ?(?:\(|received)"
        r"|died with <signals\.sigkill",
        # Some other kind of number, or an order to end what still runs.
        unless=r"\b(?:post|zip|bar|dial|area|country|qr) ?code|\bkilling\b|\bsending\b"
        r"|after \d+ (?:s|seconds)[^\n]{0,20} sigkill",
    ),
    signature(
        "memory-exhausted",
        (
            "memoryerror",
            "bad_alloc",
            "cannot allocate memory",
            "not enough memory",
            "errno 12]",
            "unable to allocate",
            "os error 12",
            "condamemoryerror",
            "memory allocation of",
        ),
        r"(?m)(?:^|[\s'\":])memoryerror\b|\bstd::bad_alloc|cannot allocate memory|\[errno 12\]|os error 12\)"
        r"|defaultcpuallocator: (?:not enough memory|can'?t allocate memory)|unable to allocate [\d.]{1,12} ?[kmgt]i?b"
        r"|condamemoryerror|memory allocation of \d{1,20} bytes failed",
    ),
    signature(
        "too-many-open-files",
        ("too many open files", "ancdata", "emfile", "errno 24]"),
        r"too many open files(?! in system)|received 0 items of ancdata|\bemfile\b|\[errno 24\]",
    ),
    # ENFILE: all processes of the system together.
    signature(
        "system-files-exhausted",
        ("too many open files in system", "enfile", "errno 23]"),
        r"too many open files in system|\benfile\b|\[errno 23\]",
    ),
    # What an installer was doing when it ended.
    signature(
        "installing",
        (
            "collecting ",
            "downloading ",
            "installing collected",
            "pip install",
            "pip3 install",
            "uv pip",
            "uv add",
            "uv sync",
            "could not install packages",
            "conda install",
            "building wheel",
            "prepared ",
            "resolved ",
            "pip\\_internal",
            "pip/_internal",
        ),
        rf"(?m)^ ?(?:collecting {_NAME}(?:[\[<>=~!]| \(from | @ "
        r"|\n ?(?:downloading|using cached|obtaining|cloning|error))"
        r"|downloading [^\n]{1,300}(?:\.whl|\.tar\.|\.zip|\.conda\b|\.metadata|\(\d[\d.]{0,8} ?[kmg]i?b\))"
        r"|installing collected packages|building wheels? for"
        r"|(?:resolved|prepared|downloaded|installed) \d{1,5} packages?\b)"
        r"|\b(?:pip3?(?:\.\d{1,2})?|uv pip|conda|mamba) install\b|\buv (?:add|sync)\b|could not install packages"
        r"|pip[\\/]_(?:internal|vendor)",
    ),
    signature("downloading", ("downloading", " mb/s", " kb/s", "eta "), r"(?m)^ ?downloading\b|\b[kmg]b/s\b"),
    signature("placing-files", "installing collected", r"installing collected packages"),
    # ---------------------------------------------------------------- networks
    signature(
        "certificate-not-trusted",
        ("certificate", "unknownissuer", "sslcertverificationerror"),
        r"certificate[_ ]verify[_ ]failed|self[- ]signed certificate in (?:the )?certificate chain"
        r"|(?:error|fail|problem|refuse|reject|untrust)[^\n]{0,80}\bself[- ]signed certificate"
        r"|unable to get local issuer certificate"
        r"|unknownissuer"
        r"|invalid peer certificate|ssl certificate problem|sslcertverificationerror"
        r"|peer certificate cannot be authenticated",
    ),
    signature(
        "proxy-trouble",
        "proxy",
        r"proxyerror|cannot connect to proxy|proxy authentication required|tunnel connection failed|407 proxy"
        r"|proxy[^\n]{0,60}(?:refused|unreachable|timed out)",
    ),
    signature(
        "network-trouble",
        (
            "connection",
            "resolve",
            "resolution",
            "unreachable",
            "timed out",
            "getaddrinfo",
            "dns error",
            "max retries",
            "name or service",
            "condahttperror",
            "newconnectionerror",
        ),
        r"failed to establish a new connection|temporary failure in name resolution|name or service not known"
        r"|getaddrinfo failed"
        r"|nodename nor servname|\bdns error\b|could not resolve host|network is unreachable|no route to host"
        r"|max retries exceeded|connect(?:ion)? ?time(?:d )?out|read timed out|readtimeouterror|connecttimeouterror"
        r"|condahttperror|connection (?:refused|reset|aborted)|failed to fetch: |failed to download",
    ),
    signature(
        "hash-mismatch",
        ("do not match the hashes", "hash mismatch", "checksummismatch", "hashes are required"),
        r"do not match the hashes|hash mismatch|checksummismatch\w{0,6}",
    ),
    signature(
        "archive-damaged",
        (
            "badzipfile",
            "bad magic number",
            "not a zip file",
            "bad crc",
            "crc-32",
            "zipfile",
            "unexpected eof",
            "invalid zip",
            "invalid gzip",
            "incompleteread",
            "corrupt",
            "is invalid",
        ),
        r"badzipfile|not a zip file|bad crc-32|invalid zip file|invalid gzip header|incompleteread"
        r"|zip archive[^\n]{0,40}corrupt"
        r"|appears to be corrupted|wheel '?[^\n']{1,200}'? (?:located at [^\n]{1,200} )?is invalid",
    ),
    signature(
        "requirements-conflict",
        (
            "resolutionimpossible",
            "conflicting dependencies",
            "unsatisfiable",
            "no solution found",
            "incompatible",
            "conflict",
            "dependency resolver",
        ),
        r"resolutionimpossible|conflicting dependencies|requirements are unsatisfiable|unsatisfiableerror"
        r"|no solution found when resolving|libmambaunsatisfiableerror|resolution-too-deep"
        r"|version solving failed|the user requested \S{1,60}[<>=~!][^\n]{1,100}|the conflict is caused by",
    ),
    signature(
        "installed-conflict",
        "which is incompatible",
        r"(?P<package>[\w.-]{1,80}) (?P<version>[\w.+!-]{1,40}) (?:requires"
        r"|has requirement) (?P<wants>[^\n]{1,120}?), but you(?:'ll)? have (?P<has>[^\n]{1,100}?),? "
        r"which is incompatible",
    ),
    signature(
        "compiler-missing",
        ("gcc", "visual c++", "cl.exe", "vcvarsall", "g++", "compiler", "cmake", "python.h", "cc'", "command 'c"),
        r"microsoft visual c\+\+ [\d.]{1,6} (?:or greater )?is required|unable to find vcvarsall"
        r"|command '[^'\n]{0,100}(?:gcc|g\+\+|cc|clang|cl\.exe)' failed: no such file"
        r"|unable to execute '[^'\n]{0,60}(?:gcc|g\+\+|cc|clang)'"
        r"|no acceptable c compiler|error checking compiler version for cl"
        r"|(?:fatal error:|cannot open include file:) '?python\.h"
        r"|cmake (?:must be installed|is not installed)|no cmake_c(?:xx)?_compiler could be found"
        r"|can'?t find rust compiler|unknown compiler\(s\)",
    ),
    signature(
        "build-failed",
        ("failed building wheel", "failed to build", "metadata-generation-failed", "subprocess-exited-with-error"),
        r"failed building wheel for (?P<package>[\w.-]{1,80})|failed to build '?(?P<package2>[\w.=-]{1,100})"
        r"|metadata-generation-failed|subprocess-exited-with-error",
    ),
)
