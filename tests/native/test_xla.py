"""The native kernels inside compiled code, and what compiled code does without them."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from headrace._src.core import kernel
from headrace._src.native import library
from headrace._src.ops import _conv_kernels, _pool_kernels, _windows, batch_norm, matmul
from tests.native import cases

ROOT = pathlib.Path(__file__).parents[2]
pytestmark = pytest.mark.xla
needs_library = pytest.mark.skipif(
    not library.serves_host("conv2d_forward", np.float32), reason=library.status()
)


@pytest.fixture(params=["native", "xla"])
def door(request, monkeypatch):
    """Compiled code with the library and without it."""
    if request.param == "xla":
        monkeypatch.setattr(library, "serves_xla", lambda kernel, dtype: False)
        monkeypatch.setattr(library, "serves_host", lambda kernel, dtype: False)
    elif not library.serves_xla("conv2d_forward", np.float32):
        pytest.skip(library.status())
    return request.param


def compiled(function, *args):
    """`function(k, *args)` lowered, and the text of what it was lowered to."""
    import jax

    with jax.enable_x64(True):
        k = kernel.XlaKernelContext()
        lowered = jax.jit(lambda *traced: function(k, *traced)).lower(*args)
        return np.asarray(lowered.compile()(*args)), lowered.as_text()


def check(door, name, function, want, *args, rtol):
    """Both executors give `want`, and the compiled one calls the library when it is there."""
    atol = rtol * max(1.0, np.abs(want).max(initial=0))
    got, text = compiled(function, *args)
    assert got.dtype == args[0].dtype and got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=rtol, atol=atol)
    assert (f"headrace_{name}" in text) == (door == "native")
    host = function(kernel.HOST, *args)
    np.testing.assert_allclose(host, want, rtol=rtol, atol=atol)
    if door == "native":
        np.testing.assert_array_equal(host, got)


@pytest.mark.parametrize("case", list(cases.conv_cases(5, seed=11))[1:], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_convolution(door, case, dtype):
    """Interpreted and compiled agree to the bit through the library, and with XLA's own."""
    rng = np.random.default_rng(4)
    x, w, dy = (rng.standard_normal(s).astype(dtype) for s in (case.x, case.w, case.y))
    rtol = 2e-5 if dtype == np.float32 else 1e-12
    for name, function, want, args in [
        (
            "conv2d_forward", lambda k, x, w: _conv_kernels.forward(k, x, w, case.windows),
            cases.plain_conv(case, x, w), (x, w),
        ),
        (
            "conv2d_input_grad",
            lambda k, dy, w: _conv_kernels.backprop_input(k, case.x, w, dy, case.windows),
            cases.plain_conv_input_grad(case, dy, w), (dy, w),
        ),
        (
            "conv2d_filter_grad",
            lambda k, x, dy: _conv_kernels.backprop_filter(k, x, case.w, dy, case.windows),
            cases.plain_conv_filter_grad(case, x, dy), (x, dy),
        ),
    ]:  # fmt: skip
        check(door, name, function, want, *args, rtol=rtol)


POOLS = [
    # sizes, window, strides, padding
    ((7, 9), (2, 2), (2, 2), "SAME"),
    ((7, 9), (3, 2), (2, 1), "SAME"),
    ((8, 10), (3, 3), (1, 1), "SAME"),
    ((8, 10), (2, 3), (3, 4), "VALID"),
    ((9, 11), (5, 2), (3, 2), "SAME"),
    ((12, 12), (9, 9), (2, 2), "SAME"),
]


