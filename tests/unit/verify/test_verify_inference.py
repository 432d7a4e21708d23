"""The payloads of inference engines, array packages and texts: their own parts."""

from __future__ import annotations

import ctypes
import importlib
import os
import struct
from types import SimpleNamespace
from typing import Any

import pytest


def load(name: str) -> Any:
    return importlib.import_module(f"mlenv.verify.payloads.{name}")


verdicts, common, exact = load("_verdicts"), load("_common"), load("_exact")


def read(fmt: str, raw: bytes, position: int) -> int:
    return int(struct.unpack_from("<" + fmt, raw, position)[0])


def find(raw: bytes, table: int, number: int) -> int:
    """The position of a field of a FlatBuffers table, 0 where it is not there."""
    listing = table - read("i", raw, table)
    if 4 + 2 * number >= read("H", raw, listing):
        return 0
    offset = read("H", raw, listing + 4 + 2 * number)
    return table + offset if offset else 0


def follow(raw: bytes, position: int) -> int:
    return position + read("I", raw, position)


def items(raw: bytes, position: int) -> list[int]:
    """The positions of the elements of a vector of four bytes each."""
    vector = follow(raw, position)
    return [vector + 4 + 4 * i for i in range(read("I", raw, vector))]


def test_the_tensorflow_lite_model_by_the_rules_of_flatbuffers() -> None:
    weights = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    raw = load("_tflite_model").make_dense(4, weights)
    assert raw[4:8] == b"TFL3"
    root = follow(raw, 0)
    assert read("I", raw, find(raw, root, 0)) == 3
    code = follow(raw, items(raw, find(raw, root, 1))[0])
    assert (read("b", raw, find(raw, code, 0)), read("i", raw, find(raw, code, 3))) == (9, 9)
    graph = follow(raw, items(raw, find(raw, root, 2))[0])
    shapes = []
    for slot in items(raw, find(raw, graph, 0)):
        tensor = follow(raw, slot)
        shapes.append([read("i", raw, place) for place in items(raw, find(raw, tensor, 0))])
    assert shapes == [[4, 3], [2, 3], [4, 2]]
    operator = follow(raw, items(raw, find(raw, graph, 3))[0])
    assert [read("i", raw, place) for place in items(raw, find(raw, operator, 1))] == [0, 1]
    buffers = [follow(raw, slot) for slot in items(raw, find(raw, root, 4))]
    data = follow(raw, find(raw, buffers[2], 0))
    assert (read("I", raw, data), (data + 4) % 16) == (24, 0)
    assert struct.unpack_from("<6f", raw, data + 4) == (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    assert [find(raw, buffer, 0) for buffer in (buffers[0], buffers[1], buffers[3])] == [0, 0, 0]


@pytest.mark.parametrize(
    ("number", "raw"), [(0, b"\x00"), (127, b"\x7f"), (128, b"\x80\x01"), (300, b"\xac\x02"), (49260, b"\xec\x80\x03")]
)
def test_numbers_of_protobuf(number: int, raw: bytes) -> None:
    assert load("_onnx_model").encode(number) == raw


class Core:
    """OpenVINO's core with some devices."""

    def __init__(self, *devices: str) -> None:
        self.available_devices = devices

    def get_property(self, device: str, name: str) -> str:
        raise RuntimeError('Cannot load library "x.so": libOpenCL.so.1: cannot open shared object file')

    def compile_model(self, model: object, device: str, settings: dict[str, str]) -> SimpleNamespace:
        return SimpleNamespace(settings=settings, get_property=lambda name: ["CPU"])


def test_openvino_devices() -> None:
    choose = load("openvino").choose_devices
    core = Core("CPU", "GPU.0", "GPU.1", "NPU")
    assert choose(core, "auto") == ["CPU", "GPU.0", "GPU.1", "NPU"]
    assert (choose(core, "cpu"), choose(core, "xpu")) == (["CPU"], ["GPU.0", "GPU.1"])
    with pytest.raises(verdicts.Failure, match="the OpenCL library of the GPU's driver is missing"):
        choose(Core("CPU"), "gpu")
    with pytest.raises(verdicts.Failure, match="cuda was asked for, which OpenVINO does not reach"):
        choose(core, "cuda")


def test_openvino_says_where_it_computes() -> None:
    compile_for = load("openvino").compile_for
    assert compile_for(Core(), None, "CPU", exact=True).settings == {"INFERENCE_PRECISION_HINT": "f32"}
    assert compile_for(Core(), None, "CPU", exact=False).settings == {}
    with pytest.raises(verdicts.Failure) as caught:
        compile_for(Core(), None, "GPU.0", exact=True)
    assert caught.value.reason == "cpu-fallback"


def thread(api: str, prefix: str) -> dict[str, str]:
    return {"user_api": api, "prefix": prefix}


def test_two_kinds_of_openmp_are_a_warning() -> None:
    judge, note = load("scikit_learn").judge_threads, common.Note(None, [])
    judge([thread("openmp", "libgomp"), thread("openmp", "libgomp"), thread("blas", "libopenblas")], note)
    assert (note.status, note.detail) == ("pass", "OpenMP: libgomp; BLAS: 1 libopenblas")
    judge([thread("openmp", "libgomp"), thread("openmp", "libiomp")], note)
    assert (note.status, note.reason) == ("warn", "two-openmp")
    assert "libgomp, libiomp" in note.detail


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (
            SimpleNamespace(CONFIG={"Build Dependencies": {"blas": {"name": "scipy-openblas", "version": "0.3.30"}}}),
            "scipy-openblas 0.3.30",
        ),
        (SimpleNamespace(blas_opt_info={"libraries": ["mkl_rt", "pthread", "mkl_rt"]}), "mkl_rt, pthread"),
        (SimpleNamespace(), ""),
        (None, ""),
    ],
)
def test_the_blas_of_numpy(config: object, name: str) -> None:
    assert load("numpy").name_blas(config) == name


