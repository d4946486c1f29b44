"""The native kernels against plain NumPy, from the interpreter's door."""

import os
import pathlib
import subprocess
import sys
import threading

import numpy as np
import pytest

from headrace._src.native import library
from tests.native import cases

ROOT = pathlib.Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    not library.serves_host("max_pool", np.float32), reason=library.status()
)
needs_convolution = pytest.mark.skipif(
    not library.serves_host("conv2d_forward", np.float32), reason=library.status()
)
DTYPES = (np.float32, np.float64)
TOLERANCE = {np.float32: 3e-6, np.float64: 1e-13}


def values(rng, dtype, *shapes):
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def assert_near(got, want, dtype, terms):
    """Equal up to the rounding of a sum of `terms` products of ordinary size."""
    assert got.dtype == dtype and got.shape == want.shape
    atol = TOLERANCE[dtype] * max(1.0, np.sqrt(terms))
    np.testing.assert_allclose(got, want, rtol=TOLERANCE[dtype], atol=atol)


@needs_convolution
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", list(cases.conv_cases(40, seed=1)), ids=str)
def test_convolution(case, dtype):
    """Any stride, dilation, padding and number of channels; the number of threads is no matter."""
    x, w, dy = values(np.random.default_rng(5), dtype, case.x, case.w, case.y)
    taps, outs = np.prod(case.w[:3]), np.prod(case.y[:3])
    for kernel, args, shape, want, terms in [
        ("conv2d_forward", (x, w), case.y, cases.plain_conv(case, x, w), taps),
        (
            "conv2d_input_grad", (dy, w), case.x, cases.plain_conv_input_grad(case, dy, w),
            np.prod(case.w[:2]) * case.w[3],
        ),
        ("conv2d_filter_grad", (x, dy), case.w, cases.plain_conv_filter_grad(case, x, dy), outs),
    ]:  # fmt: skip
        got = library.run(kernel, case.geometry, shape, *args, threads=1)
        assert_near(got, want, dtype, terms)
        for threads in (2, 4):
            again = library.run(kernel, case.geometry, shape, *args, threads=threads)
            np.testing.assert_array_equal(again, got, err_msg=f"{kernel} on {threads} threads")


# Below and above the sizes of a tile, of a panel, and of what is packed at a time.
PRODUCTS = [
    (1, 1, 1), (14, 32, 4), (15, 33, 17), (29, 70, 300), (3, 1100, 5), (200, 40, 64),
    (130, 515, 257), (6, 16, 0), (40, 31, 16),
]  # fmt: skip


