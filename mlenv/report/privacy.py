r"""Taking out of a text what tells whose machine it is from.

What leaves the machine names no user, no host and no home folder, and carries no serial number, no
UUID and no token.  Each UUID gets a number instead, so that ``CUDA_VISIBLE_DEVICES=GPU-...`` still
names one of the GPUs.  It works on plain text and on JSON (where ``\`` stands twice).
"""

from __future__ import annotations

import re

import msgspec

from mlenv.facts.pattern import lazy

USER = "user"
HOST = "host"
MASK = "****"

# Names that belong to the system or to everybody, and words that a text is full of: they tell
# nothing, and replacing them would spoil the text.
_COMMON = frozenset(
    """
    root user admin administrator ubuntu debian fedora centos rocky opc ec2-user azureuser cloud-user vagrant pi
    nobody daemon docker runner jovyan coder vscode codespace kaggle colab container host localhost local machine
    nvidia amd intel apple google cuda rocm torch tensorflow jax keras python conda mamba linux windows macos wsl
    home usr opt var tmp lib bin data work default test tests build main gpu cpu server desktop laptop workstation
    cache env venv site packages project system group none true false
    """.split()  # noqa: SIM905 - a list of a hundred lines is no better
)
_SHARED_HOMES = frozenset({"shared", "public", "runner", USER})
_LEAST_NAME = 3