@pytest.mark.parametrize("name", ["numpy", "scipy"])
def test_an_error_beyond_the_limit(name: str) -> None:
    bound = load(name).bound
    arguments = () if name == "numpy" else (1e-9,)
    assert bound(1e-12, "x", *arguments) == 1e-12
    for error in (1e-3, float("nan")):
        with pytest.raises(verdicts.Failure, match="x is wrong by"):
            bound(error, "x", *arguments)


def test_a_filter_of_opencv_by_hand() -> None:
    found = load("opencv_python_headless").correlate([[1, 2], [3, 4]], [[0, 0, 0], [0, 1, 1], [0, 0, -1]])
    assert found == [[1 + 2 - 4, 2], [3 + 4, 4]]


@pytest.mark.parametrize(("found", "reason"), [("device(type='cuda', index=0)", ""), ("cpu:0", "cpu-fallback")])
def test_oneflow_says_where_a_tensor_lies(found: str, reason: str) -> None:
    check_place = load("oneflow").check_place
    if not reason:
        assert check_place("cuda:0", found) is None
        return
    with pytest.raises(verdicts.Failure) as caught:
        check_place("cuda:0", found)
    assert caught.value.reason == reason


def paddle(built: str, count: int) -> SimpleNamespace:
    compiled = {f"is_compiled_with_{kind}": (lambda kind=kind: kind == built) for kind in ("cuda", "rocm", "xpu")}
    counter = SimpleNamespace(device_count=lambda: count)
    return SimpleNamespace(device=SimpleNamespace(cuda=counter, xpu=counter), **compiled)


def test_paddle_devices() -> None:
    find, note = load("paddlepaddle").find_places, common.Note(None, [])
    assert find(paddle("cuda", 2), "auto", note) == {"cuda:0": ("cuda", "gpu:0"), "cuda:1": ("cuda", "gpu:1")}
    assert find(paddle("xpu", 1), "xpu", note) == {"xpu:0": ("xpu", "xpu:0")}
    assert find(paddle("rocm", 1), "gpu", note) == {"rocm:0": ("rocm", "gpu:0")}
    assert find(paddle("cuda", 2), "cpu", note) == {"cpu": ("cpu", "cpu")}
    assert note.status == "pass"
    heard = common.Note(None, ["You are using GPU version Paddle, but your CUDA device is not set properly."])
    assert find(paddle("cuda", 0), "auto", heard) == {"cpu": ("cpu", "cpu")}
    assert (heard.status, heard.reason) == ("warn", "device-unusable")
    for module, asked in ((paddle("cuda", 0), "gpu"), (paddle("cpu", 0), "cuda"), (paddle("cuda", 1), "rocm")):
        with pytest.raises(verdicts.Failure, match=f"{asked} was asked for"):
            find(module, asked, note)


@pytest.mark.parametrize(("found", "reason"), [("Place(gpu:0)", ""), ("Place(cpu)", "cpu-fallback")])
def test_paddle_says_where_a_tensor_lies(found: str, reason: str) -> None:
    check_place = load("paddlepaddle").check_place
    if not reason:
        assert check_place("cuda:0", "gpu:0", found) is None
        return
    with pytest.raises(verdicts.Failure) as caught:
        check_place("cuda:0", "gpu:0", found)
    assert caught.value.reason == reason


