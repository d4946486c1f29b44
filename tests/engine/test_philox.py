"""Random numbers are TensorFlow 1.15.5's, to the last bit up to 32 bits, with NumPy and `jax.jit`.

`golden/random_golden.json` describes what was run; axis 0 of each array in the `.npz` beside it is
the number of the `session.run` call, in one session.
"""

from __future__ import annotations

import functools
import json
import math
import pathlib
import threading

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

from headrace._src.engine import philox, philox_bits
from headrace._src.engine import philox_distributions as distributions
from headrace._src.engine import philox_rejection as rejection
from headrace._src.engine import philox_stream as stream

GOLDEN = pathlib.Path(__file__).parents[1] / "golden"
ARRAYS = np.load(GOLDEN / "random_golden.npz")
CASES = json.loads((GOLDEN / "random_golden.json").read_text())["cases"]
SAMPLERS = {
    "RandomUniform": distributions.uniform,
    "RandomStandardNormal": distributions.normal,
    "TruncatedNormal": distributions.truncated_normal,
    "StatelessRandomUniform": distributions.uniform,
    "StatelessRandomNormal": distributions.normal,
    "StatelessTruncatedNormal": distributions.truncated_normal,
}
INTEGERS = ("RandomUniformInt", "StatelessRandomUniformInt")
f32 = np.float32


def _size(shape):
    return math.prod(shape)


def _dtype(name):
    return np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)


def _state(case, i=0):
    """The state of the i-th random node of a graph-level case."""
    return philox.PhiloxState(*case["rng_nodes"][i][2:4])


def _reserve(state, n):
    return state.reserve(distributions.STEPS_PER_VALUE * n)


def _assert_equal(got, want):
    got = np.asarray(got)
    if got.dtype == ml_dtypes.bfloat16:
        got = got.view(np.uint16)
    if want.dtype.kind in "iu" and got.dtype.kind in "iu":
        got = got.astype(want.dtype)
    assert got.dtype == want.dtype
    got = got.reshape(want.shape)
    if want.dtype == np.float64:
        # NumPy's and XLA's log, sin and cos of doubles may be one unit off the C library's.
        np.testing.assert_allclose(got, want, rtol=1e-15, atol=0)
    else:
        np.testing.assert_array_equal(got, want)


def _affine(values, scale, offset):
    return values * scale + offset


def _ids(cases):
    return [f"{c['op']}-{c['keys'][0]}" for c in cases]


# -- the distributions ------------------------------------------------------------------------
PLAIN = [c for c in CASES if c["op"] in SAMPLERS or c["op"] in INTEGERS]


def _draws(case):
    if case["op"].startswith("Stateless"):
        return [philox.stateless_draw(*case["seed"])]
    state = philox.PhiloxState(*case["seeds"])
    return [_reserve(state, _size(case["shape"])) for _ in range(case["invocations"])]


def _sample(case, draw, xp):
    n, dtype = _size(case["shape"]), _dtype(case["dtype"])
    if case["op"] in INTEGERS:
        return distributions.uniform_int(draw, n, case["minval"], case["maxval"], dtype, xp)
    return SAMPLERS[case["op"]](draw, n, dtype, xp)


@pytest.mark.parametrize("case", PLAIN, ids=_ids(PLAIN))
def test_distribution_under_numpy(case):
    got = np.stack([_sample(case, draw, np) for draw in _draws(case)])
    _assert_equal(got, ARRAYS[case["keys"][0]])


def _kind(case):
    """What has to be known to compile the sampler of a case, but for its size."""
    op = case["op"].removeprefix("Stateless")
    op = "RandomStandardNormal" if op == "RandomNormal" else op
    return op, case["dtype"], case.get("minval"), case.get("maxval")


@functools.cache
def _compiled(kind):
    """A sampler in the largest size that a case of its kind has: others are its beginning."""
    op, dtype, minval, maxval = kind
    size = max(_size(c["shape"]) for c in PLAIN if _kind(c) == kind)
    case = {"op": op, "shape": (size,), "dtype": dtype, "minval": minval, "maxval": maxval}
    return jax.jit(lambda words: _sample(case, philox.PhiloxDraw.from_array(words), jnp))


@pytest.mark.xla
@pytest.mark.parametrize("case", PLAIN, ids=_ids(PLAIN))
def test_distribution_under_jit(case):
    body, n = _compiled(_kind(case)), _size(case["shape"])
    with jax.enable_x64(True):
        got = np.stack([np.asarray(body(draw.to_array()))[:n] for draw in _draws(case)])
    _assert_equal(got, ARRAYS[case["keys"][0]])


# -- the sequential samplers ------------------------------------------------------------------
OTHER = [c for c in CASES if c["kind"] == "raw" and c not in PLAIN]


def _logits(case):
    return ARRAYS[case["logits"]].astype(_dtype(case["logits_dtype"]))


