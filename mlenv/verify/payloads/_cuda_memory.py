"""Memory on a GPU by the driver alone, for a framework that computes and keeps no arrays of its own."""

import contextlib
import ctypes

from ._drivers import name_error
from ._verdicts import Failure


class Memory:
    """The first context of a GPU, and blocks of memory on it."""

    def __init__(self, library, index):
        self._library = library
        self._index = index
        self._context = ctypes.c_void_p()

    def open(self):
        """Make the GPU the current one of this thread."""
        device = ctypes.c_int(0)
        self._ask("cuInit", 0)
        self._ask("cuDeviceGet", ctypes.byref(device), self._index)
        self._ask("cuDevicePrimaryCtxRetain", ctypes.byref(self._context), device)
        self._ask("cuCtxSetCurrent", self._context)

    @contextlib.contextmanager
    def put(self, raw):
        """The address of a block that holds these bytes, as long as it is needed."""
        address = ctypes.c_uint64(0)
        self._ask("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(len(raw)))
        try:
            self._ask("cuMemcpyHtoD_v2", address, raw, ctypes.c_size_t(len(raw)))
            yield address.value
        finally:
            self._library.cuMemFree_v2(address)

    def get(self, address, size):
        """The bytes of a block, after all work on the GPU is done."""
        raw = ctypes.create_string_buffer(size)
        self._ask("cuCtxSynchronize")
        self._ask("cuMemcpyDtoH_v2", raw, ctypes.c_uint64(address), ctypes.c_size_t(size))
        return raw.raw

    def _ask(self, name, *values):
        status = getattr(self._library, name)(*values)
        if status:
            raise Failure("device-unusable", f"{name}: {name_error(self._library, status)}")
