"""Signatures: processors, C libraries, Python's kinds, systems."""

from __future__ import annotations

from mlenv.clues.clue import Signature, signature

_LIBRARY = r"[\w./+~-]{1,300}"
_DLL = r"[^\n\"']{0,400}?(?P<dll>[\w.+-]{1,100}\.(?:dll|pyd))"
_OPENMP = r"(?:libiomp5|libomp|libgomp|vcomp)[\w.+-]{0,40}"

SIGNATURES: tuple[Signature, ...] = (
    # ---------------------------------------------------------------- C and C++ libraries
    # /lib/x86_64-linux-gnu/libm.so.6: version `GLIBC_2.29' not found (required by .../libtorch_cpu.so)
    signature(
        "glibc-version-not-found",
        "glibc_2.",
        r"version '?GLIBC_(?P<version>2\.\d{1,3}(?:\.\d{1,3})?)'? (?:is )?not found"
        rf"(?: \(required by (?P<library>{_LIBRARY}))?",
    ),
    # ... GLIBC_2.34 symbol version is missing, as uv, conda and static checkers word it.
    signature(
        "glibc-version-not-found",
        ("glibc", "manylinux_2_"),
        r"(?:requires|needs|built (?:for|with)|at least) glibc ?(?:>=|version)? ?(?P<version>2\.\d{1,3})",
    ),
    signature(
        "libstdcxx-version-not-found",
        ("glibcxx_", "cxxabi_"),
        r"version '?(?P<version>(?:GLIBCXX|CXXABI)_[\d.]{1,12})'? (?:is )?not found"
        rf"(?: \(required by (?P<library>{_LIBRARY}))?",
    ),
    # What musl's loader says of a library that was made for glibc.
    signature(
        "glibc-program-on-musl",
        ("ld-linux", "error relocating", "libc.musl", "__memcpy_chk", "gnu_get_libc_version"),
        r"error loading shared library ld-linux[\w.-]{0,40}: no such file"
        r"|error relocating [^\n:]{1,300}: [\w@.]{1,100}: symbol not found"
        r"|(?:__memcpy_chk|gnu_get_libc_version|__[a-z]{1,20}_chk)[^\n]{0,40}symbol not found"
        r"|libc\.musl-[\w.-]{1,40}",
    ),
    signature("musl-system", ("alpine", "musl"), r"\balpine(?: linux| v?3\.\d|:|\b)|\bmusl(?:linux|-dev| libc)?\b"),
    # ---------------------------------------------------------------- the processor
    signature(
        "illegal-instruction",
        ("illegal instruction", "sigill", "0xc000001d", "exit code 132", "status 132", "exit code: 132", "-1073741795"),
        r"(?m:^|[: (])illegal instruction(?: ?\( ?core dumped|: 4\b|\)|'|\.?(?m:$))"
        r"|(?:crash|import|python|signal|exception|killed|died|terminat|exit|with|\bget|\bgot|an)[^\n]{0,40}"
        r" illegal instruction\b(?! (?:and|in the prompt|at 0x\w{1,6}\b))"
        r"|illegal instruction[^\n]{0,60}(?:import|python|torch|tensorflow|jax|numpy|onnx)"
        r"|\bsigill\b|0xc000001d|-1073741795\b|(?:exit|return)\w{0,5} (?:code|status):? 132\b",
    ),
    # jaxlib, TensorFlow and others look before they leap, and say so.
    signature(
        "avx-required",
        "avx",
        r"(?m)built using (?P<flag>AVX\w{0,8}) instructions, which your cpu"
        r"|compiled to use (?P<flag2>AVX\w{0,8}) instructions, but these aren'?t available"
        r"|(?:cpu|processor|machine)[^\n]{0,40}(?:does not|doesn'?t|do not) (?:support|have)[^\n]{0,30}\bAVX\d?\b"
        r"|(?:requires?|needs?)[^\n]{0,40}\bAVX\d?\b[^\n]{0,20}(?:instruction|support|cpu|processor|to run)"
        r"|\bAVX\d?\b[^\n]{0,30}(?:not supported|unsupported|is required|not available|missing) ?"
        r"(?:by|on)?[^\n]{0,20}(?:cpu|processor|machine|$)",
    ),
    signature(
        "apple-processor",
        (
            "apple m",
            "apple silicon",
            "m1 ",
            "m2 ",
            "m3 ",
            "m4 ",
            "vmapple",
            "m1,",
            "macbook",
            "mac mini",
            "arm hardware",
        ),
        r"\bapple m\d{1,2}\b|\bapple silicon\b|\bM[1-9] (?:pro|max|ultra|mac(?:book)?|chip|mini|imac)\b"
        r"|\bmac(?:book)?(?: (?:air|pro|mini))?,? \(?M[1-9]\b|\bvmapple\b",
    ),
    signature(
        "rosetta-named",
        "rosetta",
        r"(?m)(?:(?:under|in|with|via|through|by|using|x86(?:_64)?)[^\n]{0,20}|translated[^\n]{0,20}"
        r"|^)\brosetta\b[^\n]{0,60}",
    ),
    # (mach-o file, but is an incompatible architecture (have 'x86_64', need 'arm64e'))
    signature(
        "wrong-mach-o",
        ("mach-o", "incompatible architecture"),
        r"incompatible architecture \(have '?\(?(?P<have>[\w,]{3,40})\)?'?, need '?(?P<need>[\w]{3,40})"
        r"|mach-o,? (?:file )?but (?:is )?(?:an? )?(?:wrong|incompatible) architecture",
    ),
    # ---------------------------------------------------------------- kinds of Python
    signature(
        "python-is-32bit",
        ("32 bit", "32-bit", "win32", "-32", "i686", "x86)"),
        r"\[msc v\.\d{4} 32 bit|\(32-bit runtime\)|\bpython(?: ?3[\d.]{0,8})?[^\n]{0,12}\b32[- ]?bit"
        r"|\b32[- ]bit (?:version of )?python|\bpython3\d{1,2}-32\b|program files \(x86\)\\python",
    ),
    signature(
        "python-is-free-threaded",
        ("free-thread", "free thread", "python3.1", "cp31", "3.13t", "3.14t", "3.15t", "nogil"),
        r"free[- ]thread(?:ing|ed)(?: build| python|\b)|\bpython3\.\d{2}t\b|\bcp3\d{2}-cp3\d{2}t\b"
        r"|\b3\.1[3-9](?:\.\d{1,2})?t\b",
    ),
    # ---------------------------------------------------------------- Windows
    # OSError: [WinError 126] ... Error loading "...\torch\lib\fbgemm.dll" or one of its dependencies.
    signature(
        "dll-not-loaded",
        ("[winerror 12", "[winerror 11", "[winerror 18"),
        rf"(?m)\[winerror (?P<code>126|127|1114|182)\](?:[^\n]{{0,300}}?(?:loading"
        rf"|dll)[^\n\"']{{0,10}} [\"']?{_DLL}|[^\n]{{0,300}}$)",
    ),
    signature("dll-not-loaded", "error loading", rf"error loading [\"']?{_DLL}[\"']? or one of its dependencies"),
    signature(
        "dll-not-loaded",
        ("dll load failed", "0xc0000135"),
        r"dll load failed\b(?: while importing (?P<module>[\w.]{1,100}))?[^\n]{0,100}|0xc0000135\b",
    ),
    signature(
        "vc-runtime-missing",
        ("msvcp140", "vcruntime140", "visual c++ redistributable", "vc_redist", "vcomp140", "libomp140"),
        r"could not find (?:the )?(?:dll\(?s?\)? )?'?(?P<dll>(?:msvcp140|vcruntime140|vcomp140|libomp140)[\w.]{0,20})"
        r"|(?P<dll2>(?:msvcp140|vcruntime140|vcomp140|libomp140)[\w.]{0,20}\.dll)[^\n]{0,40}(?:not found"
        r"|missing|was not)"
        r"|microsoft visual c\+\+ redistributable is not installed"
        r"|install the (?:latest )?(?:microsoft )?visual c\+\+ redistributable",
    ),
    signature(
        "path-too-long",
        ("long path", "winerror 206", "too long", "longpathsenabled"),
        r"windows long path support|\[winerror 206\]|enable long paths|longpathsenabled"
        r"|(?:file ?name|file path|path name)(?: or extension)? (?:is )?too long|\bpath too long\b"
        r"|(?:error|cannot|could not|failed|unable)[^\n]{0,200}\bpath is too long",
    ),
    signature("paging-file-too-small", ("paging file", "winerror 1455"), r"paging file is too small|\[winerror 1455\]"),
    # ---------------------------------------------------------------- modules and what they load
    # OMP: Error #15: Initializing libiomp5md.dll, but found libomp140.x86_64.dll already initialized.
    signature(
        "openmp-twice",
        ("error #15", "error 15", "already initialized", "mkl_threading_layer", "copies of the openmp"),
        rf"initializing (?P<first>{_OPENMP}),? but found (?P<second>{_OPENMP}) already"
        r"|omp: error #15\b|multiple copies of the openmp runtime have been linked"
        r"|mkl_threading_layer=intel is incompatible with (?P<other>libgomp[\w.+-]{0,40})",
    ),
    signature(
        "openmp-two-kinds",
        "at the same time",
        r"found intel openmp \('?libiomp'?\) and llvm openmp \('?libomp'?\) loaded at the same time",
    ),
    # AttributeError: partially initialized module 'torch' has no attribute 'nn' (most likely due to a circular import)
    signature(
        "module-half-imported",
        "partially initialized module",
        r"(?:cannot import name '(?P<name>[\w.]{1,80})' from )?partially initialized module '(?P<module>[\w.]{1,80})'"
        r"(?: from '(?P<origin>[^'\n]{1,300})')?(?: has no attribute '(?P<attribute>\w{1,80})')?"
        r"(?: \(most likely due to a circular import\))?"
        r"(?: \((?:consider renaming '(?P<rename>[^'\n]{1,300})'|(?P<path>[^()\n]{1,300}\.pyc?)\))?)?",
    ),
    signature(
        "module-to-rename",
        "consider renaming",
        r"consider renaming '(?P<path>[^'\n]{1,300})'[^\n]{0,200}"
        r"(?:same name as|conflict)[^\n]{0,60}?(?:named '(?P<module>[\w.]{1,80})')?",
    ),
    # ModuleNotFoundError: No module named 'torch.nn'; 'torch' is not a package
    signature(
        "module-is-no-package",
        "is not a package",
        r"no module named '?(?P<wanted>[\w.]{1,100})'?; '?(?P<module>[\w.]{1,80})'? is not a package",
    ),
    signature(
        "module-lacks-attribute",
        "has no attribute",
        r"(?<!initialized )module '(?P<module>[\w.]{1,80})'? has no attribute '?(?P<attribute>\w{1,80})\b",
    ),
    # ImportError: cannot import name 'Tensor' from 'torch' (/home/me/model/torch.py)
    signature(
        "name-not-in-module",
        "cannot import name",
        r"cannot import name '(?P<name>[\w.]{1,80})' from '(?P<module>[\w.]{1,80})' \((?P<path>[^()\n]{1,300})\)",
    ),
    signature(
        "source-tree-imported",
        ("source directory", "source tree", "folder of the pytorch repository", "loaded the 'torch/_c'"),
        r"should not try to import (?P<module>\w{1,40}) from its source (?:directory|tree)"
        r"|loaded the '?(?P<folder>[\w/]{1,40})'? folder of the \w{1,40} repository"
        r"|please exit the (?P<project>\w{1,40}) source tree",
    ),
    signature(
        "user-site-path",
        (".local/lib", "roaming\\python", "user site", "user-site", "usersite", "library/python", "~/.local"),
        r"[^\s'\"]{0,100}\.local/lib/python3(?:\.\d{1,2})?[^\s'\"\n]{0,300}"
        r"|[^\n'\"]{0,200}\\roaming\\python\\python3\d{1,2}[^\n'\"]{0,200}"
        r"|[^\s'\"]{0,100}/library/python/3\.\d{1,2}/lib/python/site-packages[^\s'\"]{0,200}"
        r"|(?:from|in) ~/\.local\b[^\n]{0,80}|\buser[- ]?site[- ]packages\b",
    ),
    # ModuleNotFoundError: No module named 'torch'
    signature(
        "module-not-found",
        "no module named",
        r"(?m)no module named '?(?P<module>[a-z_]\w{0,80})'?(?=['\s.]|$)(?!\.\w)(?!'?; )",
        # PyTorch notes it and runs on without.
        unless=r"failed to initialize numpy",
    ),
    signature(
        "already-installed-at",
        "requirement already satisfied",
        r"(?m)requirement already satisfied: (?P<name>[\w.-]{1,80})[^\n]{0,80}? in "
        r"(?P<path>[^\n(]{1,300}?)(?: \(|$|\n)",
    ),
)