@pytest.mark.parametrize(("sizes", "window", "strides", "padding"), POOLS)
def test_pooling(door, sizes, window, strides, padding):
    """All forms of the gradients: disjoint windows, overlapping ones, very large ones."""
    rng = np.random.default_rng(7)
    windows = _windows.geometry(sizes, window, strides, padding)
    case = cases.Case((2, *sizes, 5), (*window, 5), windows)
    # Ties would be given to another element by XLA's own scatter, which is for large windows.
    large = np.prod(window) > 64
    x = rng.permutation(np.prod(case.x)).reshape(case.x) if large else rng.integers(-2, 3, case.x)
    x = x.astype(np.float32)
    dy = rng.standard_normal(case.y).astype(np.float32)
    y = cases.plain_max(case, x)
    for name, function, want, args in [
        ("max_pool", lambda k, x: _pool_kernels.max_forward(k, x, windows), y, (x,)),
        (
            "max_pool_grad", lambda k, x, y, dy: _pool_kernels.max_backward(k, x, y, dy, windows),
            cases.plain_max_grad(case, x, dy), (x, y, dy),
        ),
        (
            "mean_pool", lambda k, x: _pool_kernels.mean_forward(k, x, windows),
            cases.plain_mean(case, x), (x,),
        ),
        (
            "mean_pool_grad", lambda k, dy: _pool_kernels.mean_backward(k, case.x, dy, windows),
            cases.plain_mean_grad(case, dy), (dy,),
        ),
    ]:  # fmt: skip
        check(door, name, function, want, *args, rtol=1e-6)


@pytest.mark.parametrize(("window", "stride"), [(2, 2), (3, 1), (3, 2)])
def test_special_values_find_their_element(door, window, stride):
    """NaN in the first place and windows of minus infinity give the gradient where 1.15 does."""
    windows = _windows.geometry((6, 6), (window,) * 2, (stride,) * 2, "SAME")
    case = cases.Case((1, 6, 6, 1), (window, window, 1), windows)
    x = np.random.default_rng(2).integers(-1, 2, case.x).astype(np.float32)
    x[0, :3, :3] = -np.inf
    x[0, 4, 4] = x[0, 0, 5] = np.nan
    dy = np.arange(1, 1 + np.prod(case.y), dtype=np.float32).reshape(case.y)
    y = _pool_kernels.max_forward(kernel.HOST, x, windows)
    want = cases.plain_max_grad(case, x, dy)
    check(
        door, "max_pool_grad",
        lambda k, x, y, dy: _pool_kernels.max_backward(k, x, y, dy, windows),
        want, x, y, dy, rtol=1e-6,
    )  # fmt: skip


def test_three_dimensions_and_half_floats_take_the_old_way():
    """What the library has no kernel for does not reach it."""
    x = np.random.default_rng(0).standard_normal((1, 4, 4, 2)).astype(np.float16)
    windows = _windows.geometry((4, 4), (2, 2), (2, 2), "VALID")
    got, text = compiled(lambda k, x: _pool_kernels.max_forward(k, x, windows), x)
    assert "headrace_" not in text and got.dtype == np.float16
    cube = x.astype(np.float32).reshape(1, 2, 2, 4, 2)
    windows = _windows.geometry((2, 2, 4), (2,) * 3, (2,) * 3, "VALID")
    _, text = compiled(lambda k, x: _pool_kernels.max_forward(k, x, windows), cube)
    assert "headrace_" not in text


def test_batch_norm(door):
    """Training forward and backward, with means far from zero."""
    rng = np.random.default_rng(1)
    x = (rng.standard_normal((3, 5, 7, 11)) + 40).astype(np.float32)
    dy, scale, offset = (rng.standard_normal(s).astype(np.float32) for s in (x.shape, 11, 11))
    wide = x.astype(np.float64)
    mean, variance = wide.mean((0, 1, 2)), wide.var((0, 1, 2))
    inv = 1 / np.sqrt(variance + 1e-3)
    hat = (wide - mean) * inv
    none = np.zeros(0, np.float32)

    def forward(k, x, scale, offset):
        return batch_norm._forward(k, x, scale, offset, none, none, 1e-3, "NHWC", True)[0]

    count = x.size // 11
    dscale = (dy * hat).sum((0, 1, 2))
    doffset = dy.sum((0, 1, 2), dtype=np.float64)
    want = scale * inv * (dy - doffset / count - hat * dscale / count)

    def backward(k, dy, x, scale, mean, variance):
        return batch_norm._backward(k, dy, x, scale, mean, variance, 1e-3, "NHWC", True)[0]

    moments = mean.astype(np.float32), variance.astype(np.float32)
    got, text = compiled(backward, dy, x, scale, *moments)
    assert ("headrace_column_dots" in text) == (door == "native")
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-4)
    got, text = compiled(forward, x, scale, offset)
    assert ("headrace_column_moments" in text) == (door == "native")
    np.testing.assert_allclose(got, hat * scale + offset, rtol=0, atol=1e-4)