@needs_convolution
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("turned", [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize("sizes", PRODUCTS)
def test_products(sizes, turned, dtype):
    """Either matrix may be transposed; the number of threads is no matter."""
    rows, columns, depth = sizes
    rng = np.random.default_rng(3)
    a, b = values(rng, dtype, (rows, depth), (depth, columns))
    want = (a.astype(np.float64) @ b).astype(dtype)
    a, b = (np.ascontiguousarray(x.T) if t else x for x, t in zip((a, b), turned, strict=True))
    got = library.run("product", (*sizes, *turned), (rows, columns), a, b, threads=1)
    assert_near(got, want, dtype, depth)
    again = library.run("product", (*sizes, *turned), (rows, columns), a, b, threads=3)
    np.testing.assert_array_equal(again, got)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", list(cases.pool_cases(40, seed=2)), ids=str)
def test_pooling(case, dtype):
    """Any window, stride and padding; few distinct values, so that ties are everywhere."""
    rng = np.random.default_rng(5)
    x = rng.integers(-2, 3, case.x).astype(dtype)
    (dy,) = values(rng, dtype, case.y)
    for kernel, args, shape, want in [
        ("max_pool", (x,), case.y, cases.plain_max(case, x)),
        ("max_pool_grad", (x, dy), case.x, cases.plain_max_grad(case, x, dy)),
        ("mean_pool", (x,), case.y, cases.plain_mean(case, x)),
        ("mean_pool_grad", (dy,), case.x, cases.plain_mean_grad(case, dy)),
    ]:
        got = library.run(kernel, case.geometry, shape, *args, threads=1)
        assert_near(got, want, dtype, 25)
        for threads in (2, 4):
            again = library.run(kernel, case.geometry, shape, *args, threads=threads)
            np.testing.assert_array_equal(again, got, err_msg=f"{kernel} on {threads} threads")


def test_large_values_are_split_between_threads():
    """Sizes that are worth several tasks give the bits of one thread."""
    rng = np.random.default_rng(3)
    x, dy = values(rng, np.float32, (5, 61, 47, 33), (5, 31, 24, 33))
    geometry = (5, 61, 47, 33, 3, 3, 31, 24, 2, 2, 1, 1)
    one, four = (
        [
            library.run("max_pool", geometry, dy.shape, x, threads=n),
            library.run("max_pool_grad", geometry, x.shape, x, dy, threads=n),
            library.run("mean_pool", geometry, dy.shape, x, threads=n),
            library.run("mean_pool_grad", geometry, x.shape, dy, threads=n),
            library.run("column_moments", (5 * 61 * 47, 33), (2, 33), x, threads=n),
            library.run("column_dots", (5 * 61 * 47, 33), (2, 33), x, x, x[0, 0, 0], threads=n),
        ]
        for n in (1, 4)
    )
    for a, b in zip(one, four, strict=True):
        np.testing.assert_array_equal(a, b)


def test_maximum_of_special_values():
    """1.15 keeps a NaN in the first place for the gradient, and gives the lowest number forward."""
    lowest = np.finfo(np.float32).min
    x = np.array([[np.nan, 1, -np.inf, -np.inf], [1, 1, -np.inf, -np.inf]], np.float32)
    geometry = (1, 2, 4, 1, 2, 2, 1, 2, 2, 2, 0, 0)
    y = library.run("max_pool", geometry, (1, 1, 2, 1), x)
    np.testing.assert_array_equal(y.ravel(), [1, lowest])
    dx = library.run("max_pool_grad", geometry, (2, 4), x, np.array([5, 7], np.float32))
    np.testing.assert_array_equal(dx, [[5, 0, 7, 0], [0, 0, 0, 0]])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [1, 3, 64, 257, 4099])
@pytest.mark.parametrize("channels", [1, 3, 16, 29, 200])
def test_columns(rows, channels, dtype):
    """Moments of numbers far from zero do not cancel; sums are those of float64."""
    rng = np.random.default_rng(rows + channels)
    x, dy = values(rng, dtype, (rows, channels), (rows, channels))
    x += 300
    # Sums of NumPy's float64 are no better than those of the kernel.
    wide = x.astype(np.longdouble)
    mean, variance = library.run("column_moments", x.shape, (2, channels), x)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(mean, wide.mean(axis=0), rtol=16 * eps)
    np.testing.assert_allclose(variance, wide.var(axis=0), rtol=600 * eps, atol=300 * eps)
    total, dot = library.run("column_dots", x.shape, (2, channels), dy, x, mean)
    atol = 40 * eps * np.sqrt(rows)
    np.testing.assert_allclose(total, dy.astype(np.longdouble).sum(axis=0), rtol=0, atol=atol)
    want = (dy * (wide - mean)).sum(axis=0)
    np.testing.assert_allclose(dot, want, rtol=0, atol=4 * atol)


def test_views_are_read_as_they_are():
    """A strided or read-only input is as good as a dense one, and is not written into."""
    x = np.random.default_rng(0).standard_normal((2, 6, 8, 10)).astype(np.float32)
    view = x[:, :, ::2, 1:6]
    view.flags.writeable = False
    geometry = (2, 6, 4, 5, 2, 2, 3, 2, 2, 2, 0, 0)
    got = library.run("max_pool", geometry, (2, 3, 2, 5), view)
    np.testing.assert_array_equal(got, library.run("max_pool", geometry, got.shape, view.copy()))


def test_malformed_geometries_are_refused():
    """What the kernels cannot do is an error, not a crash."""
    x = np.zeros((1, 4, 4, 1), np.float32)
    with pytest.raises(RuntimeError, match="max_pool has no native kernel"):
        library.run("max_pool", (1, 4, 4, 1, 2, 2, 2, 2, 0, 1, 0, 0), (1, 2, 2, 1), x)


def test_many_callers_at_once():
    """Threads of the caller share the library's own without mixing anything up."""
    big = (64, 40, 40, 8)
    geometry = (*big, 2, 2, 20, 20, 2, 2, 0, 0)
    inputs = [np.full(big, i, np.float32) for i in range(8)]
    wrong = []

    def work(i):
        for _ in range(20):
            y = library.run("max_pool", geometry, (64, 20, 20, 8), inputs[i], threads=3)
            if not (y == i).all():
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_forked_child_has_threads_of_its_own():
    """The pool of the parent is not waited for in a child."""
    x = np.ones((64, 40, 40, 8), np.float32)
    args = ("max_pool", (*x.shape, 2, 2, 20, 20, 2, 2, 0, 0), (64, 20, 20, 8), x)
    library.run(*args, threads=4)
    child = os.fork()
    if not child:
        os._exit(0 if (library.run(*args, threads=4) == 1).all() else 1)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.slow
@pytest.mark.parametrize("isa", ["avx2", "none"])
def test_narrower_instruction_sets(isa):
    """The kernels that this processor would not choose give the same answers."""
    here = library._load().isa
    if here not in ("avx512", "avx2") or here == isa or "HEADRACE_NATIVE_ISA" in os.environ:
        pytest.skip(f"nothing narrower than {here}, or tested already")
    chosen = "test_convolution or test_products or test_pooling or test_columns or test_maximum"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", chosen, __file__],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, "HEADRACE_NATIVE_ISA": isa},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