def test_mxnet_devices() -> None:
    find, note = load("mxnet").find_places, common.Note(None, [])

    def mxnet(count: int) -> SimpleNamespace:
        return SimpleNamespace(
            context=SimpleNamespace(num_gpus=lambda: count), gpu=lambda i: f"gpu({i})", cpu=lambda: "cpu(0)"
        )

    assert find(mxnet(2), "auto", note) == [("cuda:0", "gpu(0)"), ("cuda:1", "gpu(1)")]
    assert find(mxnet(2), "cpu", note) == find(mxnet(0), "auto", note) == [("cpu", "cpu(0)")]
    for asked in ("gpu", "cuda", "mps"):
        with pytest.raises(verdicts.Failure, match=f"{asked} was asked for"):
            find(mxnet(0), asked, note)


def cupy(count: int, *, hip: bool = False) -> SimpleNamespace:
    def counted() -> int:
        if not count:
            raise RuntimeError("cudaErrorInsufficientDriver")
        return count

    return SimpleNamespace(cuda=SimpleNamespace(runtime=SimpleNamespace(is_hip=hip, getDeviceCount=counted)))


def test_cupy_devices() -> None:
    find = load("cupy").find_gpus
    assert find(cupy(2), "auto") == find(cupy(2), "cuda") == ("cuda", 2)
    assert find(cupy(1, hip=True), "gpu") == ("rocm", 1)
    with pytest.raises(verdicts.Skipped, match="the CPU was asked for"):
        find(cupy(1), "cpu")
    with pytest.raises(verdicts.Failure, match="rocm was asked for, and this CuPy is one for CUDA"):
        find(cupy(1), "rocm")
    with pytest.raises(verdicts.Failure, match="can use none \\(RuntimeError: cudaErrorInsufficientDriver\\)"):
        find(cupy(0), "gpu")
    with pytest.raises(verdicts.Skipped, match="CuPy needs a ROCM GPU, and this machine has none"):
        find(cupy(0, hip=True), "auto")


def refuse() -> None:
    raise ValueError("Cannot use GPU, CuPy is not installed")


def test_spacy_without_a_gpu() -> None:
    find, note = load("spacy").find_device, common.Note(None, [])
    module = SimpleNamespace(require_gpu=refuse, require_cpu=lambda: None)
    assert find(module, "cpu", note) == "cpu"
    for asked in ("gpu", "cuda"):
        with pytest.raises(verdicts.Failure, match="CuPy is not installed") as caught:
            find(module, asked, note)
        assert caught.value.reason == "device-missing"


def test_spacy_must_learn() -> None:
    judge = load("spacy").judge
    assert judge([0.25, 0.01], [0.9, 0.1, 0.9, 0.1]) is None
    for losses, scores in (
        ([0.25, 0.2], [0.9, 0.1, 0.9, 0.1]),
        ([0.25, float("nan")], [0.9, 0.1, 0.9, 0.1]),
        ([0.25, 0.01], [0.9, 0.1, 0.9, 0.7]),
    ):
        with pytest.raises(verdicts.Failure) as caught:
            judge(losses, scores)
        assert caught.value.reason == "no-learning"


def test_compiled_functions_stay_in_the_childs_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTENSOR_FLAGS", "floatX=float32,base_compiledir=/elsewhere")
    load("_symbolic").keep_inside("PYTENSOR_FLAGS")
    assert os.environ["PYTENSOR_FLAGS"] == f"floatX=float32,base_compiledir={tmp_path / 'compiled'}"


def test_a_linear_fit_of_cuml() -> None:
    judge = load("cuml").judge
    assert judge([7.0, 8.0, 9.0, 10.0, 11.0]) == 0.0
    for found in ([7.0, 8.0, 9.0, 10.0, 11.1], [7.0, 8.0], [float("nan")] * 5):
        with pytest.raises(verdicts.Failure):
            judge(found)


class Picture:
    """A picture with a title or without, by row, column and channel."""

    def __init__(self, *, title: int, middle: tuple[int, ...] = (255, 0, 0, 255)) -> None:
        self.title, self.middle = title, middle

    def __getitem__(self, place: tuple[int, int, int]) -> int:
        y, x, channel = place
        if y < 15 and x == 30 and channel < 3:
            return self.title
        return self.middle[channel] if 16 <= y < 48 and 16 <= x < 48 else 255