@needs_library
def test_an_empty_batch():
    """No images, no crash: the shapes are right and the filter's gradient is zero."""
    x = np.zeros((0, 6, 6, 3), np.float32)
    w = np.ones((3, 3, 3, 4), np.float32)
    windows = _windows.geometry((6, 6), (3, 3), (1, 1), "SAME")
    y, _ = compiled(lambda k, x, w: _conv_kernels.forward(k, x, w, windows), x, w)
    assert y.shape == (0, 6, 6, 4)
    dw, _ = compiled(lambda k, x, y: _conv_kernels.backprop_filter(k, x, w.shape, y, windows), x, y)
    np.testing.assert_array_equal(dw, np.zeros_like(w))
    pooled, _ = compiled(lambda k, x: _pool_kernels.max_forward(k, x, windows), x)
    assert pooled.shape == x.shape


@needs_library
def test_inside_a_scan_and_under_vmap():
    """Rolled loops and batched calls run the kernel once a step or element."""
    import jax

    windows = _windows.geometry((6, 6), (2, 2), (2, 2), "VALID")
    x = np.random.default_rng(0).standard_normal((4, 2, 6, 6, 3)).astype(np.float32)
    pool = _pool_kernels.max_forward
    want = np.stack([pool(kernel.HOST, part, windows) for part in x])

    def scanned(k, x):
        return jax.lax.scan(lambda c, part: (c, pool(k, part, windows)), 0, x)[1]

    np.testing.assert_array_equal(compiled(scanned, x)[0], want)
    got, _ = compiled(lambda k, x: jax.vmap(lambda part: pool(k, part, windows))(x), x)
    np.testing.assert_array_equal(got, want)


@needs_library
def test_buffers_that_do_not_fit_are_an_error():
    """A geometry that lies about its buffers is refused before anything is read."""
    import jax

    x = np.zeros((1, 4, 4, 1), np.float32)
    geometry = (100, 4, 4, 1, 2, 2, 2, 2, 2, 2, 0, 0)
    call = jax.jit(lambda x: library.lower("max_pool", geometry, (1, 2, 2, 1), x))
    with pytest.raises(jax.errors.JaxRuntimeError, match="type and size of the geometry"):
        call(x).block_until_ready()


_STORED = """
import pickle, sys
import numpy as np
import jax
from jax.experimental import serialize_executable
from headrace._src.native import library

x = np.arange(96, dtype=np.float32).reshape(2, 4, 4, 3)
geometry = (2, 4, 4, 3, 2, 2, 2, 2, 2, 2, 0, 0)
if sys.argv[1] == "save":
    function = jax.jit(lambda x: library.lower("max_pool", geometry, (2, 2, 2, 3), x) + 1)
    stored = serialize_executable.serialize(function.lower(x).compile())
    with open(sys.argv[2], "wb") as file:
        pickle.dump(stored, file)
else:
    assert library.register_targets()
    with open(sys.argv[2], "rb") as file:
        function = serialize_executable.deserialize_and_load(*pickle.load(file))
    y = np.asarray(function(x))
    np.testing.assert_array_equal(y, x[:, 1::2, 1::2] + 1)
    print("as before")
"""


@needs_library
def test_compiled_code_survives_the_process(tmp_path):
    """An executable that calls the library is stored, and runs in a process of its own."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    for action in ("save", "load"):
        done = subprocess.run(
            [sys.executable, "-c", _STORED, action, str(tmp_path / "code")],
            capture_output=True, text=True, env=environ,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "as before"


@pytest.mark.parametrize("turned", [(False, False), (False, True), (True, False)])
def test_product_with_a_large_matrix(door, turned):
    """A layer of many units: its product and both gradients."""
    x, w, y = (16, 1100), (1100, 1000), (16, 1000)
    shapes = {(False, False): (x, w), (False, True): (y, w), (True, False): (x, y)}[turned]
    rng = np.random.default_rng(4)
    a, b = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    names = dict(zip(("transpose_a", "transpose_b"), turned, strict=True))
    got, text = compiled(lambda k, a, b: matmul._kernel_mat_mul(k, a, b, **names), a, b)
    want = (a.T if turned[0] else a) @ (b.T if turned[1] else b)
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-3)
    assert ("headrace_product" in text) == (door == "native")
