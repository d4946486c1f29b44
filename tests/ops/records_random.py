"""Random ops: values against the generator itself, for the seeds that the graph gives them."""

import numpy as np
from scipy import stats

from headrace._src.engine import philox
from headrace._src.engine import philox_distributions as distributions
from headrace._src.engine import philox_stream as stream
from headrace._src.ops import candidate_sampling, random_discrete, random_values
from tests.ops.record import Record, arr, positive

i32, i64, f32, f64 = np.int32, np.int64, np.float32, np.float64
SHAPE = np.array([2, 3], i32)
NO_SHAPE = [([np.array(3, i32)], ValueError, "Shape must be rank 1 but is rank 0")]
BAD_SHAPES = [
    ([np.array([-2], i32)], "InvalidArgumentError", "Dimension -2 must be >= 0"),
    ([np.array(3, i32)], "InvalidArgumentError", "must be a vector"),
]


def draw():
    """The place where an op with seed 7 begins in a graph with seed 1."""
    return philox.PhiloxState(1, 7).reserve(0)


def stateless():
    return philox.stateless_draw(3, -4)


SEED = np.array([3, -4], i32)
BAD_SEED = [([SHAPE, np.array([1, 2, 3], i32)], ValueError, "Dimension must be 2 but is 3")]
BAD_FED_SEED = [([SHAPE, np.array([1], i32)], "InvalidArgumentError", "must have shape \\[2\\]")]
LOGITS = arr(3, 5)


def hits(true_classes, sampled):
    pairs = [
        (r, c)
        for r, row in enumerate(true_classes)
        for t in row
        for c in [np.flatnonzero(sampled == t)]
        if c.size
    ]
    rows, found = [r for r, _ in pairs], [c[-1] for _, c in pairs]
    return [np.array(rows, i32), np.array(found, i64), np.full(len(rows), np.finfo(f32).min)]


def gamma_partial(alpha, sample):
    """d sample / d alpha at constant distribution function, by central differences."""
    step = 1e-5
    up, down = (stats.gamma.cdf(sample, alpha + s) for s in (step, -step))
    return -(up - down) / (2 * step) / stats.gamma.pdf(sample, alpha)


def sampler(function, *range_max):
    return lambda tf, true: getattr(tf.nn, function)(true, 2, 4, True, *range_max, seed=7)


TRUE = np.array([[1, 4], [0, 2], [3, 3]], i64)
BAD_TRUE = {
    "bad_build": [([np.array([1, 2], i64)], ValueError, "Shape must be rank 2 but is rank 1")],
    "bad_run": [
        ([np.array([1, 2], i64)], "InvalidArgumentError", "true_classes must be a matrix"),
        ([np.ones((2, 3), i64)], "InvalidArgumentError", "must have num_true columns"),
    ],
}

