"""Histograms: the native buckets and sums are those of NumPy, to the last bit."""

import numpy as np
import pytest

from headrace._src.native import library
from headrace._src.ops import _summary_values

LIMITS = _summary_values.bucket_limits()
GREATEST = float(np.finfo(np.float64).max)


def _first_of_each_cell():
    """The finite numbers of which only the leading 16 bits are not zero."""
    numbers = (np.arange(1 << 16, dtype=np.uint64) << np.uint64(48)).view(np.float64)
    return numbers[np.isfinite(numbers)]


def _cases():
    draw = np.random.RandomState(1)
    cells = _first_of_each_cell()
    yield "normal", draw.randn(3000)
    yield "every magnitude", np.exp(draw.uniform(-700, 700, 5000)) * draw.choice([-1, 1], 5000)
    yield "limits", LIMITS
    yield "toward zero from limits", np.nextafter(LIMITS, 0)
    yield "above limits", np.nextafter(LIMITS[:-1], np.inf)
    yield "first of cells", cells
    yield "last of cells", np.nextafter(cells, -np.sign(cells))
    yield "near zero", np.array([0.0, -0.0, 5e-324, -5e-324, 1e-12, -1e-12])
    yield "greatest", np.array([GREATEST, -GREATEST])
    yield "float32", draw.randn(500).astype(np.float32)
    yield "none", np.zeros(0)


CASES = dict(_cases())


@pytest.mark.skipif(not library._path().exists(), reason="the library is not built")
@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
def test_native_and_numpy_count_alike(name, monkeypatch):
    """Buckets, extremes and both sums."""
    native = _summary_values.count(CASES[name])
    monkeypatch.setattr(library, "histogram", lambda values, buckets: None)
    plain = _summary_values.count(CASES[name])
    np.testing.assert_array_equal(native.counts, plain.counts)
    np.testing.assert_array_equal(native[1:], plain[1:])


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(native, bad, monkeypatch):
    """Wherever it stands."""
    if not native:
        monkeypatch.setattr(library, "histogram", lambda values, buckets: None)
    assert _summary_values.count(np.array([1.0, bad, 2.0])) is None
    assert _summary_values.count(np.array([bad], np.float32)) is None