def _draw_gamma(state, samples, alpha):
    return rejection.gamma(state.reserve(256 * samples * len(alpha)), samples, alpha)


def _candidates(state, case):
    words = stream.Stream(state.reserve(512 * case["num_sampled"]))
    limit, found = case["range_max"], []
    while len(found) < case["num_sampled"]:
        if case["op"].startswith("Log"):
            value = int(math.exp(words.float64() * math.log1p(limit)) - 1) % limit
        else:
            value = words.long_below(limit)
        if not case["unique"] or value not in found:
            found.append(value)
    return np.array(found, np.int64)


def _bounded_normal(state, case):
    real = np.dtype(case["dtype"]).type
    draw = state.reserve(rejection.bounded_normal_steps(1, 100))
    return rejection.bounded_normal(draw, 40, *(real(p) for p in case["params"]))[0]


def _sequential(state, case):
    op = case["op"]
    if op == "RandomShuffle":
        rows = case["shape"][0]
        values = np.arange(_size(case["shape"]), dtype=np.int32).reshape(case["shape"])
        return values[stream.permutation(state.reserve(stream.shuffle_steps(rows)), rows)]
    if op == "Multinomial":
        logits, samples = _logits(case), case["num_samples"]
        draw = state.reserve(stream.categorical_steps(len(logits), samples))
        return stream.categorical(draw, logits, samples, case["threads"])
    if op == "RandomGamma":
        alpha = np.array(case["alpha"], case["dtype"])
        return _draw_gamma(state, 50, alpha).astype(case["dtype"])
    if op == "RandomPoissonV2":
        rate = np.array(case["rate"], case["rate_dtype"])
        values = rejection.poisson(state.reserve(256 * 50 * len(rate)), 50, rate)
        return values.astype(case["dtype"])
    if op == "ParameterizedTruncatedNormal":
        return _bounded_normal(state, case)
    return _candidates(state, case)


@pytest.mark.parametrize("case", OTHER, ids=_ids(OTHER))
def test_sequential_sampler(case):
    state = philox.PhiloxState(*case["seeds"])
    got = np.stack([_sequential(state, case) for _ in range(case["invocations"])])
    _assert_equal(got, ARRAYS[case["keys"][0]])


@pytest.mark.xla
def test_categorical_under_jit():
    case = next(
        c for c in OTHER if c["op"] == "Multinomial" and c["threads"] == 1 and c["num_samples"] == 5
    )
    logits = _logits(case)
    state = philox.PhiloxState(*case["seeds"])
    with jax.enable_x64(True):
        body = jax.jit(
            lambda words, x: stream.traced_categorical(philox.PhiloxDraw.from_array(words), x, 5)
        )
        got = [
            np.asarray(body(state.reserve(stream.categorical_steps(512, 5)).to_array(), logits))
            for _ in range(case["invocations"])
        ]
    _assert_equal(np.stack(got), ARRAYS[case["keys"][0]])


# -- graph-level cases: one state a node ------------------------------------------------------
INITIAL = [c for c in CASES if c["kind"] == "init"]
TRUNCATED_DEVIATION = 0.87962566103423978


def _fans(shape):
    if len(shape) == 2:
        return shape
    receptive = _size(shape[:-2])
    return shape[-2] * receptive, shape[-1] * receptive


def _initial_value(case):
    op, shape, n = case["op"], case["shape"], _size(case["shape"])
    if op == "identity":
        return np.eye(*shape, dtype=f32)
    draw = _reserve(_state(case), n)
    fan_in, fan_out = _fans(shape)

    def spread(limit):
        values = distributions.uniform(draw, n, f32)
        return _affine(values, f32(f32(limit) - f32(-limit)), f32(-limit))

    def bell(deviation, sampler=distributions.truncated_normal):
        return _affine(sampler(draw, n, f32), f32(deviation), f32(0))

    if op == "orthogonal":
        rows, columns = _size(shape[:-1]), shape[-1]
        a = bell(1.0, distributions.normal).reshape(max(rows, columns), min(rows, columns))
        q, r = np.linalg.qr(a)
        q = q * np.sign(np.diag(r))
        return f32(1.5 if shape == [4, 9] else 1.0) * (q.T if rows < columns else q)
    return {
        "glorot_uniform": lambda: spread(math.sqrt(3 * (1 / ((fan_in + fan_out) / 2)))),
        "glorot_normal": lambda: bell(
            math.sqrt(1 / ((fan_in + fan_out) / 2)) / TRUNCATED_DEVIATION
        ),
        "he_normal": lambda: bell(math.sqrt(2 / fan_in) / TRUNCATED_DEVIATION),
        "he_uniform": lambda: spread(math.sqrt(3 * (2 / fan_in))),
        "lecun_normal": lambda: bell(math.sqrt(1 / fan_in) / TRUNCATED_DEVIATION),
        "lecun_uniform": lambda: spread(math.sqrt(3 * (1 / fan_in))),
        "variance_scaling": lambda: bell(math.sqrt(1 / fan_in) / TRUNCATED_DEVIATION),
        "variance_scaling_untruncated_fan_out": lambda: bell(
            math.sqrt(2 / fan_out), distributions.normal
        ),
        "random_normal": lambda: bell(0.05, distributions.normal),
        "random_uniform": lambda: spread(0.1),
        "truncated_normal": lambda: bell(0.02),
        "uniform_unit_scaling": lambda: spread(math.sqrt(3 / _size(shape[:-1]))),
    }[op]()


