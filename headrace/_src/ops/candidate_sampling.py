"""Samplers of candidate classes, for losses over very many classes.

A sampler draws class ids from a fixed or learned distribution and says how often each sampled and
each true class is expected among the draws.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import errors
from headrace._src.core.opspec import op
from headrace._src.core.random_seed import seed_attrs
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _shapes
from headrace._src.ops import random_candidates as candidates

# Words that a draw of one class may take from the stream, rejections and repetitions included.
_WORDS_PER_SAMPLE = 2048

_SIGNATURE = (
    "true_classes: int64 -> "
    "sampled_candidates: int64, true_expected_count: float, sampled_expected_count: float"
)
_REASON = "TensorFlow defines none"
_f32 = np.float32


def _sampler_op(op_type, **attrs):
    spec = op(
        op_type,
        _SIGNATURE,
        num_true=A.integer(minimum=1),
        num_sampled=A.integer(minimum=1),
        unique=A.boolean(),
        **attrs,
        seed=A.integer(default=0),
        seed2=A.integer(default=0),
        stateful=True,
        random=True,
        host_only=True,
        shape=_shape_sampler,
    )
    spec.no_gradient(_REASON, undefined=True)
    return spec


def _shape_sampler(s, true_classes, *, num_true, num_sampled):
    batch, _ = _shapes.require_rank(true_classes, 2)
    return [(num_sampled,), (batch, num_true), (num_sampled,)]


def _check_true_classes(true_classes: np.ndarray, num_true: int) -> None:
    if np.ndim(true_classes) != 2:
        raise errors.InvalidArgumentError(None, None, "true_classes must be a matrix")
    if true_classes.shape[1] != num_true:
        raise errors.InvalidArgumentError(
            None,
            None,
            "true_classes must have num_true columns, expected: "
            f"{true_classes.shape[1]} was: {num_true}",
        )


def _sample(k, sampler, true_classes, num_true, num_sampled, unique):
    _check_true_classes(true_classes, num_true)
    if unique and num_sampled > sampler.range:
        raise errors.InvalidArgumentError(None, None, "Sampler's range is too small.")
    draw = k.philox(_WORDS_PER_SAMPLE * num_sampled // 4)
    sampled, tries = candidates.draw_candidates(sampler, draw, num_sampled, unique)
    return (
        sampled,
        candidates.expected_count(sampler.probability(true_classes), num_sampled, tries),
        candidates.expected_count(sampler.probability(sampled), num_sampled, tries),
    )


# -- UniformCandidateSampler ----------------------------------------------------------------------
UniformCandidateSampler = _sampler_op("UniformCandidateSampler", range_max=A.integer(minimum=1))


@UniformCandidateSampler.kernel
def _kernel_uniform(k, true_classes, *, num_true, num_sampled, unique, range_max):
    return _sample(k, candidates.Uniform(range_max), true_classes, num_true, num_sampled, unique)


@export(
    "random.uniform_candidate_sampler",
    "nn.uniform_candidate_sampler",
    v2=("random.uniform_candidate_sampler",),
)
def uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Sample classes with equal probabilities.

    Args:
        true_classes: int64 `[batch, num_true]`; target classes.
        num_true: Target classes an example.
        num_sampled: Classes to sample for the whole batch.
        unique: Whether all sampled classes are different.
        range_max: Number of classes.
        seed: Seed of the op, see `tf.set_random_seed`.
        name: Name of the node.

    Returns:
        sampled_candidates: int64 `[num_sampled]`.
        true_expected_count: float32 `[batch, num_true]`; expected draws of each target class.
        sampled_expected_count: float32 `[num_sampled]`; the same of each sampled class.

    Raises:
        InvalidArgumentError: at run time, fewer classes than unique samples.
    """
    attrs = seed_attrs(seed)
    return UniformCandidateSampler(
        true_classes,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
        name=name,
        **attrs,
    )


# -- LogUniformCandidateSampler -------------------------------------------------------------------
LogUniformCandidateSampler = _sampler_op(
    "LogUniformCandidateSampler", range_max=A.integer(minimum=1)
)


@LogUniformCandidateSampler.kernel
def _kernel_log_uniform(k, true_classes, *, num_true, num_sampled, unique, range_max):
    return _sample(k, candidates.LogUniform(range_max), true_classes, num_true, num_sampled, unique)


