"""The native update by Adam against its formula."""

import numpy as np
import pytest

from headrace._src.engine import backend
from headrace._src.native import library

pytestmark = [
    pytest.mark.xla,
    pytest.mark.skipif(not library.serves_host("adam", np.dtype(np.float32)), reason="not built"),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(0,), (1,), (7, 3), (5, 16411)])
def test_adam(dtype, shape):
    """Odd sizes, one task and several; averages of equal gradients included."""
    jax = backend.jax()
    random = np.random.RandomState(3)
    var, m, grad = (random.standard_normal(shape).astype(dtype) for _ in range(3))
    v = np.square(random.standard_normal(shape)).astype(dtype)
    scalars = np.array([0.01, 0.1, 0.001, 1e-8], dtype)
    with backend.wide():
        got = [np.asarray(x) for x in jax.jit(library.lower_adam)(var, m, v, grad, scalars)]
    new_m = m + (grad - m) * scalars[1]
    new_v = v + (grad * grad - v) * scalars[2]
    new_var = var - new_m * scalars[0] / (np.sqrt(new_v) + scalars[3])
    for expected, found in zip((new_var, new_m, new_v), got, strict=True):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=20 * np.finfo(dtype).eps, atol=1e-7)