@pytest.mark.parametrize("case", INITIAL, ids=_ids(INITIAL))
def test_initial_value(case):
    want = ARRAYS[case["keys"][0]]
    got = _initial_value(case)
    if case["op"] == "orthogonal":
        np.testing.assert_allclose(got.reshape(want.shape), want, atol=3e-7)
    else:
        _assert_equal(got, want)


def test_layer_kernels():
    (case,) = (c for c in CASES if c["kind"] == "model")
    kernels = [ARRAYS[key] for key in case["keys"] if ARRAYS[key].ndim == 3]
    for i, want in enumerate(kernels):
        shape = want.shape[1:]
        limit = math.sqrt(3.0 / (sum(shape) / 2.0))
        values = distributions.uniform(_reserve(_state(case, i), _size(shape)), _size(shape), f32)
        _assert_equal(_affine(values, f32(f32(limit) - f32(-limit)), f32(-limit)), want)


def test_nodes_have_streams_of_their_own():
    (case,) = (c for c in CASES if c["kind"] == "seq")
    samplers = (distributions.uniform, distributions.normal, distributions.truncated_normal)
    for i, sampler in enumerate(samplers):
        state = _state(case, i)
        got = np.stack([sampler(_reserve(state, 3), 3, f32) for _ in range(2)])
        _assert_equal(got, ARRAYS[case["keys"][i]])


# -- data-set shuffling ------------------------------------------------------------------------
SHUFFLED = [c for c in CASES if c["kind"] == "data"]


def _shuffled_epochs(case, words, epochs):
    """A ring buffer over `epochs` epochs: an epoch is emptied before the next is drawn from."""
    size, n = case["buffer"], case["n"]
    buffer, out = [None] * size, []
    pending = ((epoch, i) for epoch in range(epochs) for i in range(n))
    ends, start, end = [0] * epochs, 0, 0
    for epoch in range(epochs):
        ends[epoch] = max(ends[epoch], start)
        while True:
            while end - start < size and (item := next(pending, None)) is not None:
                buffer[end % size] = item[1]
                end += 1
                ends[item[0]] = end
            if ends[epoch] == start:
                break
            i = (start + words.word() % (ends[epoch] - start)) % size
            out.append(buffer[i])
            buffer[i] = buffer[start % size]
            start += 1
    return out


@pytest.mark.parametrize("case", SHUFFLED, ids=_ids(SHUFFLED))
def test_dataset_shuffle(case):
    graph_seed = 87654321 if case["graph_seed"] is None else case["graph_seed"]
    seeds = (graph_seed, case["seed"])

    def words(*pair):
        return stream.Stream(philox.PhiloxState(*pair).reserve(0))

    if case["reshuffle"] is False:
        got = [v for _ in range(case["repeat"]) for v in _shuffled_epochs(case, words(*seeds), 1)]
    elif case["repeat"] > 1:
        got = _shuffled_epochs(case, words(*seeds), case["repeat"])
    else:
        generator = words(*seeds)
        got = _shuffled_epochs(case, words(generator.word(), generator.word()), 1)
    _assert_equal(np.array(got), ARRAYS[case["keys"][0]])


# -- what the public functions add ------------------------------------------------------------
PUBLIC = [c for c in CASES if c["kind"] == "api"]


def _dropout(case, state):
    noise = case.get("noise_shape", case["shape"])
    rate = f32(1 - 0.7 if case["rate"] == "1-0.7" else case["rate"])
    uniform = distributions.uniform(_reserve(state, _size(noise)), _size(noise), f32)
    kept = (uniform.reshape(noise) >= rate).astype(f32)
    return (f32(1) / (f32(1) - rate)) * kept * np.ones(case["shape"], f32)


def _cropped(case, state):
    offsets = distributions.uniform_int(_reserve(state, 3), 3, 0, 2**31 - 1, np.int32)
    offsets = offsets % (np.array(case["shape"]) - np.array(case["size"]) + 1)
    image = np.arange(300, dtype=np.int32).reshape(case["shape"])
    return image[tuple(slice(o, o + s) for o, s in zip(offsets, case["size"], strict=True))]