@export(
    "random.log_uniform_candidate_sampler",
    "nn.log_uniform_candidate_sampler",
    v2=("random.log_uniform_candidate_sampler",),
)
def log_uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Sample classes numbered by falling frequency, as words in a vocabulary are.

    Class c has probability log((c + 2) / (c + 1)) / log(range_max + 1).

    Args:
        true_classes: int64 `[batch, num_true]`; target classes.
        num_true: Target classes an example.
        num_sampled: Classes to sample for the whole batch.
        unique: Whether all sampled classes are different.
        range_max: Number of classes.
        seed: Seed of the op, see `tf.set_random_seed`.
        name: Name of the node.

    Returns:
        As `tf.nn.uniform_candidate_sampler` does.
    """
    attrs = seed_attrs(seed)
    return LogUniformCandidateSampler(
        true_classes,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
        name=name,
        **attrs,
    )


# -- LearnedUnigramCandidateSampler ---------------------------------------------------------------
LearnedUnigramCandidateSampler = _sampler_op(
    "LearnedUnigramCandidateSampler", range_max=A.integer(minimum=1)
)
ThreadUnsafeUnigramCandidateSampler = _sampler_op(
    "ThreadUnsafeUnigramCandidateSampler", range_max=A.integer(minimum=1)
)


@LearnedUnigramCandidateSampler.kernel
@ThreadUnsafeUnigramCandidateSampler.kernel
def _kernel_learned_unigram(k, true_classes, *, num_true, num_sampled, unique, range_max):
    sampler = k.resource(lambda: candidates.Weighted(range_max))
    with sampler.lock:
        result = _sample(k, sampler, true_classes, num_true, num_sampled, unique)
        if true_classes.size and not 0 <= true_classes.min() <= true_classes.max() < range_max:
            raise errors.InvalidArgumentError(
                None, None, f"true_classes must be in [0, {range_max})"
            )
        sampler.count(true_classes)
    return result


@export("random.learned_unigram_candidate_sampler", "nn.learned_unigram_candidate_sampler")
def learned_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Sample classes by how often they were targets so far in the session.

    Every class begins with a count of one.

    Args:
        true_classes: int64 `[batch, num_true]`; target classes.
        num_true: Target classes an example.
        num_sampled: Classes to sample for the whole batch.
        unique: Whether all sampled classes are different.
        range_max: Number of classes.
        seed: Seed of the op, see `tf.set_random_seed`.
        name: Name of the node.

    Returns:
        As `tf.nn.uniform_candidate_sampler` does.
    """
    attrs = seed_attrs(seed)
    return LearnedUnigramCandidateSampler(
        true_classes,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
        name=name,
        **attrs,
    )


# -- FixedUnigramCandidateSampler -----------------------------------------------------------------
FixedUnigramCandidateSampler = _sampler_op(
    "FixedUnigramCandidateSampler",
    range_max=A.integer(minimum=1),
    vocab_file=A.text(default=""),
    distortion=A.number(default=1.0),
    num_reserved_ids=A.integer(default=0),
    num_shards=A.integer(default=1, minimum=1),
    shard=A.integer(default=0, minimum=0),
    unigrams=A.numbers(default=()),
)


def _vocabulary_counts(path: str) -> list[float]:
    counts = []
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                counts.append(float(line.rstrip("\n").rpartition(",")[2]))
    except OSError as e:
        raise errors.NotFoundError(None, None, f"{path}; {e.strerror}") from e
    except ValueError:
        raise errors.InvalidArgumentError(
            None, None, f"Wrong vocabulary format at line: {line.rstrip()}"
        ) from None
    return counts


def _fixed_sampler(vocab_file, unigrams, distortion, num_reserved_ids, num_shards, shard):
    if not vocab_file and not unigrams:
        raise errors.InvalidArgumentError(None, None, "Must provide either vocab_file or unigrams.")
    if vocab_file and unigrams:
        raise errors.InvalidArgumentError(
            None, None, "Must only provide one of vocab_file and unigrams."
        )
    counts = _vocabulary_counts(vocab_file) if vocab_file else unigrams
    powers = np.power(np.array(counts, _f32), _f32(distortion)).tolist()
    reserved = [0.0] * len(range(shard, num_reserved_ids, num_shards))
    # TensorFlow numbers the counted classes from where this shard's reserved ones end.
    return candidates.Alias(reserved + powers[(shard - len(reserved)) % num_shards :: num_shards])


@FixedUnigramCandidateSampler.kernel
def _kernel_fixed_unigram(
    k,
    true_classes,
    *,
    num_true,
    num_sampled,
    unique,
    range_max,
    vocab_file,
    unigrams,
    distortion,
    num_reserved_ids,
    num_shards,
    shard,
):
    sampler = k.resource(
        lambda: _fixed_sampler(
            vocab_file, unigrams, distortion, num_reserved_ids, num_shards, shard
        )
    )
    if sampler.range != range_max:
        raise errors.InvalidArgumentError(
            None, None, f"range_max is {range_max} but there are {sampler.range} classes."
        )
    return _sample(k, sampler, true_classes, num_true, num_sampled, unique)