RECORDS = [
    Record(
        "RandomUniform",
        lambda tf, shape: tf.random_uniform(shape, seed=7),
        [SHAPE],
        lambda shape: distributions.uniform(draw(), 6, f32).reshape(2, 3),
        bad_build=NO_SHAPE,
        bad_run=BAD_SHAPES,
    ),
    Record(
        "RandomUniform",
        lambda tf, low, high: tf.random_uniform([5], low, high, f64, seed=7),
        [np.array(-3, f64), np.array(11, f64)],
        lambda low, high: distributions.uniform(draw(), 5, f64) * (high - low) + low,
        name="affine",
    ),
    Record(
        "RandomUniform",
        lambda tf: tf.random_uniform([0, 3], seed=7),
        [],
        lambda: np.zeros((0, 3), f32),
        name="empty",
    ),
    Record(
        "RandomUniformInt",
        lambda tf, shape: tf.random_uniform(shape, -3, 9, tf.int32, seed=7),
        [SHAPE],
        lambda shape: distributions.uniform_int(draw(), 6, -3, 9, i32).reshape(2, 3),
    ),
    Record(
        "RandomUniformInt",
        lambda tf, low: tf.random_uniform([3], low, 9, tf.int64, seed=7),
        [i64(2)],
        lambda low: distributions.uniform_int(draw(), 3, 2, 9, i64),
        name="bounds",
        limits={"xla": "the bounds must be known"},
        bad_build=[([np.ones(2, i64)], ValueError, "Shape must be rank 0 but is rank 1")],
        bad_run=[
            ([i64(9)], "InvalidArgumentError", "Need minval < maxval, got 9 >= 9"),
            ([np.ones(2, i64)], "InvalidArgumentError", "minval must be 0-D"),
        ],
    ),
    Record(
        "RandomStandardNormal",
        lambda tf, shape: tf.random_normal(shape, seed=7),
        [SHAPE],
        lambda shape: distributions.normal(draw(), 6, f32).reshape(2, 3),
        bad_build=NO_SHAPE,
        bad_run=BAD_SHAPES,
    ),
    Record(
        "RandomStandardNormal",
        lambda tf, deviation: tf.random_normal([7], 1.0, deviation, seed=7),
        [f32(2)],
        lambda deviation: distributions.normal(draw(), 7, f32) * deviation + 1,
        name="scaled",
    ),
    Record(
        "TruncatedNormal",
        lambda tf, shape: tf.truncated_normal(shape, seed=7),
        [SHAPE],
        lambda shape: distributions.truncated_normal(draw(), 6, f32).reshape(2, 3),
        bad_build=NO_SHAPE,
        bad_run=BAD_SHAPES,
    ),
    Record(
        "ParameterizedTruncatedNormal",
        lambda tf, means, low: random_values.ParameterizedTruncatedNormal(
            [2, 5], means, [1.0, 2.0], low, [4.0, 9.0], seed=1, seed2=7
        ),
        [np.array([0, 1], f32), np.array([-1, 3], f32)],
        bad_run=[
            ([f32(0), np.array([5, 6], f32)], "InvalidArgumentError", "Invalid parameters"),
            ([np.zeros(3, f32), f32(0)], "InvalidArgumentError", "Input means should have length"),
            ([f32(0), np.zeros((1, 1), f32)], "InvalidArgumentError", "scalar or vector"),
        ],
    ),
    Record(
        "RandomShuffle",
        lambda tf, x: tf.random_shuffle(x, seed=7),
        [arr(7, 2)],
        lambda x: x[stream.permutation(draw(), 7)],
    ),
    Record(
        "RandomShuffle",
        lambda tf, x: tf.random_shuffle(x),
        [f32(3)],
        lambda x: x,
        name="scalar",
    ),
    Record(
        "RandomShuffle",
        lambda tf, x: tf.random_shuffle(x),
        [arr(0, 2)],
        lambda x: x,
        name="empty",
    ),
    Record(
        "Multinomial",
        lambda tf, x: tf.random.categorical(x, 7, seed=7),
        [LOGITS],
        lambda x: stream.categorical(draw(), x, 7),
        bad_build=[([arr(3)], ValueError, "Shape must be rank 2 but is rank 1")],
        bad_run=[
            ([arr(3)], "InvalidArgumentError", "logits should be a matrix, got shape \\[3\\]"),
            ([arr(2, 0)], "InvalidArgumentError", "num_classes should be positive, got 0"),
        ],
    ),
    Record(
        "Multinomial",
        lambda tf, x, n: tf.random.categorical(x, n, tf.int32, seed=7),
        [LOGITS, i32(2)],
        lambda x, n: stream.categorical(draw(), x, 2).astype(i32),
        name="samples",
        limits={"xla": "the number of samples must be known"},
        bad_run=[([LOGITS, i32(-1)], "InvalidArgumentError", "num_samples should be nonnegative")],
    ),
    Record(
        "RandomGamma",
        lambda tf, alpha: tf.random_gamma([5], alpha, seed=7),
        [positive(3)],
        bad_run=[],
    ),
    Record(
        "RandomGammaGrad",
        lambda tf, alpha, x: random_discrete.RandomGammaGrad(alpha, x),
        [positive(3, 1, dtype=f64), positive(2, dtype=f64, seed=1)],
        gamma_partial,
        rtol=1e-4,
    ),
    Record(
        "RandomPoissonV2",
        lambda tf, rate: tf.random_poisson(rate, [5], seed=7),
        [np.array([0.5, 5, 50], f32)],
    ),
    Record(
        "StatelessRandomUniform",
        lambda tf, shape, seed: tf.random.stateless_uniform(shape, seed),
        [SHAPE, SEED],
        lambda *_: distributions.uniform(stateless(), 6, f32).reshape(2, 3),
        limits={"xla": "the shape must be known"},
        bad_build=BAD_SEED,
        bad_run=BAD_FED_SEED,
    ),
    Record(
        "StatelessRandomUniform",
        lambda tf, seed: tf.random.stateless_uniform([5], seed),
        [SEED],
        lambda seed: distributions.uniform(stateless(), 5, f32),
        name="traced",
    ),
    Record(
        "StatelessRandomUniformInt",
        lambda tf, seed: tf.random.stateless_uniform([5], seed, -2, 9, tf.int64),
        [SEED],
        lambda seed: distributions.uniform_int(stateless(), 5, -2, 9, i64),
    ),
    Record(
        "StatelessRandomUniformInt",
        lambda tf, low: tf.random.stateless_uniform([5], [3, -4], low, 9, tf.int32),
        [i32(1)],
        lambda low: distributions.uniform_int(stateless(), 5, 1, 9, i32),
        name="bounds",
        limits={"xla": "the bounds must be known"},
        bad_run=[([i32(9)], "InvalidArgumentError", "Need minval < maxval, got 9 >= 9")],
    ),
    Record(
        "StatelessRandomNormal",
        lambda tf, seed: tf.random.stateless_normal([5], seed, 1.0, 2.0, tf.float64),
        [SEED.astype(i64)],
        lambda seed: distributions.normal(stateless(), 5, f64) * 2 + 1,
    ),
    Record(
        "StatelessTruncatedNormal",
        lambda tf, seed: tf.random.stateless_truncated_normal([5], seed),
        [SEED],
        lambda seed: distributions.truncated_normal(stateless(), 5, f32),
    ),
    Record(
        "StatelessMultinomial",
        lambda tf, x, seed: tf.random.stateless_categorical(x, 4, seed),
        [LOGITS, SEED],
        lambda x, seed: stream.categorical(stateless(), x, 4),
    ),
    Record("UniformCandidateSampler", sampler("uniform_candidate_sampler", 5), [TRUE], **BAD_TRUE),
    Record(
        "LogUniformCandidateSampler",
        sampler("log_uniform_candidate_sampler", 5),
        [TRUE],
        **BAD_TRUE,
    ),
    Record(
        "LearnedUnigramCandidateSampler",
        sampler("learned_unigram_candidate_sampler", 5),
        [TRUE],
        **BAD_TRUE,
    ),
    Record(
        "ThreadUnsafeUnigramCandidateSampler",
        lambda tf, true: candidate_sampling.ThreadUnsafeUnigramCandidateSampler(
            true, num_true=2, num_sampled=4, unique=True, range_max=5, seed=1, seed2=7
        ),
        [TRUE],
        **BAD_TRUE,
    ),
    Record(
        "FixedUnigramCandidateSampler",
        lambda tf, true: tf.nn.fixed_unigram_candidate_sampler(
            true, 2, 4, True, 5, unigrams=[1, 2, 3, 4, 5], seed=7
        ),
        [TRUE],
        **BAD_TRUE,
    ),
    Record(
        "AllCandidateSampler",
        lambda tf, true: tf.nn.all_candidate_sampler(true, 2, 5, True),
        [TRUE],
        lambda true: [np.arange(5), np.ones((3, 2), f32), np.ones(5, f32)],
        **BAD_TRUE,
    ),
    Record(
        "ComputeAccidentalHits",
        lambda tf, true, sampled: tf.nn.compute_accidental_hits(true, sampled, 2),
        [TRUE, np.array([3, 8, 0, 4], i64)],
        hits,
        bad_build=[([np.ones((2, 3), i64), np.ones(2, i64)], ValueError, "must be 2 but is 3")],
        bad_run=[([TRUE, np.ones((1, 1), i64)], "InvalidArgumentError", "must be a vector")],
    ),
]