def test_the_pixels_of_a_figure() -> None:
    judge = load("matplotlib").judge_pixels
    assert judge(Picture(title=0)) is None
    with pytest.raises(verdicts.Failure, match="no font works"):
        judge(Picture(title=255))
    with pytest.raises(verdicts.Failure, match="has the colour \\(0, 0, 255, 255\\)"):
        judge(Picture(title=0, middle=(0, 0, 255, 255)))


class Library:
    """As much of the driver as memory on a GPU takes; a block's address is its place in a list."""

    def __init__(self, status: int = 0) -> None:
        self.blocks: list[bytes] = []
        self.freed: list[int] = []
        self.status = status
        self._calls = {
            "cuMemAlloc_v2": self.take,
            "cuMemcpyHtoD_v2": self.write,
            "cuMemcpyDtoH_v2": self.read,
            "cuMemFree_v2": lambda address: self.freed.append(address.value),
        }

    def __getattr__(self, name: str) -> Any:
        return self._calls.get(name, lambda *values: 1 if name == "cuGetErrorName" else 0)

    def take(self, address: Any, size: Any) -> int:
        self.blocks.append(bytes(size.value))
        address._obj.value = len(self.blocks)
        return self.status

    def write(self, address: Any, raw: bytes, size: Any) -> int:
        self.blocks[address.value - 1] = raw
        return 0

    def read(self, raw: Any, address: Any, size: Any) -> int:
        raw.raw = self.blocks[address.value - 1]
        return 0


def test_memory_of_the_driver() -> None:
    library = Library()
    memory = load("_cuda_memory").Memory(library, 0)
    memory.open()
    with memory.put(b"abcd") as address:
        assert memory.get(address, 4) == b"abcd"
    assert library.freed == [1]
    with (
        pytest.raises(verdicts.Failure, match="cuMemAlloc_v2: error 2"),
        load("_cuda_memory").Memory(Library(2), 0).put(b"x"),
    ):
        pass


def test_tensorrt_without_a_builder() -> None:
    def refuse(log: object) -> None:
        raise TypeError("pybind11::init(): factory function returned nullptr")

    with pytest.raises(verdicts.Failure, match="factory function returned nullptr") as caught:
        load("tensorrt").make_builder(SimpleNamespace(Builder=refuse), None)
    assert caught.value.reason == "device-unusable"


def test_tensorrt_multiplies_what_lies_on_the_gpu() -> None:
    library = Library()
    payload, memory, note = load("tensorrt"), load("_cuda_memory").Memory(library, 0), common.Note(None, [])
    kept: dict[str, Any] = {}

    def execute(stream: int) -> bool:
        left, right = (struct.unpack(f"<{len(raw) // 4}f", raw) for raw in (library.blocks[kept["X"] - 1], kept["W"]))
        rows = [left[i : i + 64] for i in range(0, len(left), 64)]
        columns = [right[j::192] for j in range(192)]
        product = [sum(a * b for a, b in zip(row, column, strict=True)) for row in rows for column in columns]
        library.blocks[kept["Y"] - 1] = struct.pack(f"<{len(product)}f", *product)
        return True

    context = SimpleNamespace(set_tensor_address=kept.__setitem__, execute_async_v3=execute)
    engine = SimpleNamespace(create_execution_context=lambda: context)
    layer = SimpleNamespace(get_output=lambda index: SimpleNamespace(name=""))
    network = SimpleNamespace(
        add_input=lambda name, kind, shape: None,
        add_constant=lambda shape, weights: layer,
        add_matrix_multiply=lambda *factors: layer,
        mark_output=lambda tensor: None,
    )
    builder = SimpleNamespace(
        create_network=lambda flags: network,
        create_builder_config=lambda: None,
        build_serialized_network=lambda network, settings: b"plan",
    )

    def weigh(kind: object, address: int, count: int) -> None:
        kept["W"] = ctypes.string_at(address, 4 * count)

    module = SimpleNamespace(
        Builder=lambda log: builder,
        Runtime=lambda log: SimpleNamespace(deserialize_cuda_engine=lambda plan: engine),
        Weights=weigh,
        MatrixOperation=SimpleNamespace(NONE=0),
        float32="float32",
    )
    payload.compute(module, memory, None, note)
    assert note.detail == "128x64 @ 64x192 exact by an engine built here"
    assert library.freed == [2, 1]
    kept["W"] = bytes(len(kept["W"]))
    module.Weights = lambda kind, address, count: None
    with pytest.raises(verdicts.Failure) as caught:
        payload.compute(module, memory, None, note)
    assert caught.value.reason == "wrong-number"
