"""The Java that a framework's server needs: which one its archive wants, and which one is there."""

import os
import re
import shutil
import struct
import subprocess
import sys
import zipfile

from ._verdicts import Failure
from ._words import tidy

JAVA = "java.exe" if sys.platform == "win32" else "java"
# A class file of Java 8 is of format 52, one of Java 17 of format 61.
FORMAT_OF_JAVA_0 = 44


def require_java(product, wanted, *, home_first=True):
    """The path and the release (17) of the Java that a product will use.

    ``wanted`` is the oldest release that will do; ``home_first`` whether the product asks JAVA_HOME
    before PATH.  :class:`Failure` says what is wanted and what was found.
    """
    path = find_java(os.environ, home_first)
    if path is None:
        home = os.environ.get("JAVA_HOME")
        looked = (
            f"JAVA_HOME is {home}, which holds no bin/{JAVA}" if home else "none is on PATH, and JAVA_HOME is not set"
        )
        raise Failure(
            "java-missing", f"{product} needs Java {wanted} or newer, and {looked}: install a JRE of that release"
        )
    release = read_release(product, path, wanted)
    if release < wanted:
        message = "{} needs Java {} or newer, and {} is Java {}: install a newer JRE and point JAVA_HOME to it"
        raise Failure("java-version", message.format(product, wanted, path, release))
    return path, release


def find_java(environ, home_first=True):
    """The path of the interpreter that the variables lead to, None where there is none."""
    home = environ.get("JAVA_HOME")
    inside = shutil.which(os.path.join(home, "bin", JAVA)) if home else None
    if home and home_first:
        return inside
    return shutil.which(JAVA, path=environ.get("PATH", "")) or inside


def read_release(product, path, wanted):
    """The release that ``java -version`` states."""
    try:
        asked = subprocess.run(
            [path, "-version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, check=False
        )
        said = tidy(asked.stdout.decode(errors="replace"))
        release = parse_release(said) if asked.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired) as error:
        release, said = None, tidy(error)
    if release is None:
        # A Mac without Java has a /usr/bin/java that only says so.
        message = "{} needs Java {} or newer, and {} does not start: {}"
        raise Failure("java-missing", message.format(product, wanted, path, said[:300] or "it says nothing"))
    return release


# openjdk version "17.0.15" 2025-04-15
# java version "1.8.0_392"
# openjdk version "25-ea" 2025-09-16
def parse_release(text):
    """8 of ``1.8.0_392`` and 17 of ``17.0.15``; None where the text states no version."""
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(found.group(1)) if found else None


def read_wanted(archive, member):
    """The release that a class in an archive was compiled for: an older Java cannot load it.

    :class:`Failure` where the archive is missing or damaged, as after an install that was cut short.
    """
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(member) as file:
            magic, _, number = struct.unpack(">IHH", file.read(8))
    except (OSError, KeyError, zipfile.BadZipFile, struct.error) as error:
        raise Failure(
            "broken-install", f"{archive} cannot be read ({tidy(error)}): install the package again"
        ) from None
    if magic != 0xCAFEBABE:
        raise Failure("broken-install", f"{member} in {archive} is no Java class: install the package again")
    return number - FORMAT_OF_JAVA_0
