"""Where libraries, modules and startup code come from."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from mlenv.consistency.library_path import CUDA_VARIABLES, check_libraries
from mlenv.consistency.shadowing import check_shadows
from mlenv.consistency.startup_code import check_startup_code
from mlenv.consistency.startup_tools import is_known, is_known_module
from mlenv.facts.environment import LoadedLibrary, LoaderWay
from tests.unit.consistency.sites import HOST, Site, brief

CUDNN = "libcudnn.so.9"


def loaded(path: str | None, way: LoaderWay = "ld-library-path", soname: str = CUDNN) -> LoadedLibrary:
    return LoadedLibrary(distribution="torch", soname=soname, path=path, way=way, version="9.1.0")


def find(site: Site, *libraries: LoadedLibrary, **variables: str) -> list[tuple[str, str, str]]:
    own = site.packages / "nvidia" / "cudnn" / "lib"
    own.mkdir(parents=True, exist_ok=True)
    own.joinpath(CUDNN).touch()
    environment = msgspec.structs.replace(site.read(), libraries=libraries)
    return brief(check_libraries(HOST, environment, variables))


@pytest.mark.parametrize("way", ["ld-library-path", "cache", "default"])
def test_a_library_in_place_of_the_wheels_own(site: Site, way: LoaderWay) -> None:
    assert [("warn", "shadowed-library", CUDNN)] == find(site, loaded("/usr/local/cuda/lib64/libcudnn.so.9", way))


def test_the_sentence_names_both_files(site: Site) -> None:
    find(site)
    environment = msgspec.structs.replace(site.read(), libraries=(loaded("/opt/cuda/lib64/libcudnn.so.9"),))
    (finding,) = check_libraries(HOST, environment, {}).findings
    own = site.packages / "nvidia/cudnn/lib" / CUDNN
    expected = f"torch would load {CUDNN} from /opt/cuda/lib64/libcudnn.so.9 (version 9.1.0), by LD_LIBRARY_PATH"
    assert f"{expected}, in place of its own {own}" == finding.text


def test_what_is_as_it_should_be(site: Site) -> None:
    own = str(site.packages / "nvidia" / "cudnn" / "lib" / CUDNN)
    driver = loaded("/usr/lib/x86_64-linux-gnu/libcuda.so.1", "cache", "libcuda.so.1")
    system = loaded("/opt/rocm/lib/librccl.so.1", "cache", "librccl.so.1")
    assert [] == find(site, loaded(own, "runpath"), driver, system, loaded(None))


def test_a_library_for_linking_is_no_driver(site: Site) -> None:
    stub = loaded("/usr/local/cuda/lib64/stubs/libcuda.so.1", "ld-library-path", "libcuda.so.1")
    assert [("fail", "stub-library", "libcuda.so.1")] == find(site, stub)


def test_preloaded_libraries(site: Site, tmp_path: Path) -> None:
    allocator = tmp_path / "libjemalloc.so.2"
    allocator.touch()
    assert [] == find(site, LD_PRELOAD=f"{allocator}:libgomp.so.1")
    assert ["preloaded-library"] * 2 == [slug for _, slug, _ in find(site, LD_PRELOAD="/a/libcudart.so.12 /a/gone.so")]


@pytest.mark.parametrize("name", CUDA_VARIABLES)
def test_variables_that_hurt(site: Site, name: str) -> None:
    assert [("warn", "cuda-variable", name)] == find(site, **{name: "1"})
    assert [] == find(site, **{name: "0"})


def test_where_the_loader_was_not_followed(site: Site) -> None:
    environment = msgspec.structs.replace(site.read(), libraries=None)
    assert check_libraries(HOST, environment, {}).skipped
    assert ["cuda-variable"] == [
        one.reason for one in check_libraries(HOST, environment, {"CUDA_PROFILE": "1"}).findings
    ]


# ---------------------------------------------------------------- modules


def test_files_of_the_working_directory_are_named(site: Site, tmp_path: Path) -> None:
    site.add("numpy", files={"numpy/__init__.py": b""})
    (tmp_path / "numpy.py").touch()
    outcome = check_shadows(site.read(tmp_path))
    assert [("warn", "shadowed-module", "numpy")] == brief(outcome)
    text = f"`import numpy` would take {tmp_path}/numpy.py, which lies in the working directory"
    assert text == outcome.findings[0].text


def test_what_nobody_looked_for_is_skipped(site: Site) -> None:
    assert () == check_shadows(site.read()).findings
    assert check_shadows(msgspec.structs.replace(site.read(), shadows=None)).skipped


# ---------------------------------------------------------------- startup code

NAMESPACE = (
    "import sys, types, os;has_mfs = sys.version_info > (3, 5);p = os.path.join(sys._getframe(1).f_locals['sitedir'], "
    "*('mpl_toolkits',));importlib = has_mfs and __import__('importlib.util');has_mfs and "
    "__import__('importlib.machinery');m = has_mfs and sys.modules.setdefault('mpl_toolkits', "
    "importlib.util.module_from_spec(importlib.machinery.PathFinder.find_spec('mpl_toolkits', [os.path.dirname(p)])));"
    "m = m or sys.modules.setdefault('mpl_toolkits', types.ModuleType('mpl_toolkits'));mp = (m or []) and "
    "m.__dict__.setdefault('__path__',[]);(p not in mp) and mp.append(p)"
)
SETUPTOOLS = (
    "import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') == 'local'; "
    "enabled and __import__('_distutils_hack').add_shim();"
)
PYTEST_COV = (
    'import os, sys;exec(\'if "COV_CORE_SOURCE" in os.environ:\\n    try:\\n'
    "        from pytest_cov.embed import init\\n        init()\\n    except Exception as exc:\\n"
    '        sys.stderr.write(\\n            "pytest-cov: Failed to setup subprocess coverage. "\\n'
    '            "Environ: {0!r} "\\n            "Exception: {1!r}\\\\n".format(dict((k, v) for '
    "k, v in os.environ.items() if k.startswith(\\'COV_CORE\\')), exc)\\n        )\\n')"
)


@pytest.mark.parametrize(
    "line",
    [
        "import _virtualenv",
        SETUPTOOLS,
        NAMESPACE,
        f"{NAMESPACE};m and setattr(sys.modules['google'], 'cloud', m)",
        NAMESPACE.replace("has_mfs = sys.version_info > (3, 5);", "").replace("has_mfs and ", ""),
        PYTEST_COV,
        "import __editable___demo_0_1_finder; __editable___demo_0_1_finder.install()",
        "import _demo_editable_loader",
        "import coverage; coverage.process_startup()",
        "import _cuda_bindings_redirector",
    ],
)
def test_lines_of_known_tools(line: str) -> None:
    assert is_known(line)


@pytest.mark.parametrize(
    "line",
    [
        "import _virtualenv; import evil",
        f"{SETUPTOOLS} __import__('evil')",
        "import __editable___a_finder; __editable___b_finder.install()",
        NAMESPACE.replace("'mpl_toolkits',)", "__import__('os').getcwd())"),
        "import os;exec('')",
        "import base64; exec(base64.b64decode('cHJpbnQ='))",
    ],
)
def test_lines_that_only_look_like_them(line: str) -> None:
    assert not is_known(line)


def test_debians_module_is_known() -> None:
    apport = "# comment\ntry:\n    import apport_python_hook\nexcept ImportError:\n    pass\nelse:\n"
    assert is_known_module(f"{apport}    apport_python_hook.install()\n")
    assert is_known_module("\n# nothing\n")
    assert not is_known_module(f"{apport}    apport_python_hook.install()\nimport evil\n")


def test_unknown_code_is_named_with_its_owner(site: Site) -> None:
    site.add("helper", files={"helper.pth": b"import helper_start\n", "plain.pth": b"/srv/project\n"})
    (site.packages / "loose.pth").write_text("import os;exec('1')\n")
    (site.packages / "_virtualenv.pth").write_text("import _virtualenv")
    (site.packages / "sitecustomize.py").write_text("import evil\n")
    (site.path / "lib" / "python3.12" / "usercustomize.py").write_text("print()\n")
    outcome = check_startup_code(HOST, site.read())
    assert {"helper.pth", "loose.pth", "sitecustomize.py", "usercustomize.py"} == {
        Path(subject).name for _, _, subject in brief(outcome)
    }
    texts = {Path(one.subject).name: one.text for one in outcome.findings}
    assert texts["helper.pth"].endswith("; it came with helper 1.0")
    assert texts["loose.pth"].endswith("; no package says that it brought it")


def test_no_startup_code(site: Site) -> None:
    assert "no code runs at start-up" == check_startup_code(HOST, site.read()).detail