def _flipped(case, state, batch):
    shape = case["shape"]
    image = np.arange(_size(shape), dtype=np.int32).reshape(shape)
    n = shape[0] if batch else 1
    uniform = distributions.uniform(_reserve(state, n), n, f32)
    if not batch:
        return image[:, ::-1] if uniform[0] < 0.5 else image
    return np.stack([a[:, ::-1] if u > 0.5 else a for a, u in zip(image, uniform, strict=True)])


def _uniform_values(case, state):
    n, dtype = _size(case["shape"]), np.dtype(case["dtype"])
    if dtype == np.int32:
        return distributions.uniform_int(
            _reserve(state, n), n, case["minval"], case["maxval"], dtype
        )
    low, high = dtype.type(case["minval"]), dtype.type(case["maxval"])
    return _affine(distributions.uniform(_reserve(state, n), n, dtype), high - low, low)


def _public_value(case, state):
    op, n = case["op"], _size(case.get("shape", ()))
    if op == "tf.random_uniform":
        return _uniform_values(case, state)
    if op in ("tf.random_normal", "tf.truncated_normal"):
        sampler = (
            distributions.normal if op == "tf.random_normal" else distributions.truncated_normal
        )
        values = sampler(_reserve(state, n), n, f32)
        return _affine(values, f32(case["stddev"]), f32(case["mean"]))
    if "dropout" in op:
        return _dropout(case, state)
    if op == "tf.random_crop":
        return _cropped(case, state)
    if "flip" in op:
        return _flipped(case, state, op.endswith("batch"))
    if op == "tf.image.random_brightness":
        values = distributions.uniform(_reserve(state, 1), 1, f32)
        return _affine(values, f32(f32(0.4) - f32(-0.4)), f32(-0.4))
    if op == "tf.random_shuffle":
        return stream.permutation(state.reserve(5), 20)
    if op == "tf.multinomial":
        logits = np.log(np.array([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]], f32))
        return stream.categorical(state.reserve(stream.categorical_steps(2, 6)), logits, 6)
    assert op == "tf.random_gamma"
    values = _draw_gamma(state, 10, np.array([0.7], f32)).astype(f32)
    return np.maximum(np.finfo(f32).tiny, values / f32(2))


@pytest.mark.parametrize("case", PUBLIC, ids=_ids(PUBLIC))
def test_public_function(case):
    state = _state(case)
    got = np.stack([_public_value(case, state) for _ in range(case["invocations"])])
    _assert_equal(got, ARRAYS[case["keys"][0]])


def test_every_golden_case_is_checked():
    checked = len(PLAIN) + len(OTHER) + len(INITIAL) + len(SHUFFLED) + len(PUBLIC) + 2
    assert checked == len(CASES) == 172


# -- the state ----------------------------------------------------------------------------------
def test_large_draws_are_prefixes_of_each_other():
    """Chunk borders leave no trace."""
    draw = philox.PhiloxState(5, 6).reserve(0)
    n = 4 * philox_bits.CHUNK
    for sampler in (distributions.uniform, distributions.normal, distributions.truncated_normal):
        for dtype in (np.float32, np.float64):
            long = sampler(draw, 2 * n + 7, dtype)
            np.testing.assert_array_equal(sampler(draw, n + 3, dtype), long[: n + 3])


@pytest.mark.parametrize("counter", [2**32 - 3, 2**64 - 3, 2**96 - 3, 2**128 - 3])
def test_counter_carries(counter):
    """All ways to make blocks agree where the counter's words overflow."""
    draw = philox.PhiloxDraw((11, 12), counter)
    want = [philox.block(draw.key, (counter + i) % 2**128) for i in range(8)]
    np.testing.assert_array_equal(philox_bits.words(draw, 32).reshape(8, 4), want)
    with jax.enable_x64(True):
        columns = jax.jit(lambda w: philox_bits.traced_blocks(tuple(w), 8))(draw.to_array())
    np.testing.assert_array_equal(np.stack(columns, axis=1), want)


def test_threads_get_different_ranges():
    state = philox.PhiloxState(1, 2)
    found = []

    def work():
        found.extend(state.reserve(3).counter for _ in range(200))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(2 << 64) + 3 * i for i in range(800)]


def test_zero_seeds_take_entropy():
    assert philox.PhiloxState(0, 0).key != philox.PhiloxState(0, 0).key
    assert philox.PhiloxState(0, 1).key == (0, 0)


@pytest.mark.xla
def test_traced_stateless_seeds():
    for seed in ([1, 2], [-7, 123456789]):
        for dtype in (np.int32, np.int64):
            want = philox.stateless_draw(*seed)
            with jax.enable_x64(True):
                draw = jax.jit(philox.traced_stateless_draw)(np.array(seed, dtype))
            np.testing.assert_array_equal([int(w) for w in draw.words], want.words)
