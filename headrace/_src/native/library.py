"""The optional library of C++ kernels: convolutions, pooling, reductions, updates, rows,
histograms,
checksums.

Its sources are in `native/` at the root of the repository; installing from source builds it when
there is a compiler. It has two doors: `run` computes on NumPy arrays at once, `lower` adds a custom
call to what JAX is tracing. Callers ask `serves_host` or `serves_xla` first, and take another path
when the answer is no. `HEADRACE_NATIVE=0` in the environment switches the library off, and
`HEADRACE_NATIVE_ISA=avx2` or `none` keeps it from wider instructions.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.machinery
import os
import pathlib
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

# Kernels by their number in `native/kernels.h`, whose `kInterface` is the other constant.
KERNELS = (
    "conv2d_forward",
    "conv2d_input_grad",
    "conv2d_filter_grad",
    "max_pool",
    "max_pool_grad",
    "mean_pool",
    "mean_pool_grad",
    "column_moments",
    "column_dots",
    "product",
)
# Those that only compiled code calls.
_XLA_KERNELS = (
    "adam",
    "take_rows",
    "put_rows",
    "add_rows",
    "sum_rows",
    "adagrad_rows",
    "distinct",
    "room",
)
# Targets that ignore further arguments, which make XLA call them later.
TAKE_ORDER = frozenset({"headrace_adam"})
_NUMBERS = {name: number for number, name in enumerate(KERNELS)}
_INTERFACE = 5
_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


class _Loaded(NamedTuple):
    """The library, or why there is none: `handle` is None then."""

    handle: Any
    path: str
    isa: str
    reason: str


def _path() -> pathlib.Path:
    return pathlib.Path(__file__).with_name("_lib" + importlib.machinery.EXTENSION_SUFFIXES[0])


@functools.cache
def _load() -> _Loaded:
    path = _path()

    def without(reason: str) -> _Loaded:
        return _Loaded(None, str(path), "none", reason)

    if os.environ.get("HEADRACE_NATIVE", "1") == "0":
        return without("switched off by HEADRACE_NATIVE=0")
    if not path.exists():
        return without("not built: install from source with a C++17 compiler")
    try:
        handle = ctypes.CDLL(str(path))
    except OSError as error:
        return without(f"cannot be loaded: {error}")
    if handle.headrace_interface() != _INTERFACE:
        return without("built from other sources than these: install again")
    handle.headrace_isa.restype = ctypes.c_char_p
    handle.headrace_run.argtypes = (
        ctypes.c_int,
        ctypes.c_int,
        ctypes.POINTER(ctypes.c_int64),
        ctypes.POINTER(ctypes.c_void_p),
        ctypes.c_void_p,
        ctypes.c_int,
    )
    handle.headrace_histogram.argtypes = (
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_int64,
        ctypes.c_void_p,
        ctypes.c_int64,
        ctypes.c_void_p,
    )
    handle.headrace_crc32c.argtypes = (ctypes.c_uint32, ctypes.c_void_p, ctypes.c_size_t)
    handle.headrace_crc32c.restype = ctypes.c_uint32
    return _Loaded(handle, str(path), handle.headrace_isa().decode(), "")


def status() -> str:
    """Return one line that says whether the library is used, on which instructions, or why not."""
    loaded = _load()
    if loaded.handle is None:
        return f"native kernels: none ({loaded.reason})"
    served = [name for name in KERNELS if _has(name)]
    isa = "the baseline" if loaded.isa == "none" else loaded.isa
    return f"native kernels: {', '.join(served)} on {isa} ({loaded.path})"


def fingerprint() -> str:
    """Return what compiled code that calls the library depends on; empty without the library."""
    loaded = _load()
    if loaded.handle is None:
        return ""
    return f"{_INTERFACE} {loaded.isa} {os.stat(loaded.path).st_mtime_ns}"


def _has(kernel: str) -> bool:
    loaded = _load()
    if loaded.handle is None:
        return False
    return not kernel.startswith(("conv", "product")) or loaded.isa != "none"


def serves_host(kernel: str, dtype: Any) -> bool:
    """Return whether `run` computes a kernel for a dtype."""
    return dtype in _DTYPES and _has(kernel)


def serves_xla(kernel: str, dtype: Any) -> bool:
    """Return whether `lower` has a kernel for a dtype and for the devices that XLA compiles for."""
    if not serves_host(kernel, dtype):
        return False
    import jax

    # Inside `jax.default_device` it is the device that code is compiled for.
    device = jax.config.jax_default_device
    platform = getattr(device, "platform", device) or jax.default_backend()
    return platform == "cpu" and register_targets()


# -- Host -----------------------------------------------------------------------------------------


@functools.cache
def host_threads() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(
    kernel: str,
    geometry: Sequence[int],
    shape: Sequence[int],
    *inputs: np.ndarray,
    threads: int | None = None,
) -> np.ndarray:
    """Compute a kernel on arrays.

    Args:
      kernel: One of `KERNELS`.
      geometry: The integers of the kernel's shape, the fields in `native/*.h`.
      shape: Shape of the result.
      *inputs: Arrays of one dtype, float32 or float64, in the shapes that the geometry says.
      threads: How many threads to use; the result does not depend on it.

    Returns:
      A new array.

    Raises:
      MemoryError: There is no room for the kernel's buffers.
      RuntimeError: The library has no kernel for this processor or geometry.
    """
    dense = [np.ascontiguousarray(value) for value in inputs]
    output = np.empty(shape, dense[0].dtype)
    pointers = (ctypes.c_void_p * len(dense))(*(value.ctypes.data for value in dense))
    code = _load().handle.headrace_run(
        _NUMBERS[kernel],
        output.itemsize,
        (ctypes.c_int64 * len(geometry))(*geometry),
        pointers,
        output.ctypes.data,
        threads or host_threads(),
    )
    if code == 2:
        raise MemoryError(f"no memory for the buffers of {kernel}")
    if code:
        raise RuntimeError(f"{kernel} has no native kernel for the geometry {list(geometry)}")
    return output


def histogram(
    values: np.ndarray, buckets: int
) -> tuple[np.ndarray, tuple[float, float, float, float]] | None:
    """Count numbers into the buckets of histogram summaries.

    Args:
      values: A contiguous array of float32 or float64.
      buckets: How many buckets there are.

    Returns:
      How many numbers are in each bucket, int64, and their least, greatest, sum and sum of squares;
      None when a number is not finite, or without the library.
    """
    handle = _load().handle
    if handle is None:
        return None
    counts, moments = np.zeros(buckets, np.int64), np.empty(4)
    failed = handle.headrace_histogram(
        values.itemsize,
        values.ctypes.data,
        values.size,
        counts.ctypes.data,
        buckets,
        moments.ctypes.data,
    )
    if failed:
        return None
    low, high, total, squares = moments.tolist()
    return counts, (low, high, total, squares)


@functools.cache
def serves_crc32c() -> bool:
    """Return whether `crc32c` takes checksums."""
    handle = _load().handle
    return handle is not None and bool(handle.headrace_has_crc32c())


def crc32c(data: np.ndarray, before: int = 0) -> int:
    """Return the CRC-32C of a contiguous array's bytes, after what has the checksum `before`.

    Other threads go on meanwhile.
    """
    return int(_load().handle.headrace_crc32c(before, data.ctypes.data, data.nbytes))


# -- XLA ------------------------------------------------------------------------------------------


@functools.cache
def register_targets() -> bool:
    """Make the kernels known to XLA, once a process; return whether they are.

    Compiled code that calls them can be loaded only after this.
    """
    loaded = _load()
    if loaded.handle is None:
        return False
    import jax

    try:
        for kernel in (*KERNELS, *_XLA_KERNELS):
            name = f"headrace_{kernel}"
            capsule = jax.ffi.pycapsule(getattr(loaded.handle, name))
            jax.ffi.register_ffi_target(name, capsule, platform="cpu")
    except jax.errors.JaxRuntimeError as error:
        warnings.warn(
            f"the native kernels of {loaded.path} do not fit the installed jaxlib; compiled code "
            f"does without them. Install headrace again to build them anew. ({error})",
            RuntimeWarning,
            stacklevel=2,
        )
        return False
    return True


def lower(kernel: str, geometry: Sequence[int], shape: Sequence[int], *inputs: Any) -> Any:
    """Add a kernel to what JAX is tracing; arguments and result as those of `run`."""
    import jax

    register_targets()
    result = jax.ShapeDtypeStruct(tuple(int(d) for d in shape), inputs[0].dtype)
    call = jax.ffi.ffi_call(f"headrace_{kernel}", result, vmap_method="sequential")
    return call(*inputs, geometry=np.asarray(geometry, np.int64))


def lower_adam(var: Any, m: Any, v: Any, grad: Any, scalars: Any) -> list[Any]:
    """Add an update by Adam to what JAX is tracing.

    Args:
      var, m, v: The variable and its two averages, float32 or float64, of any shape.
      grad: The gradient.
      scalars: A vector of four: the step size with both corrections of bias, one minus either rate
        of decay, epsilon.

    Returns:
      The new `var`, `m` and `v`, in the memory of the old ones where XLA may give it up.
    """
    import jax

    register_targets()
    results = [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in (var, m, v)]
    call = jax.ffi.ffi_call("headrace_adam", results, input_output_aliases={0: 0, 1: 1, 2: 2})
    return list(call(var, m, v, grad, scalars))


# -- Products, while JAX is tracing ---------------------------------------------------------------

# XLA is as fast where no matrix is large, or none has few rows or columns.
_LARGE_MATRIX = 1 << 20
_FEW, _MOST_FEW = 16, 128


def serves_product(a: Any, b: Any, turn_a: bool, turn_b: bool) -> bool:
    """Return whether `lower_product` multiplies these matrices."""
    depth, rows = a.shape if turn_a else a.shape[::-1]
    columns = b.shape[0 if turn_b else 1]
    return (
        a.dtype == b.dtype
        and _FEW <= min(rows, columns, depth) <= _MOST_FEW
        and max(rows * depth, depth * columns, rows * columns) >= _LARGE_MATRIX
        and serves_xla("product", a.dtype)
    )


def lower_product(a: Any, b: Any, turn_a: bool, turn_b: bool) -> Any:
    """Add the product of two matrices, either transposed before, to what JAX is tracing."""
    depth, rows = a.shape if turn_a else a.shape[::-1]
    columns = b.shape[0 if turn_b else 1]
    geometry = (rows, columns, depth, int(turn_a), int(turn_b))
    return lower("product", geometry, (rows, columns), a, b)


# -- Rows, while JAX is tracing -------------------------------------------------------------------

# Of less, XLA makes a part of the loop that takes the rows.
_LEAST_BYTES = 1 << 16


def serves_rows(table: Any, indices: Any, adds: bool = False) -> bool:
    """Return whether rows of `table` at a vector of indices are taken, put or added natively."""
    row_bytes = int(np.prod(table.shape[1:])) * table.dtype.itemsize
    fits = table.ndim > 1 and table.shape[0] > 0 and indices.ndim == 1
    return (
        fits
        and row_bytes * indices.shape[0] >= _LEAST_BYTES
        and indices.dtype in (np.int32, np.int64)
        and (table.dtype in _DTYPES if adds else table.dtype.kind in "fiub")
        and serves_xla("take_rows", np.dtype(np.float32))
    )


def serves_distinct(x: Any) -> bool:
    """Return whether `lower_distinct` takes this vector."""
    return x.dtype in (np.int32, np.int64) and serves_xla("distinct", np.dtype(np.float32))


def _rows_call(kernel: str, results: Any, aliases: dict[int, int], *args: Any) -> Any:
    import jax

    register_targets()
    call = jax.ffi.ffi_call(
        f"headrace_{kernel}",
        results,
        input_output_aliases=aliases,
        vmap_method="sequential",
    )
    return call(*args)


def _like(x: Any, *shape: int) -> Any:
    import jax

    return jax.ShapeDtypeStruct(shape or x.shape, x.dtype)


def lower_take_rows(table: Any, indices: Any) -> Any:
    """Add `table[indices]` to what JAX is tracing; indices outside take the nearest row."""
    result = _like(table, indices.shape[0], *table.shape[1:])
    return _rows_call("take_rows", result, {}, table, indices)


def lower_put_rows(table: Any, indices: Any, rows: Any) -> Any:
    """Add `table` with other rows at `indices`; those outside are dropped, none comes twice."""
    return _rows_call("put_rows", _like(table), {0: 0}, table, indices, rows)


def lower_add_rows(table: Any, indices: Any, rows: Any) -> Any:
    """Add `table` with rows added at `indices`, in order; those outside are dropped."""
    return _rows_call("add_rows", _like(table), {0: 0}, table, indices, rows)


def lower_sum_rows(rows: Any, numbers: Any, count: int) -> Any:
    """Add the sums of the rows of each number in `[0, count)`, in order; others are dropped."""
    return _rows_call("sum_rows", _like(rows, count, *rows.shape[1:]), {}, numbers, rows)


def lower_adagrad_rows(var: Any, accum: Any, indices: Any, grad: Any, rate: Any) -> list[Any]:
    """Add an update by Adagrad of the rows at `indices`; those outside are dropped, none twice."""
    results = [_like(var), _like(accum)]
    return list(_rows_call("adagrad_rows", results, {0: 0, 1: 1}, var, accum, indices, grad, rate))


def lower_distinct(x: Any, index_type: Any) -> tuple[Any, Any]:
    """Add the distinct elements of a vector in order of appearance and the number of each place.

    Returns:
      (the elements, as many as places, surplus ones the maximum of the dtype; the numbers).
    """
    import jax

    results = (_like(x), jax.ShapeDtypeStruct(x.shape, index_type))
    return tuple(_rows_call("distinct", results, {}, x))


# -- Memory, while JAX is tracing -----------------------------------------------------------------

# Of less, XLA's own clearing costs no more than a call.
_LEAST_ROOM = 1 << 14


def serves_room(shape: Sequence[int], dtype: Any) -> bool:
    """Return whether `lower_room` makes an array of this shape."""
    dtype = np.dtype(dtype)
    return (
        dtype.kind in "fiub"
        and int(np.prod(shape, dtype=np.int64)) * dtype.itemsize >= _LEAST_ROOM
        and serves_xla("room", np.dtype(np.float32))
    )


def lower_room(shape: Sequence[int], dtype: Any, number: int) -> Any:
    """Add an array to what JAX is tracing whose elements may be anything.

    Args:
      shape: Its shape.
      dtype: Its dtype.
      number: Tells apart the arrays of one compiled unit; XLA takes those with one number for one.
    """
    import jax

    register_targets()
    result = jax.ShapeDtypeStruct(tuple(shape), np.dtype(dtype))
    call = jax.ffi.ffi_call("headrace_room", result, vmap_method="sequential")
    return call(np.int32(number))
