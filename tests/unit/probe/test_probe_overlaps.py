"""Files that two distributions claim."""

from __future__ import annotations

from mlenv.facts.environment import Overlap
from mlenv.probe.environments.overlaps import MAX_FILES, is_namespace
from mlenv.probe.environments.records import parse_record
from tests.unit.probe.environment_hosts import PACKAGES, read, readings_of, record, venv


def test_two_builds_of_one_package() -> None:
    files = {
        **record("opencv_python-4.10.0", "cv2/__init__.py", "cv2/cv2.abi3.so", "cv2/data/__init__.py", "cv2/LICENSE"),
        **record("opencv_python_headless-4.11.0", "cv2/__init__.py", "cv2/cv2.abi3.so", "cv2/LICENSE"),
        **record("numpy-2.1.0", "numpy/__init__.py"),
    }
    environment = read(venv(files))
    both = ("opencv-python", "opencv-python-headless")
    assert environment.overlaps == (
        Overlap(path=f"{PACKAGES}/cv2/__init__.py", distributions=both),
        Overlap(path=f"{PACKAGES}/cv2/cv2.abi3.so", distributions=both),
    )
    assert readings_of(environment, "environment.overlaps") == [(", ".join(both), "found", "2 files of both")]


def test_many_shared_files_are_told_by_a_few() -> None:
    paths = [f"tensorflow/part{number}/__init__.py" for number in range(40)]
    files = {**record("tensorflow-2.20.0", "tensorflow/__init__.py", *paths)}
    files.update(record("tensorflow_cpu-2.20.0", "tensorflow/__init__.py", *paths))
    overlaps = read(venv(files)).overlaps
    assert overlaps is not None
    assert (len(overlaps), overlaps[0].path) == (MAX_FILES, f"{PACKAGES}/tensorflow/__init__.py")


def test_same_distribution_twice_is_no_overlap() -> None:
    files = {**record("numpy-1.26.4", "numpy/__init__.py"), **record("numpy-2.1.0", "numpy/__init__.py")}
    assert read(venv(files)).overlaps == ()


def test_folders_of_a_namespace_are_shared() -> None:
    shared = ["sha256=abc,120", "sha256=abc,120"]
    assert is_namespace("nvidia/__init__.py", ["sha256=a,0", "sha256=b,900000"])
    assert is_namespace("sphinxcontrib/__init__.py", shared)
    assert not is_namespace("cv2/cv2.abi3.so", shared)
    assert not is_namespace("cv2/__init__.py", ["sha256=abc,6612", "sha256=abc,6612"])
    assert not is_namespace("cv2/__init__.py", ["sha256=abc,120", "sha256=def,120"])
    assert not is_namespace("cv2/__init__.py", ["", ""])


def test_record() -> None:
    text = (
        "../../../bin/f2py,sha256=a,1\nsix.py,sha256=b,2\r\ncv2/config.py,sha256=c,3\ncv2/__init__.py,sha256=d,4\n"
        '"odd, name.py",sha256=e,5\nnvidia/cudnn/lib/libcudnn.so.9,sha256=f,6\nsix-1.dist-info/RECORD,,\n\n,\n"'
    )
    assert parse_record(text) == {
        "six.py": "sha256=b,2",
        "cv2/__init__.py": "sha256=d,4",
        "odd, name.py": "sha256=e,5",
        "nvidia/cudnn/lib/libcudnn.so.9": "sha256=f,6",
    }