@export("random.fixed_unigram_candidate_sampler", "nn.fixed_unigram_candidate_sampler")
def fixed_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    vocab_file: str = "",
    distortion: float = 1.0,
    num_reserved_ids: int = 0,
    num_shards: int = 1,
    shard: int = 0,
    unigrams: Any = (),
    seed: int | None = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Sample classes with given frequencies.

    Args:
        true_classes: int64 `[batch, num_true]`; target classes.
        num_true: Target classes an example.
        num_sampled: Classes to sample for the whole batch.
        unique: Whether all sampled classes are different.
        range_max: Number of classes.
        vocab_file: File with a line for each class; its count stands behind the last comma.
        distortion: Power that counts are raised to.
        num_reserved_ids: Classes at the beginning that are never sampled and have no count.
        num_shards: Samplers that share the classes out among themselves.
        shard: Which of them this is.
        unigrams: Counts of the classes, in place of `vocab_file`.
        seed: Seed of the op, see `tf.set_random_seed`.
        name: Name of the node.

    Returns:
        As `tf.nn.uniform_candidate_sampler` does.

    Raises:
        InvalidArgumentError: at run time, not one source of counts, or not `range_max` of them.
    """
    attrs = seed_attrs(seed)
    return FixedUnigramCandidateSampler(
        true_classes,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
        vocab_file=vocab_file,
        distortion=distortion,
        num_reserved_ids=num_reserved_ids,
        num_shards=num_shards,
        shard=shard,
        unigrams=unigrams,
        name=name,
        **attrs,
    )


# -- AllCandidateSampler --------------------------------------------------------------------------
AllCandidateSampler = _sampler_op("AllCandidateSampler")


@AllCandidateSampler.kernel
def _kernel_all(k, true_classes, *, num_true, num_sampled):
    _check_true_classes(true_classes, num_true)
    return (
        np.arange(num_sampled, dtype=np.int64),
        np.ones(true_classes.shape, _f32),
        np.ones(num_sampled, _f32),
    )


@export("random.all_candidate_sampler", "nn.all_candidate_sampler")
def all_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    seed: int | None = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Take every class as a candidate once, to test what uses candidates.

    Args:
        true_classes: int64 `[batch, num_true]`; target classes.
        num_true: Target classes an example.
        num_sampled: Number of classes.
        unique: Recorded in the node only.
        seed: Recorded in the node only.
        name: Name of the node.

    Returns:
        As `tf.nn.uniform_candidate_sampler` does.
    """
    attrs = seed_attrs(seed)
    return AllCandidateSampler(
        true_classes, num_true=num_true, num_sampled=num_sampled, unique=unique, name=name, **attrs
    )


# -- ComputeAccidentalHits ------------------------------------------------------------------------
ComputeAccidentalHits = op(
    "ComputeAccidentalHits",
    "true_classes: int64, sampled_candidates: int64 -> indices: int32, ids: int64, weights: float",
    num_true=A.integer(),
    seed=A.integer(default=0),
    seed2=A.integer(default=0),
    host_only=True,
)
ComputeAccidentalHits.no_gradient(_REASON, undefined=True)


@ComputeAccidentalHits.shape
def _shape_compute_accidental_hits(s, true_classes, sampled_candidates, *, num_true):
    _, columns = _shapes.require_rank(true_classes, 2)
    if columns not in (None, num_true):
        raise ValueError(f"Dimension must be {num_true} but is {columns}")
    _shapes.require_rank(sampled_candidates, 1)
    return [(None,)] * 3


@ComputeAccidentalHits.kernel
def _kernel_compute_accidental_hits(k, true_classes, sampled_candidates, *, num_true):
    if np.ndim(true_classes) != 2 or true_classes.shape[1] != num_true:
        raise errors.InvalidArgumentError(
            None, None, "true_candidates must be a batch_size * num_true matrix"
        )
    if np.ndim(sampled_candidates) != 1:
        raise errors.InvalidArgumentError(
            None,
            None,
            "sampled_candidates must be a vector, which is typically an output from "
            "CandidateSampler",
        )
    positions = {c: i for i, c in enumerate(sampled_candidates.tolist())}
    hits = [
        (row, positions[c])
        for row, classes in enumerate(true_classes.tolist())
        for c in classes
        if c in positions
    ]
    indices = np.array([row for row, _ in hits], np.int32)
    ids = np.array([position for _, position in hits], np.int64)
    return indices, ids, np.full(len(hits), np.finfo(_f32).min)


@export("nn.compute_accidental_hits")
def compute_accidental_hits(
    true_classes: Any,
    sampled_candidates: Any,
    num_true: int,
    seed: int | None = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Find the sampled candidates that are target classes.

    Added to the logits of the candidates, the weights take such candidates out of a loss.

    Args:
        true_classes: int64 `[batch, num_true]`; target classes.
        sampled_candidates: int64 `[num_sampled]`.
        num_true: Target classes an example.
        seed: Recorded in the node only.
        name: Name of the node.

    Returns:
        indices: int32 `[hits]`; rows of `true_classes`.
        ids: int64 `[hits]`; positions in `sampled_candidates`.
        weights: float32 `[hits]`; the lowest float.
    """
    attrs = seed_attrs(seed)
    return ComputeAccidentalHits(
        true_classes, sampled_candidates, num_true=num_true, name=name, **attrs
    )