_UUID = lazy(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
# The same everywhere: the makers of UEFI's variables that tell of Secure Boot (the standard and shim), and Windows'
# classes of display devices and of compute accelerators.
_PUBLIC_UUIDS = (
    "8be4df61-93ca-11d2-aa0d-00e098032b8c",
    "605dab50-e046-4300-abb6-3dd810dd8b23",
    "4d36e968-e325-11ce-bfc1-08002be10318",
    "f01a9d53-3ff6-48d2-9f97-c8a7004be10c",
)
_UUID_MIDDLE = lazy(r"-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-")
# Windows tells network cards apart by their address: PCI\\VEN_8086&DEV_1533&SUBSYS_15338086&REV_03\\A0369FFFFF2D8A0E00
_NETWORK_CARD = lazy(r"(?<![0-9A-Za-z])[0-9A-F]{6}FFF[EF][0-9A-F]{6}00(?![0-9A-Za-z])")
# KFD's unique_id, and what ROCm makes of it.
_AMD_UUID = lazy(r"GPU-([0-9a-f]{16})(?![0-9a-f])")
_AMD_NUMBER = lazy(r"unique_id (\d{3,20})")
_HOME = lazy(
    r"(?<![\w.])(/home/|/Users/|/var/home/|(?<=[A-Za-z]:)(?:\\{1,2}|/)[Uu]sers(?:\\{1,2}|/))([^/\\\s\"':;,<>|]+)"
)
# Where macOS has the temporary files of a user, under a name made from the user's id.
_MAC_FOLDER = lazy(r"/var/folders/[^/\s\"]{1,8}/[^/\s\"]{1,60}")
_SERIAL = lazy(
    r"((?:serial(?:[ _-]?number\d?)?|edid|platform_uuid|provisioning_udid)\"?\s*[:=>]\s*\"?)"
    r"(?!n/a\b|none\b|null\b|not )[\w.-]+",
    re.IGNORECASE,
)
_SERIAL_WORDS = ("serial", "edid", "platform_uuid", "provisioning_udid")
_SECRET = lazy(
    r"((?:password|passwd|token|secret|api[_-]?key|access[_-]?key)\"?\s*[:=]\s*\"?)[^\s\"',;&}{\]\[]{4,}", re.IGNORECASE
)
_SECRET_WORDS = ("passw", "token", "secret", "key")
# The forms in which the services that people use here write their tokens.
_FORMS = lazy(
    r"\b(?:hf_[A-Za-z0-9]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|sk-[A-Za-z0-9_-]{20,}"
    r"|AKIA[A-Z0-9]{16}|xox[abprs]-[\w-]{10,}|pypi-[\w-]{30,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+)"
)
_FORM_STARTS = (
    "hf_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "sk-",
    "AKIA",
    "xox",
    "pypi-",
    "eyJ",
)


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose words are to be taken out: the user's name, the host's, and the home folder."""

    user: str = ""
    host: str = ""
    home: str = ""


class Redactor:
    """Strips the texts of one document; a UUID gets the same number in all of them.

    Most texts hold nothing of a kind: a word that all of it hold is looked for before its pattern.
    """

    def __init__(self, owner: Owner) -> None:
        self._numbers: dict[str, int] = {}
        self._own = _own_words(owner)

    def __call__(self, text: str) -> str:
        """The text without what tells whose machine it is from."""
        for name, pattern, word in self._own:
            if name in text:
                text = re.sub(pattern, lambda _, word=word: word, text)  # type: ignore[misc]
        return self._number_ids(_strip_secrets(_strip_homes(text)))

    def _number_ids(self, text: str) -> str:
        if _UUID_MIDDLE.search(text):
            text = _UUID.sub(lambda match: self._name_uuid(match[0]), text)
        if "GPU-" in text:
            text = _AMD_UUID.sub(lambda match: f"GPU-{self._number(match[1]):016d}", text)
        if "FFF" in text:
            text = _NETWORK_CARD.sub(lambda match: f"{self._number(match[0]):018d}", text)
        if "unique_id" in text:
            text = _AMD_NUMBER.sub(lambda match: f"unique_id {self._number(match[1])}", text)
        return text

    def _name_uuid(self, uuid: str) -> str:
        return uuid if uuid.lower() in _PUBLIC_UUIDS else f"00000000-0000-0000-0000-{self._number(uuid):012d}"

    def _number(self, text: str) -> int:
        return self._numbers.setdefault(text.lower(), len(self._numbers) + 1)


def _strip_homes(text: str) -> str:
    if "/var/folders/" in text:
        text = _MAC_FOLDER.sub(f"/var/folders/00/{USER}", text)
    if "/home/" in text or "sers" in text:
        return _HOME.sub(lambda match: match[0] if match[2].lower() in _SHARED_HOMES else f"{match[1]}{USER}", text)
    return text


def _strip_secrets(text: str) -> str:
    lower = text.lower()
    if any(start in text for start in _FORM_STARTS):
        text = _FORMS.sub(MASK, text)
    if any(word in lower for word in _SECRET_WORDS):
        text = _SECRET.sub(lambda match: f"{match[1]}{MASK}", text)
    if any(word in lower for word in _SERIAL_WORDS):
        text = _SERIAL.sub(lambda match: f"{match[1]}0", text)
    return text


def _own_words(owner: Owner) -> list[tuple[str, str, str]]:
    """The user's own words, their patterns, and what stands in their place: the home first, it holds the name."""
    words: list[tuple[str, str, str]] = []
    if len(owner.home) > len("/root") and owner.home not in ("/home/user", "/"):
        words += [(home, re.escape(home) + r"(?![\w.-])", _plain_home(home)) for home in _spellings(owner.home)]
    for name, word in ((owner.user, USER), (owner.host, HOST), (owner.host.partition(".")[0], HOST)):
        if len(name) >= _LEAST_NAME and name.lower() not in _COMMON:
            words.append((name, rf"(?<![\w.-]){re.escape(name)}(?![\w-])", word))
    return words


def _spellings(home: str) -> list[str]:
    r"""A Windows path stands in JSON with ``\\``, and in some programs' texts with ``/``."""
    return [home] if "\\" not in home else [home.replace("\\", "\\\\"), home, home.replace("\\", "/")]


def _plain_home(home: str) -> str:
    r"""The same place in the home of a user without a name: ``/home/user``, ``C:\\Users\\user``."""
    cut = max(home.rfind("/"), home.rfind("\\"))
    return f"{home[:cut]}{home[cut]}{USER}" if home.count("/") + home.count("\\") > 1 else f"/home/{USER}"
