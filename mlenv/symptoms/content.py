"""Files that are not what they should be: damaged on the way, in the cache, or changed at their source."""

from __future__ import annotations

from mlenv.symptoms.address import uv_says
from mlenv.symptoms.finding import either, words
from mlenv.symptoms.symptom import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        id="hashes-missing",
        layer="content",
        effect="permanent",
        meaning="hashes are demanded, and some requirement has none",
        remedies=(
            "make the lock or requirements again with hashes: `uv pip compile --generate-hashes`",
            "or install without --require-hashes (UV_REQUIRE_HASHES, PIP_REQUIRE_HASHES)",
        ),
        find=words(
            r"in ['`]?--require-hashes['`]? mode, all requirements must[^\n]{0,120}?: (?P<subject>[^\n]{1,200})",
            r"in ['`]?--require-hashes['`]? mode, all requirements must",
            r"hashes are required in --require-hashes mode",
            r"can'?t verify hashes for these",
        ),
    ),
    Rule(
        id="hash-mismatch",
        layer="content",
        effect="corrupt",
        about="address",
        meaning="a file is not the one that was promised: damaged on the way, or changed at its source",
        remedies=(
            "drop it and fetch it again: {drop}",
            (
                "where it comes back the same, a mirror or proxy serves another file: "
                "use the original index, or make a new lock once you know why"
            ),
        ),
        find=either(
            uv_says("hash"),
            words(
                r"do not match the hashes[^\n]{0,300}\n\s{1,20}(?P<subject>[^\s]{1,200}) from ",
                r"do not match the hashes",
                r"checksummismatcherror",
                r"hash mismatch",
                r"(?:sha256|md5)(?: ?sums?)? (?:mismatch|(?:sum )?doesn'?t match)",
                r"checksum (?:mismatch|does not match|error|validation failed)",
                r"found incorrect downloads",
            ),
        ),
    ),
    Rule(
        id="cache-damaged",
        layer="content",
        effect="corrupt",
        meaning="the cache holds something that cannot be read",
        remedies=(
            "drop it: {drop}",
            "programs of different versions that share a cache folder: give each its own ({cache})",
        ),
        find=words(
            r"failed to deserialize cache entry",
            r"cache entry (?:deserialization failed|is corrupt)",
            r"failed to read from the distribution cache",
            r"not a solv file",
            r"no valid cache found",
            r"corrupt(?:ed)? cache",
            r"cache[^\n]{0,60} (?:is|appears|seems)(?: to be)? corrupt",
            r"unable to read repo solv file",
            r"failed to read '?`?(?:paths|index)\.json",
        ),
    ),
    Rule(
        id="archive-damaged",
        layer="content",
        effect="corrupt",
        meaning="a package's archive is damaged, or is no archive",
        remedies=(
            "drop it and fetch it again: {drop}",
            (
                "where it comes back the same, a portal or proxy may have put a page of its own in its place: "
                "open the address in a browser"
            ),
        ),
        find=words(
            r"failed to extract archive: (?P<subject>[^\s]{1,200})",
            r"wheel '(?P<subject>[^'\n]{1,200})' located at [^\n]{1,500} is invalid",
            r"the structure of '?`?(?P<subject>[\w.-]{1,100})['`]? \([^)\n]{1,60}\) was invalid",
            r"error with archive (?P<subject>[^\s]{1,500}?)\.?\s",
            r"the package for (?P<subject>[\w.-]{1,100}) located at [^\n]{1,500}\n?[^\n]{0,100}corrupt",
            r"badzipfile",
            r"bad crc",
            r"not a zip (?:file|archive)",
            r"invalid zip",
            r"failed to read from zip file",
            r"end of central directory",
            r"invalid gzip header",
            r"not a gzipped file",
            r"badgzipfile",
            r"invalid tar (?:file|header)",
            r"tarfile\.readerror",
            r"(?:^|\n)[^\n]{0,60}readerror: (?:unexpected end of data|not a gzip file|file could not be opened)",
            r"compressed file ended before",
            r"error -3 while decompressing",
            r"corrupt (?:deflate stream|input data|patch)",
            r"invalidarchiveerror",
            r"(?:zstd|lzma|bz2)[^\n]{0,40}(?:decompression error|corrupt|unknown frame)",
            r"error when extracting package",
            r"condaverificationerror",
            r"safetyerror",
            r"appears to be corrupted",
            r"corrupt(?:ed)? (?:package|wheel|archive|tarball|download)",
            r"at byte \d+: failed to read tar data",
        ),
    ),
    Rule(
        id="record-damaged",
        layer="content",
        effect="corrupt",
        meaning="what a wheel says of itself (RECORD, METADATA) is missing, or does not fit its content",
        remedies=("drop it and fetch it again: {drop}", "where it comes back the same, tell the makers of the package"),
        find=words(
            r"(?:hash|size) mismatch[^\n]{0,80}\brecord\b",
            r"dist-info[\\/]record['`]?: no such file",
            r"failed to install: \S{1,200} \((?P<subject>[\w.-]{1,100})==[^)\n]{1,80}\)[^a-z]{0,40}"
            r"(?:cause: |caused by: )?(?:the wheel is invalid|failed to (?:open|read) file)",
            r"the wheel is invalid",
            r"record file is (?:invalid|missing)",
            r"record (?:file )?(?:is|was) (?:invalid|malformed)",
            r"due to an oserror: record\b",
            r"not (?:listed|mentioned) in record\b",
            r"record file doesn'?t match wheel contents",
        ),
    ),
    Rule(
        id="environment-damaged",
        layer="content",
        effect="permanent",
        meaning="the environment does not know which files a package of its own has",
        remedies=(
            "make the environment again rather than mend it",
            "a package that the system or conda installed: leave it to them, and use an environment of its own",
        ),
        find=words(
            r"cannot uninstall (?P<subject>[\w.-]{1,100})",
            r"unable to uninstall ['`](?P<subject>[\w.-]{1,100})",
            r"uninstall-no-record-file",
            r"uninstall-distutils-installed-package",
            r"missing record file for (?P<subject>[\w.-]{1,100})",
        ),
    ),
)
